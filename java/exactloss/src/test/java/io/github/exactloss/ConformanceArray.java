// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * An array of a conformance case, on the heap.
 *
 * @param bitOffset of packed bits, the bit of the first element
 */
record ConformanceArray(ElementType type, int bitOffset, int count, MemorySegment memory) {
    private static final long FNV_BASIS = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    /** Reads {@code TYPE COUNT KIND ...}. */
    static ConformanceArray of(List<String> words) {
        String[] type = words.get(0).split(":", -1);
        ElementType elements = ElementType.valueOf(type[0].toUpperCase(Locale.ROOT));
        int bitOffset = type.length == 2 ? Integer.parseInt(type[1]) : 0;
        int count = Integer.parseInt(words.get(1));
        MemorySegment memory = MemorySegment.ofArray(new byte[(int) elements.bytes(bitOffset + count)]);
        ConformanceArray array = new ConformanceArray(elements, bitOffset, count, memory);
        array.fill(words.get(2), words.subList(3, words.size()));
        return array;
    }

    /** An array of {@code count} elements of a type that has bytes, each of whose bytes is 0xa5. */
    static ConformanceArray marked(ElementType type, int count) {
        MemorySegment memory = MemorySegment.ofArray(new byte[(int) type.bytes(count)]);
        return new ConformanceArray(type, 0, count, memory.fill((byte) 0xa5));
    }

    private void fill(String kind, List<String> words) {
        List<Long> numbers =
                words.stream().map(word -> Long.parseUnsignedLong(word, 16)).toList();
        if (kind.equals("bits")) {
            if (numbers.size() != count) {
                throw new AssertionError(count + " elements, but " + numbers.size() + " patterns");
            }
            for (int i = 0; i < count; i++) {
                set(i, numbers.get(i));
            }
            return;
        }
        LongSupplier next = splitMix(numbers.getFirst());
        for (int i = 0; i < count; i++) {
            long drawn = next.getAsLong();
            set(
                    i,
                    switch (kind) {
                        case "range" -> numbers.get(1) + Long.remainderUnsigned(drawn, numbers.get(2));
                        case "signed" ->
                            numbers.get(1) + Long.remainderUnsigned(drawn >>> 1, numbers.get(2))
                                    | (drawn & 1) * signBit();
                        case "choice" -> numbers.get(1 + (int) Long.remainderUnsigned(drawn, numbers.size() - 1));
                        default -> throw new AssertionError("unknown kind " + kind);
                    });
        }
    }

    private static LongSupplier splitMix(long seed) {
        long[] state = {seed};
        return () -> {
            long z = state[0] += 0x9e3779b97f4a7c15L;
            z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
            z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
            return z ^ z >>> 31;
        };
    }

    private long signBit() {
        return 1L << (type.bits() - 1);
    }

    private void set(int index, long bits) {
        switch (type.bits()) {
            case 1 -> {
                int bit = bitOffset + index;
                byte others = memory.get(ValueLayout.JAVA_BYTE, bit / 8);
                memory.set(ValueLayout.JAVA_BYTE, bit / 8, (byte) (others | bits << bit % 8));
            }
            case 8 -> memory.set(ValueLayout.JAVA_BYTE, index, (byte) bits);
            case 16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2L, (short) bits);
            case 32 -> memory.set(ValueLayout.JAVA_INT_UNALIGNED, index * 4L, (int) bits);
            default -> memory.set(ValueLayout.JAVA_LONG_UNALIGNED, index * 8L, bits);
        }
    }

    /** The pattern of an element of a type that has bytes. */
    private long get(int index) {
        return switch (type.bits()) {
            case 8 -> memory.get(ValueLayout.JAVA_BYTE, index) & 0xff;
            case 16 -> memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2L) & 0xffff;
            case 32 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, index * 4L) & 0xffff_ffffL;
            default -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, index * 8L);
        };
    }

    /** The same elements in other memory. */
    ConformanceArray in(MemorySegment other) {
        return new ConformanceArray(type, bitOffset, count, other);
    }

    Predictions predictions() {
        return Predictions.of(memory, type);
    }

    Targets targets() {
        return type == ElementType.BITS ? Targets.ofBits(memory, bitOffset, count) : Targets.of(memory, type);
    }

    Weights weights() {
        return Weights.of(memory);
    }

    Condition condition() {
        return type == ElementType.BITS ? Condition.ofBits(memory, bitOffset, count) : Condition.of(memory);
    }

    /** What differs from the elements that a line expects; empty where nothing does. */
    String difference(List<String> expected) {
        if (expected.getFirst().equals("fnv1a")) {
            String hash = HexFormat.of().toHexDigits(fnv1a(littleEndian()));
            return hash.equals(expected.get(1)) ? "" : "the hash is " + hash + ", not " + expected.get(1);
        }
        List<String> patterns = expected.subList(1, expected.size());
        if (patterns.size() != count) {
            return count + " elements, not " + patterns.size();
        }
        for (int i = 0; i < count; i++) {
            String pattern = HexFormat.of().toHexDigits(get(i), type.bits() / 4);
            String wanted = patterns.get(i);
            boolean same = wanted.equals("nan") ? Double.isNaN(predictions().get(i)) : wanted.equals(pattern);
            if (!same) {
                return "element " + i + " is " + pattern + ", not " + wanted;
            }
        }
        return "";
    }

    private byte[] littleEndian() {
        ByteBuffer bytes = ByteBuffer.allocate((int) type.bytes(count)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            switch (type.bits()) {
                case 8 -> bytes.put((byte) get(i));
                case 16 -> bytes.putShort((short) get(i));
                case 32 -> bytes.putInt((int) get(i));
                default -> bytes.putLong(get(i));
            }
        }
        return bytes.array();
    }

    static long fnv1a(byte[] bytes) {
        long hash = FNV_BASIS;
        for (byte b : bytes) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        return hash;
    }
}

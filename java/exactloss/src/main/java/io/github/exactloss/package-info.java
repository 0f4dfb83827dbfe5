// SPDX-License-Identifier: Apache-2.0
/**
 * The exact loss, gradient and metrics of a binary classifier, computed by a native library on memory that the caller has.
 *
 * <p>{@link io.github.exactloss.MnistLoss} has the operations; {@link io.github.exactloss.LossAccumulator} takes data in
 * pieces, {@link io.github.exactloss.ConcurrentLossAccumulator} takes it from many threads at once, and
 * {@link io.github.exactloss.LossWindow} forgets what is old. All take {@link io.github.exactloss.Predictions},
 * {@link io.github.exactloss.Targets} and {@link io.github.exactloss.Weights}, which are views of arrays, NIO buffers or
 * memory segments, and give an {@link io.github.exactloss.Evaluation}. {@link io.github.exactloss.Elementwise} has what such
 * a loss is built from.
 *
 * <h2>The native library</h2>
 *
 * It is loaded once in a process, by the first method that needs it:
 *
 * <ol>
 *   <li>the file that {@code -Dexactloss.library.path=FILE} names; if it can't be loaded, nothing else is tried;
 *   <li>without that property, the copy in the jar for this operating system and processor. It is unpacked to the folder
 *       {@code exactloss-USER} of {@code java.io.tmpdir}, which only its owner may use, under a name that carries its
 *       SHA-256.
 * </ol>
 *
 * A failure is a {@link io.github.exactloss.NativeLibraryException} that names the file and the reason. The JVM
 * loads a library into one class loader only, so these classes must not be loaded twice. Java asks that access to native
 * code be granted: run with {@code --enable-native-access=io.github.exactloss}, or {@code ALL-UNNAMED} on the class path.
 *
 * <p>The environment variable {@code EXACTLOSS_MAX_ISA} ({@code portable}, {@code avx2} or {@code avx512}) forbids the
 * kernels above the one that it names. The results have the same bits with all of them.
 *
 * <h2>Memory</h2>
 *
 * No method copies the caller's elements, keeps their memory, or writes to an input that is not its output too; only a
 * {@code boolean[]} has to be copied. An output is a memory segment; {@link java.lang.foreign.MemorySegment#ofBuffer} makes
 * one of a buffer, {@code ofArray} one of an array. Off-heap memory belongs to the arena that it was allocated from: closing
 * it frees the memory, and every later use is an {@link IllegalStateException}. Heap arrays are passed in place too, in
 * pieces of at most 65,536 elements and 256 KiB of an array, because the garbage collector has to wait while native code
 * reads the heap.
 *
 * <p>Each thread that makes a call, a virtual one too, keeps about half a kilobyte of off-heap memory for its results,
 * which the garbage collector frees after the thread has ended. Where a new thread makes only a call or two, allocating it
 * is a good part of their cost.
 *
 * <h2>Threads</h2>
 *
 * Any number of threads may use the same {@code MnistLoss}, {@code Predictions} and {@code Targets} while none writes their
 * memory, and the same {@code ConcurrentLossAccumulator} and {@code LossWindow}. A {@code LossAccumulator} is for one thread
 * at a time. A memory segment that is confined to a thread can be used
 * in that thread only. The library starts no threads; {@link io.github.exactloss.MnistLoss#threads} borrows those of a
 * fork-join pool.
 */
package io.github.exactloss;

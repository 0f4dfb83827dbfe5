// SPDX-License-Identifier: Apache-2.0
/**
 * The exact losses, gradients and metrics of a binary classifier, computed by a native library on the caller's memory.
 *
 * <p>{@link io.github.exactloss.Loss} gives a loss and its gradient; {@link io.github.exactloss.Evaluator} evaluates several
 * losses, counts correct predictions, and makes {@linkplain io.github.exactloss.Accumulator accumulators}, which take data
 * in pieces, from one thread or from many. All take a {@link io.github.exactloss.Batch} of {@link
 * io.github.exactloss.Predictions}, {@link io.github.exactloss.Targets} and {@link io.github.exactloss.Weights}, which are
 * views of arrays, NIO buffers or memory segments. {@link io.github.exactloss.ArrayOperations} has the two array operations
 * that such a loss is built from.
 *
 * <pre>{@code
 * Predictions predictions = Predictions.of(new float[] {0.9f, 0.4f, 0.2f});
 * Targets targets = Targets.of(new byte[] {1, 0, 1});
 * double mean = Loss.mnist().mean(predictions, targets);
 * Evaluation evaluation = Evaluator.of(Loss.mnist()).evaluate(predictions, targets);
 * }</pre>
 *
 * <h2>The native library</h2>
 *
 * It is loaded once, by the first method that needs it:
 *
 * <ol>
 *   <li>the file that {@code -Dexactloss.library.path=FILE} names; if it can't be loaded, nothing else is tried;
 *   <li>without that property, the copy in the jar for this operating system and processor, {@code
 *       META-INF/native/OS-ARCH/}; in a process that runs on musl, {@code META-INF/native/OS-ARCH-musl/} if there is one. It is
 *       written to a new file in {@code java.io.tmpdir} that only its owner may use, and that is deleted once it is loaded.
 *       Windows keeps the file of a loaded library: there, the next process that loads one deletes it after this one has
 *       ended. Name a file by the property where there is no such folder, or to see the library in a profiler.
 * </ol>
 *
 * A failure is a {@link io.github.exactloss.NativeLibraryException} that names what was tried and the reason, and where the
 * jar's library can't be used, a remedy. It is final for the class loader. If several class loaders load these classes, each
 * has a library of its own. Java requires access to native code to be granted: run with {@code
 * --enable-native-access=io.github.exactloss}, or {@code ALL-UNNAMED} on the class path. In the manifest of a jar that
 * {@code java -jar} runs, {@code Enable-Native-Access: ALL-UNNAMED} does the same.
 *
 * <p>The environment variable {@code EXACTLOSS_MAX_ISA} forbids the kernels above the instruction set that it names;
 * {@link io.github.exactloss.NativeLibrary#isas()} lists the names. The results have the same bits with all of them.
 *
 * <h2>Memory</h2>
 *
 * No method copies the caller's elements, keeps their memory, or writes to an input unless it is the output too; only a
 * {@code boolean[]} has to be copied. An output is a memory segment; {@link java.lang.foreign.MemorySegment#ofBuffer} makes
 * one of a buffer, {@code ofArray} one of an array. Off-heap memory belongs to the arena that it was allocated from: closing
 * it frees the memory, and every later use is an {@link IllegalStateException}. Heap arrays are passed in place too, in
 * pieces of at most 65,536 elements and 256 KiB of an array, because the garbage collector has to wait while native code
 * reads the heap.
 *
 * <p>A mapped file must not become shorter while a call uses it, and a mapped output must have its place on the disk: for a
 * page that is missing, the operating system ends the process with SIGBUS, which neither Java nor this library can catch. A
 * file that is replaced by another one, which is moved over it, stays as it was for those who have mapped it. Where another
 * process may shorten a file, read it in pieces into memory of your own, and add them to an accumulator; the result has the
 * same bits. {@code FileExample} in the sources does that.
 *
 * <p>Each thread that makes a call, a virtual one too, keeps about 300 bytes of off-heap memory for its results, and 4.9
 * kilobytes more once it has taken a batch in several pieces; the garbage collector frees them after the thread has ended.
 *
 * <h2>Threads</h2>
 *
 * Any number of threads may use the same {@code Loss}, {@code Evaluator}, {@code Batch} and views while none writes their
 * memory, and the same concurrent accumulator or window. Another accumulator is for one thread at a time. A memory segment
 * that is confined to a thread can be used in that thread only. The library starts no threads;
 * {@link io.github.exactloss.Loss#threads(int)} borrows those of a fork-join pool. A call takes its thread's carrier while it
 * lasts, also that of a virtual thread.
 */
package io.github.exactloss;

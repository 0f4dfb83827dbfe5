// SPDX-License-Identifier: Apache-2.0
/**
 * The losses, gradients and metrics of {@link io.github.exactloss}, computed by an NVIDIA GPU of arrays in its memory, with
 * the bits that a processor gives.
 *
 * <pre>{@code
 * try (Arena arena = Arena.ofConfined()) {
 *     CudaStream stream = CudaDevice.open(0, arena).newStream(arena);
 *     DeviceBatch batch = stream.copyOf(Batch.of(predictions, targets), arena);
 *     double mean = stream.loss(Loss.mnist()).mean(batch);
 *     Evaluation evaluation = stream.evaluator(Evaluator.of(Loss.mnist())).evaluate(batch);
 * }
 * }</pre>
 *
 * <p>Nothing is moved to a GPU unasked: sending an array there takes longer than it takes the processor to sum it.
 *
 * <p>The library for GPUs has a jar of its own for each platform, which is this module's artifact with the classifier {@code
 * linux-x86_64} or {@code linux-aarch64}. Put it on the class path, also beside modules; a build tool does, as no module
 * requires it. It is loaded by the first method that needs it, as {@link io.github.exactloss} says of the core library: the
 * file that {@code -Dexactloss.cuda.library.path=FILE} names, or else that jar's. Run Java with {@code
 * --enable-native-access=io.github.exactloss,io.github.exactloss.cuda}, or {@code ALL-UNNAMED} on the class path. The library
 * finds NVIDIA's driver itself, and needs nothing else.
 *
 * <p>What fails on the GPU is an {@link io.github.exactloss.ExactLossException} with the driver's own words where it has some.
 * No result was given then, but a gradient's memory may have been written.
 */
package io.github.exactloss.cuda;

// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.peers;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteOrder;
import java.util.Map;

/** The model of {@link OnnxModel} on inputs that it reads in place; targets are given as the bool that Where takes. */
final class OnnxRuntime implements AutoCloseable {
    private final OrtSession session;
    private final Map<String, OnnxTensor> tensors;

    OnnxRuntime(Inputs inputs, Peer.Measure measure, int threads) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            session = environment.createSession(OnnxModel.of(measure), options);
        }
        long[] shape = {inputs.count};
        tensors = Map.of(
                "predictions",
                OnnxTensor.createTensor(
                        environment,
                        inputs.predictions
                                .asByteBuffer()
                                .order(ByteOrder.nativeOrder())
                                .asFloatBuffer(),
                        shape),
                "targets",
                OnnxTensor.createTensor(environment, inputs.targets.asByteBuffer(), shape, OnnxJavaType.BOOL));
    }

    static String version() {
        return OrtEnvironment.getEnvironment().getVersion();
    }

    double mean() throws OrtException {
        try (OrtSession.Result result = session.run(tensors)) {
            return (float) result.get(0).getValue();
        }
    }

    @Override
    public void close() throws OrtException {
        tensors.values().forEach(OnnxTensor::close);
        session.close();
    }
}

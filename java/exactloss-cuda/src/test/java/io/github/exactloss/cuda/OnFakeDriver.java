// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.exactloss.Evaluator;
import io.github.exactloss.Loss;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A device of the driver that runs the kernels on the processor. When a test ends, nothing may be left of it. */
abstract class OnFakeDriver {
    final Loss loss = Loss.mnist();
    final Evaluator evaluator = Evaluator.of(loss);
    Arena arena;
    FakeDriver driver;
    CudaDevice device;
    CudaStream stream;

    /** The resources that lived before. */
    long before;

    @BeforeEach
    @SuppressWarnings("MustBeClosedChecker")
    final void open() {
        driver = FakeDriver.require();
        before = driver.resources();
        arena = Arena.ofShared();
        device = CudaDevice.open(0, arena);
        stream = device.newStream(arena);
    }

    @AfterEach
    final void closeAndLeaveNothing() {
        if (driver != null) {
            if (arena.scope().isAlive()) {
                arena.close();
            }
            assertThat(driver.resources()).isEqualTo(before);
        }
    }

    /** Copied in the order of the stream, and so after whatever it was given before. */
    final byte[] bytes(DeviceSegment segment) {
        final byte[] bytes = new byte[(int) segment.memory().byteSize()];
        stream.copy(segment, MemorySegment.ofArray(bytes));
        return bytes;
    }
}

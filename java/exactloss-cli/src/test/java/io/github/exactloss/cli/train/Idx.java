// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli.train;

import java.nio.ByteBuffer;
import java.util.List;

/** Writes idx files of unsigned bytes. */
final class Idx {
    private Idx() {}

    static byte[] file(List<Integer> shape, byte[] data) {
        ByteBuffer content = ByteBuffer.allocate(4 + 4 * shape.size() + data.length);
        content.put(new byte[] {0, 0, 8, (byte) shape.size()});
        shape.forEach(content::putInt);
        return content.put(data).array();
    }
}

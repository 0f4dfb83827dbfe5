// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss;

import io.github.exactloss.bindings.exactloss_h;

/** The types that elements of an array may have, with the numbers that the native library knows them by. */
enum ElementType {
    UINT8(exactloss_h.EXACTLOSS_UINT8(), 1),
    FLOAT32(exactloss_h.EXACTLOSS_FLOAT32(), 4);

    final int code;
    final int bytes;

    ElementType(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }
}

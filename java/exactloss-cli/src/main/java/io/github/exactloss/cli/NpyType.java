// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.cli;

import io.github.exactloss.ElementType;

/** The element types that {@code .npy} files may have here, little-endian where they have more than one byte. */
enum NpyType {
    UINT8("|u1", ElementType.UINT8),
    INT8("|i1", ElementType.INT8),
    BOOL("|b1", ElementType.UINT8),
    INT32("<i4", ElementType.INT32),
    INT64("<i8", ElementType.INT64),
    FLOAT16("<f2", ElementType.FLOAT16),
    FLOAT32("<f4", ElementType.FLOAT32),
    FLOAT64("<f8", ElementType.FLOAT64),

    /** NumPy has no name for bfloat16: ml_dtypes saves it as two bytes of an unknown kind. */
    BFLOAT16("<V2", ElementType.BFLOAT16),

    /** What {@link #BFLOAT16} becomes when NumPy has loaded it without ml_dtypes and saves it again. */
    BFLOAT16_RESAVED("|V2", ElementType.BFLOAT16);

    private final String descr;
    private final ElementType elements;

    NpyType(String descr, ElementType elements) {
        this.descr = descr;
        this.elements = elements;
    }

    /** The type as the library reads it. */
    ElementType elements() {
        return elements;
    }

    /** The type as NumPy writes it. */
    @Override
    public String toString() {
        return descr;
    }
}

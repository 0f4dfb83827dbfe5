/* SPDX-License-Identifier: Apache-2.0 */
/* Memory between two unreadable pages, so that any access outside a test's arrays is a crash. */
#ifndef EXACTLOSS_TESTS_GUARDED_H
#define EXACTLOSS_TESTS_GUARDED_H

#include <stddef.h>

typedef struct guarded {
    unsigned char *begin; /* the byte before it is unreadable */
    unsigned char *end;   /* the byte at it is unreadable */
} guarded;

/* At least `size` bytes between guard pages; ends the program where there are none. Freed with guarded_free. */
guarded guarded_allocate(size_t size);

void guarded_free(guarded g);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The names that templates make: with ELEMENT f32, V(add) is f32_add. */
#ifndef EXACTLOSS_NAMES_H
#define EXACTLOSS_NAMES_H

#define JOIN_NAMES(a, b) a##_##b
#define JOIN(a, b) JOIN_NAMES(a, b)
#define V(name) JOIN(ELEMENT, name)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads cases.txt, whose format README.md describes, and compares results with it. A broken file ends the program. */
#ifndef CONFORMANCE_CASE_H
#define CONFORMANCE_CASE_H

#include <stdint.h>

/* A line is its first word; next_word() gives the others. */
typedef struct line {
    const char *words;
    int number, is_used;
} line;

typedef struct test_case {
    const char *name, *operation;
    line *lines; /* without the first and the last one */
    int count, failures;
} test_case;

/* The elements of an array line. Where there is no such line, the memory is NULL and all else 0. */
typedef struct array {
    int as_prediction, as_target; /* EXACTLOSS_P_*, EXACTLOSS_T_* with the bit offset; 0 where it is no such type */
    int size, first;              /* the bytes of an element, 0 of bits; the place of the first bit */
    int64_t count, bytes;
    unsigned char *memory; /* as many bytes as the elements need, so that a sanitizer sees a read beyond them */
} array;

/* Calls `run` for each case of a file. Returns their number, which the file's last line confirms. */
int for_each_case(const char *path, void (*run)(test_case *c));

/* The first line, from `first` on and before `end`, that begins with a word; NULL if there is none. Marks it as used. */
line *find_line_before(test_case *c, int first, int end, const char *word);
line *find_line(test_case *c, int first, const char *word);

/* The word behind a word of a line; an empty one behind the last. */
const char *next_word(const char *word);

uint64_t hexadecimal(const char *word);
int64_t decimal(const char *word);
double double_of(const char *word);

array read_array(const line *l);
array read_bytes(const char *digits);
array array_like(const array *other); /* of the same type and count, with other content */
void free_array(array *a);

/* Says what is wrong with a case, and counts it. */
#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void fail(test_case *c, const char *format, ...);

/* These fail where a result is not the wanted one: the number of a word, or any NaN for the word "nan". */
void expect_double(test_case *c, const char *what, const char *wanted, double have);
void expect_float(test_case *c, const char *what, const char *wanted, float have);
void expect_integer(test_case *c, const char *what, const char *wanted, int64_t have);
void expect_hash(test_case *c, const char *what, const char *wanted, const array *have);
void expect_elements(test_case *c, const line *l, const array *have);

#endif

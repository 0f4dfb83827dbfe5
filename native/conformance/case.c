/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include "exactloss/exactloss.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct element_type {
    const char *name;
    int size, as_prediction, as_target;
} element_type;

static const element_type TYPES[] = {
    {"float16", 2, EXACTLOSS_P_FLOAT16, 0},
    {"bfloat16", 2, EXACTLOSS_P_BFLOAT16, 0},
    {"float32", 4, EXACTLOSS_P_FLOAT32, EXACTLOSS_T_FLOAT32},
    {"float64", 8, EXACTLOSS_P_FLOAT64, EXACTLOSS_T_FLOAT64},
    {"uint8", 1, 0, EXACTLOSS_T_UINT8},
    {"int8", 1, 0, EXACTLOSS_T_INT8},
    {"int32", 4, 0, EXACTLOSS_T_INT32},
    {"int64", 8, 0, EXACTLOSS_T_INT64},
};

static void *allocate(void *old, size_t size) {
    void *memory = realloc(old, size + (size == 0));
    if (memory == NULL) {
        perror("realloc");
        exit(2);
    }
    return memory;
}

static void give_up(int number, const char *what) {
    printf("line %d: %s\n", number, what);
    exit(2);
}

/* ------------------------------------------------------------------------------------------------------- words -- */

const char *next_word(const char *word) { return *word == 0 ? word : word + strlen(word) + 1; }

uint64_t hexadecimal(const char *word) { return strtoull(word, NULL, 16); }

int64_t decimal(const char *word) { return strtoll(word, NULL, 10); }

double double_of(const char *word) {
    const uint64_t bits = hexadecimal(word);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

line *find_line_before(test_case *c, int first, int end, const char *word) {
    for (int i = first; i < end; i++) {
        if (strcmp(c->lines[i].words, word) == 0) {
            c->lines[i].is_used = 1;
            return &c->lines[i];
        }
    }
    return NULL;
}

line *find_line(test_case *c, int first, const char *word) { return find_line_before(c, first, c->count, word); }

/* -------------------------------------------------------------------------------------------------------- file -- */

/* A file in which the words end in a 0 each, the lines in one more, and all in a third. */
static char *read_words(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    size_t size = 0, capacity = 0;
    char *words = NULL;
    for (int byte = getc(file); byte != EOF; byte = getc(file)) {
        if (size + 3 > capacity) {
            capacity = 2 * capacity + 4096;
            words = allocate(words, capacity);
        }
        words[size++] = (char)(byte == ' ' || byte == '\n' ? 0 : byte);
        if (byte == '\n') {
            words[size++] = 0;
        }
    }
    fclose(file);
    words = allocate(words, size + 1);
    words[size] = 0;
    return words;
}

/* The line behind the one that begins with a word. */
static const char *next_line(const char *word) {
    while (*word != 0) {
        word = next_word(word);
    }
    return word + 1;
}

int for_each_case(const char *path, void (*run)(test_case *c)) {
    enum { MOST_LINES = 256 };
    line lines[MOST_LINES];
    test_case c = {.lines = lines};
    int cases = 0, number = 1;
    char *const words = read_words(path);
    for (const char *at = words; *at != 0; at = next_line(at), number++) {
        if (*at == '#') {
            continue;
        }
        if (c.name == NULL && strcmp(at, "end") == 0) {
            if (decimal(next_word(at)) != cases || *next_line(at) != 0) {
                give_up(number, "not the number of cases, or not the last line");
            }
            free(words);
            return cases;
        }
        if (c.name == NULL && strcmp(at, "case") == 0) {
            c = (test_case){.name = next_word(at), .operation = next_word(next_word(at)), .lines = lines};
        } else if (c.name == NULL || c.count == MOST_LINES) {
            give_up(number, "a case should begin or end here");
        } else if (strcmp(at, "done") == 0) {
            run(&c);
            cases++;
            c.name = NULL;
        } else {
            lines[c.count++] = (line){.words = at, .number = number};
        }
    }
    give_up(number, "the line \"end\" is missing");
    return cases;
}

/* ------------------------------------------------------------------------------------------------------ arrays -- */

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* The byte of element i that has its bits from 8 * byte on: the machine's byte order decides. */
static unsigned char *byte_of(const array *a, int64_t i, int byte) {
    const int is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    return a->memory + a->size * i + (is_big_endian ? a->size - 1 - byte : byte);
}

static void store(array *a, int64_t i, uint64_t element) {
    for (int byte = 0; byte < a->size; byte++) {
        *byte_of(a, i, byte) = (unsigned char)(element >> 8 * byte);
    }
    if (a->size == 0) {
        a->memory[(a->first + i) / 8] |= (unsigned char)(element << (a->first + i) % 8);
    }
}

static uint64_t load(const array *a, int64_t i) {
    uint64_t element = 0;
    for (int byte = 0; byte < a->size; byte++) {
        element |= (uint64_t)*byte_of(a, i, byte) << 8 * byte;
    }
    return element;
}

static array empty_array(const char *type, int64_t count) {
    array a = {.count = count};
    if (strncmp(type, "bits:", 5) == 0) {
        a.first = (int)decimal(type + 5);
        a.as_target = EXACTLOSS_T_BITS | a.first * EXACTLOSS_T_BIT_OFFSET;
        a.bytes = (a.first + count + 7) / 8;
    }
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (strcmp(type, TYPES[i].name) == 0) {
            a.size = TYPES[i].size;
            a.as_prediction = TYPES[i].as_prediction;
            a.as_target = TYPES[i].as_target;
            a.bytes = a.size * count;
        }
    }
    a.memory = allocate(NULL, (size_t)a.bytes);
    memset(a.memory, 0, (size_t)a.bytes);
    return a;
}

array read_array(const line *l) {
    if (l == NULL) {
        return (array){0};
    }
    const char *type = next_word(l->words), *count = next_word(type), *kind = next_word(count);
    const char *first = next_word(kind);
    array a = empty_array(type, decimal(count));
    if (strcmp(kind, "bits") == 0) {
        const char *element = first;
        for (int64_t i = 0; i < a.count; i++, element = next_word(element)) {
            store(&a, i, hexadecimal(element));
        }
        return a;
    }
    uint64_t state = hexadecimal(first), patterns[64] = {0};
    int many = 0;
    for (const char *word = next_word(first); *word != 0 && many < 64; word = next_word(word)) {
        patterns[many++] = hexadecimal(word);
    }
    for (int64_t i = 0; i < a.count; i++) {
        const uint64_t w = next_random(&state);
        if (strcmp(kind, "choice") == 0) {
            store(&a, i, patterns[w % (uint64_t)many]);
        } else if (strcmp(kind, "signed") == 0) {
            store(&a, i, (patterns[0] + (w >> 1) % patterns[1]) | w << (8 * a.size - 1));
        } else if (strcmp(kind, "range") == 0) {
            store(&a, i, patterns[0] + w % patterns[1]);
        } else {
            give_up(l->number, "an unknown kind of an array");
        }
    }
    return a;
}

array read_bytes(const char *digits) {
    array a = empty_array("uint8", (int64_t)strlen(digits) / 2);
    for (int64_t i = 0; i < a.count; i++) {
        const char pair[] = {digits[2 * i], digits[2 * i + 1], 0};
        store(&a, i, hexadecimal(pair));
    }
    return a;
}

array array_like(const array *other) {
    array a = *other;
    a.memory = allocate(NULL, (size_t)a.bytes);
    memset(a.memory, 0xa5, (size_t)a.bytes);
    return a;
}

void free_array(array *a) { free(a->memory); }

/* ----------------------------------------------------------------------------------------------------- results -- */

void fail(test_case *c, const char *format, ...) {
    va_list arguments;
    printf("%s: ", c->name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    c->failures++;
}

static int is_nan_of(const array *a, uint64_t element) {
    const uint64_t infinity = a->as_prediction == EXACTLOSS_P_FLOAT16    ? 0x7c00
                              : a->as_prediction == EXACTLOSS_P_BFLOAT16 ? 0x7f80
                              : a->size == 4                             ? 0x7f800000
                                                                         : 0x7ff0000000000000;
    return (element & ~((uint64_t)1 << (8 * a->size - 1))) > infinity;
}

static void expect_bits(test_case *c, const char *what, const char *wanted, const array *have, int64_t i) {
    const uint64_t element = load(have, i);
    if (strcmp(wanted, "nan") == 0 ? !is_nan_of(have, element) : *wanted == 0 || hexadecimal(wanted) != element) {
        fail(c, "%s, element %lld: expected %s, got %0*llx", what, (long long)i, wanted, 2 * have->size,
             (unsigned long long)element);
    }
}

void expect_double(test_case *c, const char *what, const char *wanted, double have) {
    const array a = {.size = sizeof have, .as_prediction = EXACTLOSS_P_FLOAT64, .memory = (unsigned char *)&have};
    expect_bits(c, what, wanted, &a, 0);
}

void expect_float(test_case *c, const char *what, const char *wanted, float have) {
    const array a = {.size = sizeof have, .as_prediction = EXACTLOSS_P_FLOAT32, .memory = (unsigned char *)&have};
    expect_bits(c, what, wanted, &a, 0);
}

void expect_integer(test_case *c, const char *what, const char *wanted, int64_t have) {
    if (*wanted == 0 || decimal(wanted) != have) {
        fail(c, "%s: expected %s, got %lld", what, wanted, (long long)have);
    }
}

void expect_hash(test_case *c, const char *what, const char *wanted, const array *have) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (int64_t i = 0; i < have->bytes; i++) {
        hash = (hash ^ *byte_of(have, i / have->size, (int)(i % have->size))) * 0x100000001b3u;
    }
    if (*wanted == 0 || hexadecimal(wanted) != hash) {
        fail(c, "%s: expected the hash %s, got %016llx", what, wanted, (unsigned long long)hash);
    }
}

void expect_elements(test_case *c, const line *l, const array *have) {
    if (l == NULL) {
        fail(c, "no line has the elements that are expected");
        return;
    }
    const char *word = next_word(next_word(l->words));
    if (strcmp(next_word(l->words), "fnv1a") == 0) {
        expect_hash(c, l->words, word, have);
        return;
    }
    for (int64_t i = 0; i < have->count; i++, word = next_word(word)) {
        expect_bits(c, l->words, word, have, i);
    }
    if (*word != 0) {
        fail(c, "line %d has more elements than there are", l->number);
    }
}

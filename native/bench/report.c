/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------- comparisons -- */

/* The shares and the ratios of a variant; 0 where it has none. */
typedef struct comparison {
    double bytes_read, bytes_written; /* an element */
    double gb_per_s;
    double share_of_bandwidth, share_of_inexact, ratio_to_uniform, speedup;
} comparison;

static int reads(const variant *v) { return operation_reads(v->operation, v->in); }

static int writes(const variant *v) { return operation_writes(v->operation, v->in); }

/* The fastest loop that moves the same bytes in as many threads, whatever its vectors. */
static double bandwidth_ns(const group *g, const variant *v) {
    double best = 0;
    for (int i = 0; i < g->count; i++) {
        const variant *other = &g->variants[i];
        if (other->operation->work == MOVE_BYTES && other->threads == v->threads && reads(other) == reads(v) &&
            writes(other) == writes(v) && (best == 0 || measured_median(other) < best)) {
            best = measured_median(other);
        }
    }
    return best;
}

/* The time of a copy within a GPU's memory that moves as many bytes. */
static double device_copy_ns(const group *g, const variant *v) {
    for (int i = 0; i < g->count; i++) {
        const variant *copy = &g->variants[i];
        if (copy->operation == &DEVICE_COPY && copy->backend == v->backend) {
            return measured_median(copy) * (reads(v) + writes(v)) / (reads(copy) + writes(copy));
        }
    }
    return 0;
}

/* The variant of an operation that is otherwise like another one, or NULL. */
static const variant *find(const group *g, const operation *o, const variant *like, int threads, values kind) {
    for (int i = 0; i < g->count; i++) {
        const variant *v = &g->variants[i];
        if (v->operation == o && strcmp(v->backend->isa, like->backend->isa) == 0 && v->threads == threads &&
            v->in->values == kind && v->in->labels == like->in->labels) {
            return v;
        }
    }
    return NULL;
}

static comparison compare(const group *g, const variant *v) {
    const double ns = measured_median(v);
    const values kind = v->in->values;
    comparison c = {.bytes_read = reads(v) / 8.0,
                    .bytes_written = writes(v) / 8.0,
                    .share_of_bandwidth = (g->suite->by == ON_GPU ? device_copy_ns(g, v) : bandwidth_ns(g, v)) / ns};
    c.gb_per_s = (c.bytes_read + c.bytes_written) / ns;
    const variant *inexact = find(g, &INEXACT_MEAN, v, v->threads, kind);
    if (v->operation == &OPERATION_LIST[MEAN] && inexact != NULL) {
        c.share_of_inexact = measured_median(inexact) / ns;
    }
    if (g->suite->values != BIT(UNIFORM) && v->operation->work < INEXACT_LOSS) {
        c.ratio_to_uniform = ns / measured_median(find(g, v->operation, v, v->threads, UNIFORM));
    }
    if (v->threads > 1) {
        c.speedup = measured_median(find(g, v->operation, v, 1, kind)) / ns;
    }
    return c;
}

/* -------------------------------------------------------------------------------------------------------- rows -- */

static void write_cell(double value) {
    if (value == 0) {
        printf(" %6s", "");
    } else {
        printf(" %6.2f", value);
    }
}

static void write_heading(const suite *s) {
    printf("\n%s\n\n%-28s %-16s %-8s %3s %8s %-21s %-11s %8s %8s %8s %7s %6s %6s %6s %6s\n", s->heading, "operation",
           "types", "isa", "thr", "elements", "values", "bytes", "ns", "min", "max", "GB/s", "bandw", "inex", "unif",
           "speed");
}

static void write_text(const report *r, const group *g, const variant *v, const comparison *c) {
    const inputs *in = v->in;
    char types[32], kind[32], bytes[32];
    if (r->suite != g->suite) {
        write_heading(g->suite);
    }
    snprintf(types, sizeof types, "%s,%s", ELEMENT_TYPES[in->predictions_type].name,
             ELEMENT_TYPES[in->targets_type].name);
    snprintf(kind, sizeof kind, "%s%s", VALUES_NAMES[in->values], in->labels == SORTED ? ",sorted" : "");
    snprintf(bytes, sizeof bytes, "%g+%g", c->bytes_read, c->bytes_written);
    printf("%-28s %-16s %-8s %3d %8" PRId64 " %-21s %-11s %8.4f %8.4f %8.4f %7.2f %6.2f", v->operation->name, types,
           v->backend->isa, v->threads, in->count, kind, bytes, measured_median(v), v->ns[0], v->ns[v->rounds - 1],
           c->gb_per_s, c->share_of_bandwidth);
    write_cell(c->share_of_inexact);
    write_cell(c->ratio_to_uniform);
    write_cell(c->speedup);
    printf("%s\n", c->ratio_to_uniform > SLOW_PATH_LIMIT ? " slow" : "");
}

static void write_field(const char *name, double value) {
    if (value != 0) {
        printf(",\"%s\":%.4f", name, value);
    }
}

static void write_json(const report *r, const group *g, const variant *v, const comparison *c) {
    const inputs *in = v->in;
    printf("%s\n{\"suite\":\"%s\",\"operation\":\"%s\",\"predictions\":\"%s\",\"targets\":\"%s\",\"isa\":\"%s\","
           "\"threads\":%d,\"elements\":%" PRId64
           ",\"values\":\"%s\",\"labels\":\"%s\",\"bytes_per_element\":%.6g,\"bytes_written\":%.6g,"
           "\"ns_per_element\":%.6f,\"ns_per_element_min\":%.6f,\"ns_per_element_max\":%.6f,\"rounds\":%d,"
           "\"gb_per_s\":%.4f",
           r->rows == 0 ? "" : ",", g->suite->name, v->operation->name, ELEMENT_TYPES[in->predictions_type].name,
           ELEMENT_TYPES[in->targets_type].name, v->backend->isa, v->threads, in->count, VALUES_NAMES[in->values],
           LABELS_NAMES[in->labels], c->bytes_read + c->bytes_written, c->bytes_written, measured_median(v), v->ns[0],
           v->ns[v->rounds - 1], v->rounds, c->gb_per_s);
    write_field("share_of_bandwidth", c->share_of_bandwidth);
    write_field("share_of_inexact", c->share_of_inexact);
    write_field("ratio_to_uniform", c->ratio_to_uniform);
    write_field("speedup", c->speedup);
    printf("}");
}

void report_group(report *r, const group *g) {
    for (int i = 0; i < g->count; i++) {
        const variant *v = &g->variants[i];
        const comparison c = compare(g, v);
        if (r->is_json) {
            write_json(r, g, v, &c);
        } else {
            write_text(r, g, v, &c);
        }
        r->suite = g->suite;
        r->rows++;
        r->ratios += c.ratio_to_uniform > 0;
        r->too_slow += c.ratio_to_uniform > SLOW_PATH_LIMIT;
        r->largest_ratio = c.ratio_to_uniform > r->largest_ratio ? c.ratio_to_uniform : r->largest_ratio;
    }
    fflush(stdout);
}

/* ------------------------------------------------------------------------------------------- beginning and end -- */

/* The processor's name; without characters that JSON would have to escape. */
static void machine_name(char *name, size_t size) {
    char line[256];
    snprintf(name, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            const char *value = colon + 1 + strspn(colon + 1, " \t");
            snprintf(name, size, "%.*s", (int)strcspn(value, "\n\"\\"), value);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

void report_begin(report *r, int processors, const char *gpu) {
    char machine[256];
    machine_name(machine, sizeof machine);
    if (r->is_json) {
        printf("{\"machine\":\"%s\",\"processors\":%d,", machine, processors);
        if (gpu != NULL) {
            printf("\"gpu\":\"%.*s\",", (int)strcspn(gpu, "\"\\"), gpu);
        }
        printf("\"rows\":[");
    } else {
        printf("%s, %d processor%s%s%s\n", machine, processors, processors == 1 ? "" : "s", gpu == NULL ? "" : "; ",
               gpu == NULL ? "" : gpu);
    }
    fflush(stdout);
}

void report_end(const report *r) {
    if (r->is_json) {
        printf("]}\n");
        return;
    }
    printf("\nthr: threads; bytes: read + written for an element\n"
           "ns: nanoseconds an element; the median, the least and the most of the rounds\n"
           "bandw: the speed as a share of the fastest loop's that moves the same bytes in as many threads;\n"
           "       on a GPU, of that of a copy in its memory\n"
           "inex: the speed as a share of the inexact mean's with the same instruction set\n"
           "unif: the time as a multiple of that for uniform values\n"
           "speed: the speed as a multiple of that of 1 thread\n"
           "All of these compare medians.\n\n"
           "Slow paths: %d of %d ratios are above %.0f; the largest is %.2f.\n",
           r->too_slow, r->ratios, SLOW_PATH_LIMIT, r->largest_ratio);
}

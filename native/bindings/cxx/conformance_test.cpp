/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conformance_test FILE: every case of native/conformance/cases.txt through exactloss.hpp, to the bit. The reader is
 * that of the C test; what is tested here is how arrays and options of all types come to the library.
 */
extern "C" {
#include "case.h"
}

#include <exactloss/exactloss.hpp>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

namespace {

using namespace std::string_view_literals;
using exactloss::loss;

int failures = 0;

loss loss_of(std::string_view name) {
    return name == "mnist" ? loss::mnist : name == "brier" ? loss::brier : loss::log;
}

const char *word_behind(test_case *c, const char *name) {
    const line *l = find_line(c, 0, name);
    return l == nullptr ? "" : next_word(l->words);
}

/* The losses of the case; one of them where it has several. */
exactloss::losses losses_of(test_case *c) {
    const char *word = word_behind(c, "losses");
    exactloss::losses all = loss_of(word);
    for (word = next_word(word); *word != 0; word = next_word(word)) {
        all = all | loss_of(word);
    }
    return all;
}

template <class T> std::span<T> span_of(const array &a) {
    return {reinterpret_cast<T *>(a.memory), static_cast<std::size_t>(a.count)};
}

/* Calls a function with the span of an array's real type. */
template <class F> auto with_reals(const array &a, F &&f) {
    switch (a.as_prediction) {
        case EXACTLOSS_P_FLOAT16:
            return f(span_of<exactloss::float16>(a));
        case EXACTLOSS_P_BFLOAT16:
            return f(span_of<exactloss::bfloat16>(a));
        case EXACTLOSS_P_FLOAT32:
            return f(span_of<float>(a));
        default:
            return f(span_of<double>(a));
    }
}

exactloss::packed_bits bits_of(const array &a) {
    return {std::span<const unsigned char>(a.memory, static_cast<std::size_t>(a.bytes)),
            static_cast<std::size_t>(a.count), static_cast<std::size_t>(a.first)};
}

/* Whether bytes can be read as bools. */
bool are_bools(const array &a) {
    return a.as_target == EXACTLOSS_T_UINT8 &&
           std::ranges::all_of(span_of<unsigned char>(a), [](auto byte) { return byte < 2; });
}

/* Calls a function with targets of an array's type. */
template <class F> auto with_targets(const array &a, F &&f) {
    if (are_bools(a)) {
        return f(span_of<const bool>(a));
    }
    switch (a.as_target) {
        case EXACTLOSS_T_UINT8:
            return f(span_of<const std::uint8_t>(a));
        case EXACTLOSS_T_INT8:
            return f(span_of<const std::int8_t>(a));
        case EXACTLOSS_T_INT32:
            return f(span_of<const std::int32_t>(a));
        case EXACTLOSS_T_INT64:
            return f(span_of<const std::int64_t>(a));
        case EXACTLOSS_T_FLOAT32:
            return f(span_of<const float>(a));
        case EXACTLOSS_T_FLOAT64:
            return f(span_of<const double>(a));
        default:
            return f(bits_of(a));
    }
}

/* The arrays and the flags of a case, or of a batch that is added to an accumulator. */
class batch {
  public:
    batch(test_case *c, int first, int end)
        : predictions(read_array(find_line_before(c, first, end, "predictions"))),
          targets(read_array(find_line_before(c, first, end, "targets"))),
          weights(read_array(find_line_before(c, first, end, "weights"))),
          initial(read_array(find_line_before(c, first, end, "initial"))), gradient(array_like(&predictions)) {
        const line *flags = find_line_before(c, first, end, "flags");
        for (const char *word = flags == nullptr ? "" : next_word(flags->words); *word != 0; word = next_word(word)) {
            from_logits |= word == "logits"sv;
            strict |= word == "strict"sv;
            clamp |= word == "clamp"sv;
            accumulate |= word == "accumulate"sv;
        }
        if (initial.memory != nullptr) {
            std::memcpy(gradient.memory, initial.memory, static_cast<std::size_t>(gradient.bytes));
        }
    }

    batch(const batch &) = delete;
    batch &operator=(const batch &) = delete;

    ~batch() {
        for (array *a : {&predictions, &targets, &weights, &initial, &gradient}) {
            free_array(a);
        }
    }

    /* Calls a function with the predictions, with the targets, and with the memory of the gradient. */
    template <class F> auto apply(F &&f) const {
        return with_reals(predictions, [&](auto p) {
            using element = typename decltype(p)::element_type;
            return with_targets(
                targets, [&](const auto &t) { return f(std::span<const element>(p), t, span_of<element>(gradient)); });
        });
    }

    template <class O> O options() const {
        O o{.from_logits = from_logits, .strict = strict, .clamp = clamp};
        if (weights.memory != nullptr) {
            o.weights = span_of<const float>(weights);
        }
        if constexpr (requires { o.accumulate; }) {
            o.accumulate = accumulate;
        }
        return o;
    }

    array predictions, targets, weights, initial, gradient;
    bool from_logits = false, strict = false, clamp = false, accumulate = false;
};

/* Compares how a call ended. Returns whether it has a value. */
bool has_value(test_case *c, const exactloss::outcome &end) {
    const char *wanted = word_behind(c, "status");
    expect_integer(c, "status", *wanted == 0 ? "0" : wanted, static_cast<int>(end.code()));
    if (const char *argument = word_behind(c, "violation"); *argument != 0) {
        static constexpr std::array names{"", "predictions", "targets", "weights"};
        const char *index = next_word(argument);
        if (std::string_view(argument) != names.at(static_cast<std::size_t>(end.violation().argument))) {
            fail(c, "the violation is in another array than the %s", argument);
        }
        expect_integer(c, "index of the violation", index, end.violation().index);
        expect_double(c, "value of the violation", next_word(index), end.violation().value);
    }
    return end.has_value();
}

void expect_evaluation(test_case *c, const exactloss::evaluation &e) {
    const exactloss::confusion counts = e.confusion();
    expect_integer(c, "count", word_behind(c, "count"), e.count());
    expect_integer(c, "positives", word_behind(c, "positives"), e.positives());
    expect_integer(c, "true positives", word_behind(c, "true_positives"), counts.true_positives);
    expect_integer(c, "false positives", word_behind(c, "false_positives"), counts.false_positives);
    expect_integer(c, "true negatives", word_behind(c, "true_negatives"), counts.true_negatives);
    expect_integer(c, "false negatives", word_behind(c, "false_negatives"), counts.false_negatives);
    expect_double(c, "accuracy", word_behind(c, "accuracy"), e.accuracy());
    expect_double(c, "weight sum", word_behind(c, "weight_sum"), e.weight_sum());
    int count = 0;
    for (int i = 0; i < c->count; i++) {
        if (c->lines[i].words != "result"sv) {
            continue;
        }
        const char *word = next_word(find_line(c, i, "result")->words);
        const exactloss_loss_result &have = e[loss_of(word)];
        if (!e.losses().contains(loss_of(word))) {
            fail(c, "the evaluation has no %s", word);
        }
        expect_double(c, "mean", word = next_word(word), have.mean);
        expect_double(c, "sum", word = next_word(word), have.sum);
        expect_float(c, "mean as a float", word = next_word(word), have.mean_f32);
        expect_float(c, "sum as a float", word = next_word(word), have.sum_f32);
        expect_integer(c, "elements that are NaN", word = next_word(word), have.nan_count);
        expect_integer(c, "elements that are infinite", next_word(word), have.infinite_count);
        count++;
    }
    if (count != static_cast<int>(e.losses().contains(loss::mnist)) +
                     static_cast<int>(e.losses().contains(loss::brier)) +
                     static_cast<int>(e.losses().contains(loss::log))) {
        fail(c, "the evaluation has other losses");
    }
}

void run_loss(test_case *c) {
    const batch b(c, 0, c->count);
    const loss which = loss_of(word_behind(c, "losses"));
    const bool is_mean = word_behind(c, "reduction") == "mean"sv;
    const auto o = b.options<exactloss::options>();
    const exactloss::result<double> r = b.apply([&](auto p, const auto &t, auto) {
        return is_mean ? exactloss::mean(which, p, t, o) : exactloss::sum(which, p, t, o);
    });
    if (has_value(c, r)) {
        expect_double(c, "loss", word_behind(c, "loss"), *r);
    }
}

void run_values(test_case *c) {
    const batch b(c, 0, c->count);
    const loss which = loss_of(word_behind(c, "losses"));
    const exactloss::result<void> r = b.apply([&](auto p, const auto &t, auto out) {
        return exactloss::values(which, p, t, out, b.options<exactloss::options>());
    });
    if (has_value(c, r)) {
        expect_elements(c, find_line(c, 0, "values"), &b.gradient);
    }
}

void run_gradient(test_case *c) {
    const batch b(c, 0, c->count);
    const loss which = loss_of(word_behind(c, "losses"));
    const std::string_view reduction = word_behind(c, "reduction");
    auto o = b.options<exactloss::gradient_options>();
    o.upstream = double_of(word_behind(c, "upstream"));
    o.divisor = decimal(word_behind(c, "divisor"));
    const exactloss::result<double> r = b.apply([&](auto p, const auto &t, auto out) -> exactloss::result<double> {
        if (reduction.empty()) {
            const auto alone = exactloss::gradient(which, p, t, out, o);
            return alone ? exactloss::result<double>(0.0) : exactloss::result<double>(alone);
        }
        return reduction == "mean" ? exactloss::mean_and_gradient(which, p, t, out, o)
                                   : exactloss::sum_and_gradient(which, p, t, out, o);
    });
    if (has_value(c, r)) {
        expect_elements(c, find_line(c, 0, "gradient"), &b.gradient);
        if (!reduction.empty()) {
            expect_double(c, "loss", word_behind(c, "gradient_loss"), *r);
        }
    }
}

void run_evaluate(test_case *c) {
    const batch b(c, 0, c->count);
    auto o = b.options<exactloss::evaluation_options>();
    o.threshold = double_of(word_behind(c, "threshold"));
    const exactloss::result<exactloss::evaluation> r =
        b.apply([&](auto p, const auto &t, auto) { return exactloss::evaluate(losses_of(c), p, t, o); });
    if (has_value(c, r)) {
        expect_evaluation(c, *r);
    }
}

/* Adds the batch in the lines from `first` on to the accumulator that line `end` names. */
exactloss::result<void> add_batch(test_case *c, int first, int end, std::span<exactloss::accumulator, 2> accumulators) {
    const batch b(c, first, end);
    c->lines[end].is_used = 1;
    const char *to = next_word(c->lines[end].words), *which = next_word(to), *upstream = next_word(which);
    exactloss::accumulator &a = accumulators[static_cast<std::size_t>(decimal(to) & 1)];
    if (*which == 0) {
        return b.apply([&](auto p, const auto &t, auto) { return a.add(p, t, b.options<exactloss::options>()); });
    }
    auto o = b.options<exactloss::gradient_options>();
    o.upstream = double_of(upstream);
    o.divisor = decimal(next_word(upstream));
    const exactloss::result<void> r =
        b.apply([&](auto p, const auto &t, auto out) { return a.add_with_gradient(loss_of(which), p, t, out, o); });
    expect_elements(c, find_line_before(c, end + 1, end + 2, "gradient"), &b.gradient);
    return r;
}

void expect_accumulator(test_case *c, const exactloss::accumulator &a) {
    exactloss::byte_form form = a.bytes();
    const auto again = exactloss::accumulator::from_bytes(form);
    if (!again || !std::ranges::equal(form, again->bytes())) {
        fail(c, "an accumulator cannot be read from its bytes, or has others then");
        return;
    }
    expect_evaluation(c, a.evaluate());
    expect_evaluation(c, again->evaluate());
    if (const char *whole = word_behind(c, "bytes"); *whole != 0) {
        array wanted = read_bytes(whole);
        if (!std::ranges::equal(form, std::as_bytes(span_of<unsigned char>(wanted)))) {
            fail(c, "the bytes are wrong");
        }
        free_array(&wanted);
    } else {
        std::vector<unsigned char> bytes(form.size());
        std::memcpy(bytes.data(), form.data(), form.size());
        array have{};
        have.memory = bytes.data();
        have.bytes = static_cast<std::int64_t>(bytes.size());
        expect_hash(c, "bytes", word_behind(c, "bytes_fnv1a"), &have);
    }
}

void run_accumulate(test_case *c) {
    const double threshold = double_of(word_behind(c, "threshold"));
    const auto empty = exactloss::accumulator::make(losses_of(c), threshold);
    if (!empty) {
        /* There is nothing to add the batches to. */
        for (int i = 0; i < c->count; i++) {
            c->lines[i].is_used = 1;
        }
        has_value(c, empty);
        return;
    }
    std::array accumulators{*empty, *empty};
    exactloss::result<void> end;
    int first = 0;
    for (int i = 0; i < c->count && end; i++) {
        if (c->lines[i].words == "add"sv || c->lines[i].words == "add_with_gradient"sv) {
            end = add_batch(c, first, i, accumulators);
            first = i + 1;
        }
    }
    if (has_value(c, end)) {
        if (find_line(c, 0, "merge") != nullptr && !accumulators[0].merge(accumulators[1])) {
            fail(c, "the accumulators cannot be merged");
        }
        expect_accumulator(c, accumulators[0]);
    }
}

void run_bytes(test_case *c) {
    array input = read_bytes(word_behind(c, "input"));
    const auto r = exactloss::accumulator::from_bytes(std::as_bytes(span_of<unsigned char>(input)));
    if (has_value(c, r)) {
        expect_evaluation(c, r->evaluate());
    }
    free_array(&input);
}

void run_metrics(test_case *c) {
    using exactloss::metric;
    static constexpr std::array<std::pair<std::string_view, metric>, 9> metrics{{
        {"accuracy", metric::accuracy},
        {"precision", metric::precision},
        {"recall", metric::recall},
        {"specificity", metric::specificity},
        {"f1", metric::f1},
        {"balanced_accuracy", metric::balanced_accuracy},
        {"jaccard", metric::jaccard},
        {"kappa", metric::kappa},
        {"matthews", metric::matthews},
    }};
    const char *tp = word_behind(c, "counts"), *fp = next_word(tp), *tn = next_word(fp), *fn = next_word(tn);
    const exactloss::confusion counts{.true_positives = decimal(tp),
                                      .false_positives = decimal(fp),
                                      .true_negatives = decimal(tn),
                                      .false_negatives = decimal(fn)};
    if (const char *beta = word_behind(c, "beta"); *beta != 0) {
        has_value(c, exactloss::f_beta_of(double_of(beta), counts));
        return;
    }
    for (int i = 0; i < c->count; i++) {
        const char *name = next_word(c->lines[i].words);
        if (c->lines[i].words == "f_beta"sv) {
            expect_double(c, "f_beta", next_word(name), *exactloss::f_beta_of(double_of(name), counts));
            c->lines[i].is_used = 1;
        } else if (c->lines[i].words == "metric"sv) {
            const auto found =
                std::ranges::find(metrics, std::string_view(name), &decltype(metrics)::value_type::first);
            if (found != metrics.end()) {
                expect_double(c, name, next_word(name), *exactloss::metric_of(found->second, counts));
                c->lines[i].is_used = 1;
            }
        }
    }
}

void run_sigmoid(test_case *c) {
    array logits = read_array(find_line(c, 0, "predictions"));
    if (has_value(c, with_reals(logits, [](auto x) { return exactloss::sigmoid(x, x); }))) {
        expect_elements(c, find_line(c, 0, "out"), &logits);
    }
    free_array(&logits);
}

template <class C, class T>
exactloss::result<void> select(const C &condition, std::span<T> a, std::span<T> b, std::span<T> out) {
    const bool is_one_a = a.size() == 1, is_one_b = b.size() == 1;
    if (is_one_a && is_one_b) {
        return exactloss::where(condition, a[0], b[0], out);
    }
    if (is_one_a) {
        return exactloss::where(condition, a[0], b, out);
    }
    return is_one_b ? exactloss::where(condition, a, b[0], out) : exactloss::where(condition, a, b, out);
}

void run_where(test_case *c) {
    array condition = read_array(find_line(c, 0, "condition"));
    array a = read_array(find_line(c, 0, "a")), b = read_array(find_line(c, 0, "b"));
    array shape = a;
    shape.count = condition.count;
    shape.bytes = shape.size * shape.count;
    array out = array_like(&shape);
    const exactloss::result<void> r = with_reals(a, [&](auto first) {
        using element = typename decltype(first)::element_type;
        const auto second = span_of<element>(b), to = span_of<element>(out);
        if (condition.as_target != EXACTLOSS_T_UINT8) {
            return select(bits_of(condition), first, second, to);
        }
        return are_bools(condition) ? select(span_of<const bool>(condition), first, second, to)
                                    : select(span_of<const unsigned char>(condition), first, second, to);
    });
    if (has_value(c, r)) {
        expect_elements(c, find_line(c, 0, "out"), &out);
    }
    for (array *each : {&condition, &a, &b, &out}) {
        free_array(each);
    }
}

void run_case(test_case *c) {
    static constexpr std::array<std::pair<std::string_view, void (*)(test_case *)>, 9> operations{{
        {"loss", run_loss},
        {"values", run_values},
        {"gradient", run_gradient},
        {"evaluate", run_evaluate},
        {"accumulate", run_accumulate},
        {"bytes", run_bytes},
        {"metrics", run_metrics},
        {"sigmoid", run_sigmoid},
        {"where", run_where},
    }};
    for (const auto &[name, run] : operations) {
        if (name == c->operation) {
            run(c);
        }
    }
    for (int i = 0; i < c->count; i++) {
        if (c->lines[i].is_used == 0) {
            fail(c, "line %d, \"%s\", was not looked at", c->lines[i].number, c->lines[i].words);
        }
    }
    failures += c->failures != 0 ? 1 : 0;
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::fputs("usage: conformance_test FILE\n", stderr);
        return 2;
    }
    const int cases = for_each_case(argv[1], run_case);
    std::printf("%d cases, %d of them wrong\n", cases, failures);
    return failures == 0 ? 0 : 1;
}

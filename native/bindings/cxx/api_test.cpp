/* SPDX-License-Identifier: Apache-2.0 */
/* What exactloss.hpp adds to the C functions: which types compile, what is refused before a call, and its results. */
#include <exactloss/exactloss.hpp>

#include <algorithm>
#include <cmath>
#include <list>
#include <new>
#include <string>
#include <vector>

namespace {

using exactloss::loss;
using exactloss::status;

/* ------------------------------------------------------------------------------------------------ what compiles -- */

template <class P, class T>
concept has_mean = requires(P p, T t) {
    exactloss::mean(loss::mnist, p, t);
};
template <class P, class T, class G>
concept has_gradient = requires(P p, T t, G g) {
    exactloss::gradient(loss::mnist, p, t, g);
};
template <class C, class A, class B, class O>
concept has_where = requires(C c, A a, B b, O out) {
    exactloss::where(c, a, b, out);
};

using floats = std::vector<float>;
using bytes = std::vector<std::uint8_t>;

static_assert(has_mean<floats, bytes>);
static_assert(has_mean<const floats, const bytes>);
static_assert(has_mean<std::span<const double>, std::array<bool, 3>>);
static_assert(has_mean<std::vector<exactloss::float16>, std::vector<std::int8_t>>);
static_assert(has_mean<std::vector<exactloss::bfloat16>, std::vector<std::int32_t>>);
static_assert(has_mean<float (&)[3], std::vector<std::int64_t>>);
static_assert(has_mean<floats, std::vector<long long>>);
static_assert(has_mean<floats, floats>);
static_assert(has_mean<floats, std::vector<double>>);
static_assert(has_mean<floats, exactloss::packed_bits>);
#ifdef EXACTLOSS_HAS_FLOAT16
static_assert(has_mean<std::vector<_Float16>, bytes>);
#endif

static_assert(!has_mean<std::vector<int>, bytes>, "predictions are floating-point");
static_assert(!has_mean<std::vector<std::uint16_t>, bytes>, "16 bits say not whether they are float16 or bfloat16");
static_assert(!has_mean<std::vector<long double>, bytes>);
static_assert(!has_mean<floats, std::vector<bool>>, "its bits are not to be reached");
static_assert(!has_mean<floats, std::vector<short>>);
static_assert(!has_mean<floats, std::vector<unsigned>>);
static_assert(!has_mean<floats, std::string>, "characters are no targets");
static_assert(!has_mean<std::list<float>, bytes>, "not contiguous");
static_assert(!has_mean<float, bytes>);
static_assert(!has_mean<exactloss::packed_bits, bytes>);

static_assert(has_gradient<floats, bytes, floats &>);
static_assert(has_gradient<const floats, bytes, std::span<float>>);
static_assert(!has_gradient<floats, bytes, const floats &>, "an output is written");
static_assert(!has_gradient<floats, bytes, std::span<const float>>, "an output is written");
static_assert(!has_gradient<floats, bytes, std::vector<double>>, "a gradient has the type of the predictions");

static_assert(has_where<bytes, floats, floats, std::span<float>>);
static_assert(has_where<std::array<bool, 2>, float, floats, std::span<float>>);
static_assert(has_where<exactloss::packed_bits, std::int16_t, std::int16_t, std::span<std::int16_t>>);
static_assert(!has_where<floats, floats, floats, std::span<float>>, "a condition is bools, bytes or bits");
static_assert(!has_where<bytes, double, floats, std::span<float>>, "a single element has the type of the others");
static_assert(!has_where<bytes, floats, floats, std::span<const float>>, "an output is written");
static_assert(!has_where<bytes, std::vector<std::string>, std::vector<std::string>, std::span<std::string>>);

static_assert((loss::mnist | loss::log).contains(loss::log));
static_assert(!(loss::mnist | loss::log).contains(loss::brier));
static_assert(noexcept(exactloss::mean(loss::mnist, floats(), bytes())));
static_assert(noexcept(exactloss::accumulator::make(loss::mnist)));
static_assert(std::is_trivially_copyable_v<exactloss::accumulator>);

/* ------------------------------------------------------------------------------------------------- what happens -- */

int failures = 0;
int allocations = 0;

void expect(bool is_right, const char *what) {
    if (!is_right) {
        std::printf("wrong: %s\n", what);
        failures++;
    }
}

void lengths() {
    floats three{0.9F, 0.4F, 0.2F}, two{0.5F, 0.5F}, none;
    const bytes targets{1, 0, 1};
    const auto is_length = [](const exactloss::outcome &end) { return end.code() == status::length; };
    expect(is_length(exactloss::mean(loss::mnist, two, targets)), "targets of another length");
    expect(is_length(exactloss::sum(loss::mnist, three, targets, {.weights = two})), "weights of another length");
    expect(is_length(exactloss::mean(loss::mnist, three, targets, {.weights = none})), "no weights for elements");
    expect(is_length(exactloss::values(loss::mnist, three, targets, two)), "values of another length");
    expect(is_length(exactloss::gradient(loss::mnist, three, targets, two)), "a gradient of another length");
    expect(is_length(exactloss::evaluate(loss::mnist, two, targets)), "an evaluation");
    expect(is_length(exactloss::sigmoid(three, two)), "sigmoids of another length");
    expect(is_length(exactloss::where(targets, three, two, three)), "b of another length");
    expect(is_length(exactloss::where(targets, 1.0F, 0.0F, two)), "out of another length");
    auto a = exactloss::accumulator::make(loss::mnist).value();
    expect(is_length(a.add(two, targets)), "a batch");
    expect(is_length(a.add_with_gradient(loss::mnist, three, targets, two)), "a batch's gradient");
    expect(a.evaluate().count() == 0, "what is refused is not added");
    expect(two == floats{0.5F, 0.5F}, "what is refused writes nothing");
    expect(std::string_view(exactloss::message(status::length)).starts_with("arrays of one call"), "its message");
}

void bits() {
    const std::array<unsigned char, 2> five{0xa0, 0x00}; /* bits 5 and 7 */
    const floats p{0.9F, 0.4F, 0.2F};
    using exactloss::packed_bits;
    const auto mean = exactloss::mean(loss::mnist, p, packed_bits(five, 3, 5));
    expect(mean && *mean == 0.43333334227403003, "bits from an offset on");
    expect(!packed_bits(five, 3, 14).is_whole(), "bits beyond the last byte");
    expect(packed_bits(five, 3, 13).is_whole(), "the last bits");
    expect(packed_bits(five, 16).is_whole() && !packed_bits(five, 17).is_whole(), "all bits");
    expect(!packed_bits(five, 3, 1000).is_whole(), "an offset beyond the bytes");
    expect(!packed_bits(five, ~std::size_t{0}, 7).is_whole(), "more bits than can be counted");
    expect(!packed_bits(five, 1, ~std::size_t{0}).is_whole(), "an offset of more than can be counted");
    expect(exactloss::mean(loss::mnist, p, packed_bits(five, 3, 14)).code() == status::length, "their status");
    expect(packed_bits({}, 0).is_whole(), "no bits");
}

void refusals() {
    const floats p{0.5F, 1.5F}, w{1, -1};
    const bytes t{1, 0};
    const auto strict = exactloss::mean(loss::brier, p, t, {.strict = true});
    expect(strict.code() == status::strict && !strict, "strict mode");
    expect(strict.violation().argument == EXACTLOSS_PREDICTIONS && strict.violation().index == 1 &&
               strict.violation().value == 1.5,
           "the element that it refuses");
    expect(exactloss::mean(loss::brier, p, t, {.weights = w}).code() == status::weight, "a weight");
    floats g(2);
    expect(exactloss::gradient(loss::brier, p, t, g, {.divisor = 0}).code() == status::count, "a divisor");
    expect(exactloss::evaluate(loss::log, p, t, {.threshold = NAN}).code() == status::threshold, "a threshold");
    expect(exactloss::accumulator::make(loss::log, NAN).code() == status::threshold, "that of an accumulator");
    expect(exactloss::f_beta_of(-1, {}).code() == status::metric, "a beta");
    expect(exactloss::metric_of(exactloss::metric::f1, {.true_positives = -1}).code() == status::count, "a count");
    const auto a = exactloss::accumulator::make(loss::mnist);
    auto b = exactloss::accumulator::make(loss::log), c = exactloss::accumulator::make(loss::mnist, 0.25);
    expect(b->merge(*a).code() == status::loss, "a merge of other losses");
    expect(c->merge(*a).code() == status::threshold, "a merge of another threshold");
#ifdef __cpp_exceptions
    std::string text;
    try {
        static_cast<void>(strict.value());
    } catch (const exactloss::error &e) {
        text = e.what();
        expect(e.code() == status::strict && e.violation().index == 1, "the exception's status");
    }
    expect(text.ends_with(": predictions[1] is 1.5"), "the exception's text");
    text.clear();
    try {
        exactloss::gradient(loss::brier, p, t, g, {.divisor = 0}).value();
    } catch (const exactloss::error &e) {
        text = e.what();
    }
    expect(text == exactloss::message(status::count), "the text without an element");
#endif
}

void gradients() {
    const floats p{0.9F, 0.4F, 0.2F};
    const bytes t{1, 0, 1};
    floats g(3), sum(3);
    expect(exactloss::mean_and_gradient(loss::mnist, p, t, g).value() == 0.43333334227403003, "the mean");
    expect(g == floats{-1.0F / 3, 1.0F / 3, -1.0F / 3}, "the gradient of a mean");
    expect(exactloss::gradient(loss::mnist, p, t, g, {.accumulate = true, .divisor = 3}).has_value() &&
               g == floats{-2.0F / 3, 2.0F / 3, -2.0F / 3},
           "a gradient that is added");
    expect(exactloss::gradient(loss::mnist, p, t, sum, {.divisor = 1}).has_value() && sum == floats{-1, 1, -1},
           "a divisor of 1");

    // The gradient of a weighted mean is divided by the sum of the weights, which is 5 here.
    const floats weights{1, 3.5F, 0.5F};
    auto total = exactloss::accumulator::make(loss::mnist).value();
    expect(exactloss::gradient(loss::mnist, p, t, g, {.weights = weights}).has_value() &&
               g == floats{-0.2F, 0.7F, -0.1F},
           "the gradient of a weighted mean");
    expect(total.add_with_gradient(loss::mnist, p, t, sum, {.weights = weights}).has_value() && sum == g,
           "the same by an accumulator");
    expect(exactloss::sum_and_gradient(loss::mnist, p, t, sum, {.weights = weights}).has_value() &&
               sum == floats{-1, 3.5F, -0.5F},
           "the gradient of a weighted sum");
    expect(exactloss::sum_and_gradient(loss::mnist, p, t, sum).has_value() && sum == floats{-1, 1, -1},
           "the gradient of a sum");
    const floats none;
    floats empty;
    const auto mean = exactloss::mean_and_gradient(loss::log, none, bytes{}, empty);
    expect(mean && std::isnan(*mean), "the mean of nothing");
}

void evaluations() {
    const floats p{0.9F, 0.4F, 0.2F};
    const bytes t{1, 0, 1};
    const auto e = exactloss::evaluate(loss::mnist | loss::log, p, t);
    expect(e && (*e)[loss::mnist].mean == 0.43333334227403003 && std::isnan((*e)[loss::brier].mean), "the losses");
    expect(e->losses() == (loss::mnist | loss::log) && e->threshold() == 0.5, "what they were");
    expect(e->precision() == 1 && e->recall() == 0.5 && e->specificity() == 1 && e->jaccard() == 0.5, "metrics");
    expect(e->f1() == e->f_beta(1).value() && e->balanced_accuracy() == 0.75 && e->kappa() == 0.4, "more metrics");
    expect(e->matthews() == 0.5 && e->accuracy() == 2.0 / 3, "the last metrics");

    auto whole = exactloss::accumulator::make(loss::mnist | loss::log).value(), part = whole;
    expect(whole.add(std::span(p).first(1), std::span(t).first(1)).has_value(), "a piece");
    expect(part.add(std::span(p).subspan(1), std::span(t).subspan(1)).has_value(), "the other piece");
    expect(whole.merge(part).has_value() && whole.evaluate()[loss::log].mean == (*e)[loss::log].mean, "a merge");
    const exactloss::accumulator copy = whole;
    expect(std::ranges::equal(copy.bytes(), whole.bytes()), "a copy");
    expect(exactloss::accumulator::from_bytes(std::span(whole.bytes()).first(100)).code() == status::size, "few bytes");
    expect(exactloss::accumulator::from_bytes({}).code() == status::size, "no bytes");
}

/* Every function that computes, with the results that a program would keep. */
void nothing_is_allocated() {
    floats p{0.9F, 0.4F, 0.2F}, out(3);
    const floats w{1, 2, 3};
    const bytes t{1, 0, 1};
    const int before = allocations;
    bool is_right = exactloss::mean(loss::log, p, t, {.weights = w}) && exactloss::sum(loss::log, p, t) &&
                    exactloss::values(loss::log, p, t, out) && exactloss::gradient(loss::log, p, t, out) &&
                    exactloss::mean_and_gradient(loss::log, p, t, out) && exactloss::evaluate(loss::log, p, t) &&
                    exactloss::sigmoid(p, out) && exactloss::where(t, p, 0.0F, out);
    auto a = exactloss::accumulator::make(loss::log);
    is_right = is_right && a->add(p, t) && a->add_with_gradient(loss::log, p, t, out) && a->merge(*a) &&
               exactloss::accumulator::from_bytes(a->bytes()) && a->evaluate().f1() > 0;
    expect(is_right && allocations == before, "something is allocated, or fails");
}

} // namespace

void *operator new(std::size_t size) {
    allocations++;
    void *memory = std::malloc(size);
    if (memory == nullptr) {
        std::abort();
    }
    return memory;
}

void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }

int main() {
    expect(exactloss::is_compatible() && exactloss::isa_name() != nullptr, "the library");
    expect(std::string_view(exactloss::version()) == EXPECTED_VERSION, "its version");
    lengths();
    bits();
    refusals();
    gradients();
    evaluations();
    nothing_is_allocated();
    expect(allocations > 0, "the count of allocations");
    return failures == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exactloss for C++20: the losses, gradients and metrics of a binary classifier, exactly, of the arrays that a program
 * already has. A header over exactloss.h, which has the numeric contract and all that is not said here.
 *
 *     using exactloss::loss;
 *     std::vector<float> predictions = ...;
 *     std::vector<std::uint8_t> targets = ...;
 *     const auto mean = exactloss::mean(loss::mnist, predictions, targets);
 *     if (mean) { use(*mean); } else { complain(mean.message()); }
 *
 * Arrays
 *   Every contiguous range will do: std::vector, std::array, std::span, C arrays. Nothing is copied. Predictions,
 *   logits, values and gradients have one of the types of the concept `real`. Targets have one of the concept `target`,
 *   or are packed_bits. Weights are floats. Any other type does not compile, nor does std::vector<bool>, whose bits
 *   cannot be reached. Ranges of different lengths are status::length.
 *   An output may overlap an input only where exactloss.h allows it: values, a gradient without `accumulate` and
 *   sigmoids may be written over the predictions, and the result of `where` over a or b.
 *
 * Errors
 *   A function that can fail returns a result<T>: a value, or a status and, where an element was refused, which one. No
 *   exception is thrown but by value() of a result that has none. On an error nothing has been written.
 *
 * Every function is noexcept, allocates nothing, locks nothing, and may be called from any thread, as long as no two
 * calls write the same memory. All else that exactloss.h says of its functions holds here too. Only exactloss.h has
 * functions of the rows of a matrix.
 */
#ifndef EXACTLOSS_EXACTLOSS_HPP
#define EXACTLOSS_EXACTLOSS_HPP

#include <exactloss/exactloss.h>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <optional>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

#if __has_include(<stdfloat>)
#include <stdfloat>
#endif

/* Whether the compiler has _Float16, which is std::float16_t where that exists. GCC 12 has it without saying so. */
#if defined __clang__
#if defined __FLT16_MANT_DIG__ && __clang_major__ >= 15
#define EXACTLOSS_HAS_FLOAT16
#endif
#elif defined __GNUC__ && __GNUC__ >= 12 && (defined __FLT16_MANT_DIG__ || defined __SSE2__)
#define EXACTLOSS_HAS_FLOAT16
#endif

namespace exactloss {

/* --------------------------------------------------------------------------------------------------- constants -- */

/* What a loss computes of the distance d of an element: d, d² or -ln(1 - d). */
enum class loss : int { mnist = EXACTLOSS_MNIST, brier = EXACTLOSS_BRIER, log = EXACTLOSS_LOG };

/* A set of losses, which a loss is too: loss::mnist | loss::log. */
class losses {
  public:
    constexpr losses(loss one) noexcept : bits_(static_cast<int>(one)) {}

    [[nodiscard]] constexpr int bits() const noexcept { return bits_; }
    [[nodiscard]] constexpr bool contains(loss one) const noexcept { return (bits_ & static_cast<int>(one)) != 0; }
    friend constexpr losses operator|(losses a, losses b) noexcept { return losses(a.bits_ | b.bits_); }
    friend constexpr bool operator==(losses a, losses b) noexcept = default;

  private:
    friend class evaluation;
    explicit constexpr losses(int bits) noexcept : bits_(bits) {}

    int bits_;
};

constexpr losses operator|(loss a, loss b) noexcept { return losses(a) | losses(b); }

/* The statuses of exactloss.h that can come from these functions, and the one that is this header's own. */
enum class status : int {
    ok = EXACTLOSS_OK,
    length = -1, /* arrays of one call have different lengths, or packed bits end before their last element */
    count = EXACTLOSS_ERROR_COUNT,
    threshold = EXACTLOSS_ERROR_THRESHOLD,
    strict = EXACTLOSS_ERROR_STRICT,
    overflow = EXACTLOSS_ERROR_OVERFLOW,
    size = EXACTLOSS_ERROR_SIZE,
    format = EXACTLOSS_ERROR_FORMAT,
    max_isa = EXACTLOSS_ERROR_MAX_ISA,
    weight = EXACTLOSS_ERROR_WEIGHT,
    loss = EXACTLOSS_ERROR_LOSS,
    metric = EXACTLOSS_ERROR_METRIC
};

/* The meaning of a status: one English sentence without a full stop; a static string. */
[[nodiscard]] inline const char *message(status code) noexcept {
    return code == status::length
               ? "arrays of one call have different lengths, or packed bits end before their last element"
               : exactloss_status_string(static_cast<int>(code));
}

enum class metric : int {
    accuracy = EXACTLOSS_METRIC_ACCURACY,
    precision = EXACTLOSS_METRIC_PRECISION,
    recall = EXACTLOSS_METRIC_RECALL,
    specificity = EXACTLOSS_METRIC_SPECIFICITY,
    f1 = EXACTLOSS_METRIC_F1,
    balanced_accuracy = EXACTLOSS_METRIC_BALANCED_ACCURACY,
    jaccard = EXACTLOSS_METRIC_JACCARD,
    kappa = EXACTLOSS_METRIC_KAPPA,
    matthews = EXACTLOSS_METRIC_MATTHEWS
};

/* ----------------------------------------------------------------------------------------------------- results -- */

/* What value() throws of a result that has none. */
class error : public std::exception {
  public:
    error(status code, const exactloss_violation &violation) noexcept : code_(code), violation_(violation) {
        static constexpr std::array names{"", "predictions", "targets", "weights"};
        const char *text = message(code);
        if (violation.argument == 0) {
            std::snprintf(text_.data(), text_.size(), "%s", text);
        } else {
            std::snprintf(text_.data(), text_.size(), "%s: %s[%lld] is %.17g", text,
                          names.at(static_cast<std::size_t>(violation.argument)),
                          static_cast<long long>(violation.index), violation.value);
        }
    }

    [[nodiscard]] const char *what() const noexcept override { return text_.data(); }
    [[nodiscard]] status code() const noexcept { return code_; }
    [[nodiscard]] const exactloss_violation &violation() const noexcept { return violation_; }

  private:
    status code_;
    exactloss_violation violation_;
    std::array<char, 256> text_{};
};

/* How a call ended. */
class outcome {
  public:
    constexpr outcome() noexcept = default;
    constexpr outcome(status code, const exactloss_violation &violation) noexcept
        : code_(code), violation_(violation) {}

    [[nodiscard]] constexpr bool has_value() const noexcept { return code_ == status::ok; }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return has_value(); }
    [[nodiscard]] constexpr status code() const noexcept { return code_; }
    [[nodiscard]] const char *message() const noexcept { return exactloss::message(code_); }

    /* The element that was refused, with status::strict and status::weight. Otherwise its argument is 0. */
    [[nodiscard]] constexpr const exactloss_violation &violation() const noexcept { return violation_; }

  protected:
    void require_value() const {
        if (!has_value()) {
#ifdef __cpp_exceptions
            throw error(code_, violation_);
#else
            std::fputs(error(code_, violation_).what(), stderr);
            std::abort();
#endif
        }
    }

  private:
    status code_ = status::ok;
    exactloss_violation violation_{};
};

/*
 * A value, or the reason why there is none.
 *
 * value()   throws error where there is no value; where exceptions are switched off, it writes the error and aborts
 * *, ->     are undefined where there is no value
 */
template <class T> class [[nodiscard]] result : public outcome {
  public:
    constexpr result(const T &value) noexcept : value_(value) {}
    constexpr result(const outcome &failure) noexcept : outcome(failure) {}

    [[nodiscard]] constexpr const T &operator*() const noexcept { return *value_; }
    [[nodiscard]] constexpr T &operator*() noexcept { return *value_; }
    [[nodiscard]] constexpr const T *operator->() const noexcept { return &*value_; }
    [[nodiscard]] constexpr T *operator->() noexcept { return &*value_; }

    [[nodiscard]] const T &value() const & { return require_value(), *value_; }
    [[nodiscard]] T &value() & { return require_value(), *value_; }
    [[nodiscard]] T value() && { return require_value(), *value_; }

  private:
    std::optional<T> value_;
};

/* The result of a function that writes its outputs to arguments. */
template <> class [[nodiscard]] result<void> : public outcome {
  public:
    constexpr result() noexcept = default;
    constexpr result(const outcome &end) noexcept : outcome(end) {}

    void value() const { require_value(); }
};

/* ------------------------------------------------------------------------------------------------------ arrays -- */

/* 16 bits as IEEE 754's binary16, and as the upper half of a float: for programs whose compiler has no such types. */
struct float16 {
    std::uint16_t bits;
};
struct bfloat16 {
    std::uint16_t bits;
};

namespace detail {

template <class T> inline constexpr int real_option = 0;
template <> inline constexpr int real_option<float> = EXACTLOSS_P_FLOAT32;
template <> inline constexpr int real_option<double> = EXACTLOSS_P_FLOAT64;
template <> inline constexpr int real_option<float16> = EXACTLOSS_P_FLOAT16;
template <> inline constexpr int real_option<bfloat16> = EXACTLOSS_P_BFLOAT16;
#ifdef EXACTLOSS_HAS_FLOAT16
template <> inline constexpr int real_option<_Float16> = EXACTLOSS_P_FLOAT16;
#endif
#ifdef __STDCPP_BFLOAT16_T__
template <> inline constexpr int real_option<std::bfloat16_t> = EXACTLOSS_P_BFLOAT16;
#endif

template <class T, class... Others>
concept one_of = (std::same_as<T, Others> || ...);

template <class T> consteval int target_option() {
    if constexpr (one_of<T, bool, unsigned char>) {
        static_assert(sizeof(bool) == 1);
        return EXACTLOSS_T_UINT8;
    } else if constexpr (one_of<T, signed char, int, long, long long>) {
        return sizeof(T) == 1 ? EXACTLOSS_T_INT8 : sizeof(T) == 4 ? EXACTLOSS_T_INT32 : EXACTLOSS_T_INT64;
    } else if constexpr (std::same_as<T, float>) {
        return EXACTLOSS_T_FLOAT32;
    } else {
        return std::same_as<T, double> ? EXACTLOSS_T_FLOAT64 : 0;
    }
}

template <class R>
concept array = std::ranges::contiguous_range<R> && std::ranges::sized_range<R>;

template <class T>
concept byte = one_of<T, bool, unsigned char>;
template <class R>
concept byte_array = array<R> && byte<std::ranges::range_value_t<R>>;

} // namespace detail

/* The types of predictions, logits, values and gradients: float, double, and types of 16 bits. */
template <class T>
concept real = (detail::real_option<std::remove_cv_t<T>> != 0);

/* The types of targets: bool, integers of 8 (with a sign or without), 32 and 64 bits with a sign, float and double. */
template <class T>
concept target = (detail::target_option<std::remove_cv_t<T>>() != 0);

/* Arrays of them, and arrays that a function writes. */
template <class R>
concept real_array = detail::array<R> && real<std::ranges::range_value_t<R>>;
template <class R>
concept target_array = detail::array<R> && target<std::ranges::range_value_t<R>>;
template <class R, class T>
concept output_array = detail::array<R> && std::same_as<std::ranges::range_value_t<R>, T> &&
    std::is_same_v<std::remove_reference_t<std::ranges::range_reference_t<R>>, T>;

/* Packed bits as targets or as a condition: the least significant bit of a byte first, as in Arrow. */
class packed_bits {
  public:
    /* `count` bits from bit `offset` of the bytes on. Bits beyond the bytes are status::length in every call. */
    constexpr packed_bits(std::span<const unsigned char> bytes, std::size_t count, std::size_t offset = 0) noexcept
        : bytes_(bytes), count_(count), offset_(offset) {}

    [[nodiscard]] constexpr std::size_t size() const noexcept { return count_; }
    [[nodiscard]] constexpr bool is_whole() const noexcept {
        const std::size_t bytes = count_ / 8 + offset_ / 8 + (count_ % 8 + offset_ % 8 + 7) / 8;
        return count_ == 0 || bytes <= bytes_.size();
    }
    /* Of bits that are whole: the byte of the first one. */
    [[nodiscard]] constexpr const void *data() const noexcept {
        return count_ == 0 ? nullptr : bytes_.data() + offset_ / 8;
    }
    [[nodiscard]] constexpr int option() const noexcept {
        return EXACTLOSS_T_BITS | static_cast<int>(offset_ % 8) * EXACTLOSS_T_BIT_OFFSET;
    }

  private:
    std::span<const unsigned char> bytes_;
    std::size_t count_, offset_;
};

template <class R>
concept targets = target_array<R> || std::same_as<std::remove_cvref_t<R>, packed_bits>;

/* A condition: bools, bytes that are true unless 0, or packed bits. */
template <class R>
concept condition = detail::byte_array<R> || std::same_as<std::remove_cvref_t<R>, packed_bits>;

/* ----------------------------------------------------------------------------------------------------- options -- */

/*
 * How a batch is read.
 *
 * weights      as many floats as there are predictions, finite and not negative; without them every weight is 1
 * from_logits  the predictions are logits
 * strict       refuse predictions outside [0, 1], NaN, and targets other than 0 and 1
 * clamp        a value of loss::log is at most 100
 */
struct options {
    std::optional<std::span<const float>> weights = std::nullopt;
    bool from_logits = false;
    bool strict = false;
    bool clamp = false;
};

/* These, and the threshold that a prediction must exceed to be predicted positive. */
struct evaluation_options {
    std::optional<std::span<const float>> weights = std::nullopt;
    bool from_logits = false;
    bool strict = false;
    bool clamp = false;
    double threshold = 0.5;
};

/*
 * These, and what a gradient is multiplied by: upstream / divisor.
 *
 * accumulate   add to what the gradient's memory holds
 * upstream     the derivative of the final result with respect to the loss
 * divisor      at least 1. Without it, 1 for sum_and_gradient(), and for the gradient of a mean the count; or, with
 *              weights, their sum, which another pass over memory finds. A batch that comes in pieces needs the count of
 *              all pieces.
 */
struct gradient_options {
    std::optional<std::span<const float>> weights = std::nullopt;
    bool from_logits = false;
    bool strict = false;
    bool clamp = false;
    bool accumulate = false;
    double upstream = 1;
    std::optional<std::int64_t> divisor = std::nullopt;
};

namespace detail {

/* The arguments that the C functions have in common. */
struct batch {
    status code = status::ok;
    int options = 0;
    const void *predictions = nullptr, *targets = nullptr;
    const float *weights = nullptr;
    std::int64_t count = 0;
};

inline void add_targets(batch &b, const packed_bits &bits) noexcept {
    b.options |= bits.option();
    if (!bits.is_whole() || static_cast<std::int64_t>(bits.size()) != b.count) {
        b.code = status::length;
    } else {
        b.targets = bits.data();
    }
}

template <array R> void add_targets(batch &b, R &&range) noexcept {
    b.targets = std::ranges::data(range);
    b.options |= target_option<std::ranges::range_value_t<R>>();
    if (static_cast<std::int64_t>(std::ranges::size(range)) != b.count) {
        b.code = status::length;
    }
}

template <class P, class T, class O> batch batch_of(P &&predictions, T &&targets, const O &o) noexcept {
    batch b;
    b.options = real_option<std::ranges::range_value_t<P>> | (o.from_logits ? EXACTLOSS_FROM_LOGITS : 0) |
                (o.strict ? EXACTLOSS_STRICT : 0) | (o.clamp ? EXACTLOSS_CLAMP : 0);
    b.predictions = std::ranges::data(predictions);
    b.count = static_cast<std::int64_t>(std::ranges::size(predictions));
    add_targets(b, targets);
    if (o.weights) {
        b.weights = o.weights->data();
        if (static_cast<std::int64_t>(o.weights->size()) != b.count) {
            b.code = status::length;
        }
    }
    return b;
}

template <class R> bool has_length(R &&range, std::int64_t count) noexcept {
    return static_cast<std::int64_t>(std::ranges::size(range)) == count;
}

inline outcome failure(status code) noexcept { return {code, exactloss_violation{}}; }

/* What a C function returned. */
inline outcome outcome_of(int code, const exactloss_violation &violation) noexcept {
    return {static_cast<status>(code), violation};
}

template <class T> result<T> result_of(int code, const exactloss_violation &violation, const T &value) noexcept {
    return code == EXACTLOSS_OK ? result<T>(value) : result<T>(outcome_of(code, violation));
}

/* What a gradient is multiplied by. */
struct factor {
    double upstream;
    std::int64_t divisor;
};

/* The factor of a gradient, which by default is that of a mean or a sum. */
inline result<factor> factor_of(const gradient_options &o, int reduction, const batch &b) noexcept {
    if (o.divisor || reduction == EXACTLOSS_SUM) {
        return factor{o.upstream, o.divisor.value_or(1)};
    }
    if (b.weights == nullptr) {
        return factor{o.upstream, b.count == 0 ? 1 : b.count};
    }
    exactloss_evaluation e{};
    e.size = sizeof e;
    exactloss_violation violation{};
    const int code = exactloss_evaluate(b.options | EXACTLOSS_MNIST, b.predictions, b.targets, b.weights, b.count,
                                        nullptr, 0.5, &e, &violation);
    return result_of(code, violation, factor{o.upstream / e.weight_sum, 1});
}

template <class P, class T>
result<double> reduce(loss which, int reduction, P &&predictions, T &&targets, const options &o) noexcept {
    const batch b = batch_of(predictions, targets, o);
    if (b.code != status::ok) {
        return failure(b.code);
    }
    double value = 0;
    exactloss_violation violation{};
    const int code = exactloss_loss(b.options | static_cast<int>(which) | reduction, b.predictions, b.targets,
                                    b.weights, b.count, nullptr, &value, &violation);
    return result_of(code, violation, value);
}

/* reduction: of the loss, or 0 for the gradient alone. */
template <class P, class T, class G>
result<double> differentiate(loss which, int reduction, P &&predictions, T &&targets, G &&gradient,
                             const gradient_options &o) noexcept {
    const batch b = batch_of(predictions, targets, o);
    if (b.code != status::ok || !has_length(gradient, b.count)) {
        return failure(status::length);
    }
    const result<factor> g = factor_of(o, reduction, b);
    if (!g) {
        return static_cast<const outcome &>(g);
    }
    double value = 0;
    exactloss_violation violation{};
    const int flag = o.accumulate ? EXACTLOSS_ACCUMULATE : 0;
    const int code = exactloss_gradient(b.options | static_cast<int>(which) | reduction | flag, b.predictions,
                                        b.targets, b.weights, b.count, g->upstream, g->divisor,
                                        std::ranges::data(gradient), reduction == 0 ? nullptr : &value, &violation);
    return result_of(code, violation, value);
}

} // namespace detail

/* ---------------------------------------------------------------------------------------- losses and gradients -- */

/* The mean of a loss; NaN of nothing. */
template <real_array P, targets T>
result<double> mean(loss which, P &&predictions, T &&targets, const options &o = {}) noexcept {
    return detail::reduce(which, EXACTLOSS_MEAN, predictions, targets, o);
}

/* The sum of a loss; 0 of nothing. */
template <real_array P, targets T>
result<double> sum(loss which, P &&predictions, T &&targets, const options &o = {}) noexcept {
    return detail::reduce(which, EXACTLOSS_SUM, predictions, targets, o);
}

/* The losses of the elements themselves, written to `out`. */
template <real_array P, targets T, output_array<std::ranges::range_value_t<P>> V>
result<void> values(loss which, P &&predictions, T &&targets, V &&out, const options &o = {}) noexcept {
    const detail::batch b = detail::batch_of(predictions, targets, o);
    if (b.code != status::ok || !detail::has_length(out, b.count)) {
        return detail::failure(status::length);
    }
    exactloss_violation violation{};
    const int code = exactloss_values(b.options | static_cast<int>(which), b.predictions, b.targets, b.weights, b.count,
                                      std::ranges::data(out), &violation);
    return detail::outcome_of(code, violation);
}

/* The gradient of a loss with respect to the predictions, or to the logits, written or added to `out`. */
template <real_array P, targets T, output_array<std::ranges::range_value_t<P>> G>
result<void> gradient(loss which, P &&predictions, T &&targets, G &&out, const gradient_options &o = {}) noexcept {
    return outcome(detail::differentiate(which, 0, predictions, targets, out, o));
}

/* The mean of a loss, and its gradient in the same pass over memory. */
template <real_array P, targets T, output_array<std::ranges::range_value_t<P>> G>
result<double> mean_and_gradient(loss which, P &&predictions, T &&targets, G &&out,
                                 const gradient_options &o = {}) noexcept {
    return detail::differentiate(which, EXACTLOSS_MEAN, predictions, targets, out, o);
}

/* The sum of a loss, and its gradient in the same pass over memory. */
template <real_array P, targets T, output_array<std::ranges::range_value_t<P>> G>
result<double> sum_and_gradient(loss which, P &&predictions, T &&targets, G &&out,
                                const gradient_options &o = {}) noexcept {
    return detail::differentiate(which, EXACTLOSS_SUM, predictions, targets, out, o);
}

/* -------------------------------------------------------------------------------------------------- evaluation -- */

/* The counts that metrics are made of: true and false, positives and negatives. */
struct confusion {
    std::int64_t true_positives = 0, false_positives = 0, true_negatives = 0, false_negatives = 0;
};

namespace detail {

inline exactloss_evaluation evaluation_of(const confusion &c) noexcept {
    exactloss_evaluation e{};
    e.size = sizeof e;
    e.true_positives = c.true_positives;
    e.false_positives = c.false_positives;
    e.true_negatives = c.true_negatives;
    e.false_negatives = c.false_negatives;
    return e;
}

} // namespace detail

/* A metric, rounded once, or NaN where its divisor is 0. Negative counts, and more than 2^63-1, are status::count. */
inline result<double> metric_of(metric which, const confusion &c) noexcept {
    const exactloss_evaluation e = detail::evaluation_of(c);
    double value = 0;
    const int code = exactloss_metric(&e, static_cast<int>(which), &value);
    return detail::result_of(code, exactloss_violation{}, value);
}

/* The F-score, which counts recall beta times as much as precision. A beta below 0, -0 too, is status::metric. */
inline result<double> f_beta_of(double beta, const confusion &c) noexcept {
    const exactloss_evaluation e = detail::evaluation_of(c);
    double value = 0;
    const int code = exactloss_f_beta(&e, beta, &value);
    return detail::result_of(code, exactloss_violation{}, value);
}

/* Any set of losses and the counts of a batch, or of the content of an accumulator. */
class evaluation {
  public:
    explicit constexpr evaluation(const exactloss_evaluation &raw) noexcept : raw_(raw) {}

    /* A loss: its mean and sum, as doubles and floats, and how many elements are NaN or infinite. */
    [[nodiscard]] constexpr const exactloss_loss_result &operator[](loss which) const noexcept {
        return which == loss::mnist ? raw_.mnist : which == loss::brier ? raw_.brier : raw_.log;
    }
    [[nodiscard]] constexpr exactloss::losses losses() const noexcept {
        return exactloss::losses(static_cast<int>(raw_.losses));
    }
    [[nodiscard]] constexpr std::int64_t count() const noexcept { return raw_.count; }
    [[nodiscard]] constexpr std::int64_t positives() const noexcept { return raw_.positives; }
    [[nodiscard]] constexpr double threshold() const noexcept { return raw_.threshold; }
    [[nodiscard]] constexpr double weight_sum() const noexcept { return raw_.weight_sum; }
    [[nodiscard]] constexpr exactloss::confusion confusion() const noexcept {
        return {raw_.true_positives, raw_.false_positives, raw_.true_negatives, raw_.false_negatives};
    }
    [[nodiscard]] constexpr double accuracy() const noexcept { return raw_.accuracy; }
    [[nodiscard]] double precision() const noexcept { return compute(metric::precision); }
    [[nodiscard]] double recall() const noexcept { return compute(metric::recall); }
    [[nodiscard]] double specificity() const noexcept { return compute(metric::specificity); }
    [[nodiscard]] double f1() const noexcept { return compute(metric::f1); }
    [[nodiscard]] double balanced_accuracy() const noexcept { return compute(metric::balanced_accuracy); }
    [[nodiscard]] double jaccard() const noexcept { return compute(metric::jaccard); }
    [[nodiscard]] double kappa() const noexcept { return compute(metric::kappa); }
    [[nodiscard]] double matthews() const noexcept { return compute(metric::matthews); }
    [[nodiscard]] result<double> f_beta(double beta) const noexcept { return f_beta_of(beta, confusion()); }
    [[nodiscard]] constexpr const exactloss_evaluation &raw() const noexcept { return raw_; }

  private:
    [[nodiscard]] double compute(metric which) const noexcept {
        double value = std::numeric_limits<double>::quiet_NaN();
        exactloss_metric(&raw_, static_cast<int>(which), &value);
        return value;
    }

    exactloss_evaluation raw_;
};

/* Any set of losses and all counts of a batch, in one pass over memory. A threshold of NaN is status::threshold. */
template <real_array P, targets T>
result<evaluation> evaluate(losses which, P &&predictions, T &&targets, const evaluation_options &o = {}) noexcept {
    const detail::batch b = detail::batch_of(predictions, targets, o);
    if (b.code != status::ok) {
        return detail::failure(b.code);
    }
    exactloss_evaluation raw{};
    raw.size = sizeof raw;
    exactloss_violation violation{};
    const int code = exactloss_evaluate(b.options | which.bits(), b.predictions, b.targets, b.weights, b.count, nullptr,
                                        o.threshold, &raw, &violation);
    return detail::result_of(code, violation, evaluation(raw));
}

/* ----------------------------------------------------------------------------- the accumulator: data in pieces -- */

/* The byte form of an accumulator: it owns its bytes, and reads as a span. */
class byte_form {
  public:
    [[nodiscard]] const std::byte *data() const noexcept { return bytes_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const std::byte *begin() const noexcept { return data(); }
    [[nodiscard]] const std::byte *end() const noexcept { return data() + size_; }

  private:
    friend class accumulator;
    std::array<std::byte, EXACTLOSS_ACCUMULATOR_MAX_BYTES> bytes_{};
    std::size_t size_ = 0;
};

/*
 * An evaluation that takes its data in pieces, in any order: a value of about 5 KB, which can be copied and needs no
 * destruction. Threads add to accumulators of their own, which are merged; the result has the same bits.
 */
class accumulator {
  public:
    /* An empty one. A threshold of NaN is status::threshold. */
    [[nodiscard]] static result<accumulator> make(losses which, double threshold = 0.5) noexcept {
        accumulator a;
        const int code = exactloss_accumulator_init(&a.raw_, which.bits(), threshold);
        return detail::result_of(code, exactloss_violation{}, a);
    }

    /* From a byte form. Any bytes are safe: those that are none are status::size or status::format. */
    [[nodiscard]] static result<accumulator> from_bytes(std::span<const std::byte> bytes) noexcept {
        accumulator a;
        static constexpr std::byte nothing{}; // no bytes may have no address, which C would name before their number
        const int code = exactloss_accumulator_deserialize(&a.raw_, bytes.empty() ? &nothing : bytes.data(),
                                                           static_cast<std::int64_t>(bytes.size()));
        return detail::result_of(code, exactloss_violation{}, a);
    }

    /* Adds a batch. One that is refused leaves the accumulator as it was. */
    template <real_array P, targets T> result<void> add(P &&predictions, T &&targets, const options &o = {}) noexcept {
        const detail::batch b = detail::batch_of(predictions, targets, o);
        if (b.code != status::ok) {
            return detail::failure(b.code);
        }
        exactloss_violation violation{};
        const int code = exactloss_accumulator_add(&raw_, b.options, b.predictions, b.targets, b.weights, b.count,
                                                   nullptr, &violation);
        return detail::outcome_of(code, violation);
    }

    /* Adds a batch, and gives the gradient of one of the losses in the same pass over memory. */
    template <real_array P, targets T, output_array<std::ranges::range_value_t<P>> G>
    result<void> add_with_gradient(loss which, P &&predictions, T &&targets, G &&out,
                                   const gradient_options &o = {}) noexcept {
        const detail::batch b = detail::batch_of(predictions, targets, o);
        if (b.code != status::ok || !detail::has_length(out, b.count)) {
            return detail::failure(status::length);
        }
        const result<detail::factor> g = detail::factor_of(o, EXACTLOSS_MEAN, b);
        if (!g) {
            return static_cast<const outcome &>(g);
        }
        exactloss_violation violation{};
        const int flag = o.accumulate ? EXACTLOSS_ACCUMULATE : 0;
        const int code = exactloss_accumulator_add_with_gradient(
            &raw_, b.options | static_cast<int>(which) | flag, b.predictions, b.targets, b.weights, b.count,
            g->upstream, g->divisor, std::ranges::data(out), &violation);
        return detail::outcome_of(code, violation);
    }

    /* Adds the content of another one, which may be itself, of the same losses and the same threshold. */
    result<void> merge(const accumulator &other) noexcept {
        return detail::outcome_of(exactloss_accumulator_merge(&raw_, &other.raw_), exactloss_violation{});
    }

    /* The evaluation of everything added so far. */
    [[nodiscard]] evaluation evaluate() const noexcept {
        exactloss_evaluation e{};
        e.size = sizeof e;
        exactloss_accumulator_result(&raw_, &e);
        return evaluation(e);
    }

    /* The same content has the same bytes, whatever the order, the pieces and the machine. */
    [[nodiscard]] byte_form bytes() const noexcept {
        byte_form form;
        std::int64_t size = 0;
        exactloss_accumulator_serialize(&raw_, form.bytes_.data(), EXACTLOSS_ACCUMULATOR_MAX_BYTES, &size);
        form.size_ = static_cast<std::size_t>(size);
        return form;
    }

  private:
    accumulator() noexcept = default;

    exactloss_accumulator raw_{};
};

/* -------------------------------------------------------------------------------------------- array operations -- */

/* out[i] = 1 / (1 + exp(-logits[i])) */
template <real_array P, output_array<std::ranges::range_value_t<P>> O>
result<void> sigmoid(P &&logits, O &&out) noexcept {
    const auto count = static_cast<std::int64_t>(std::ranges::size(logits));
    if (!detail::has_length(out, count)) {
        return detail::failure(status::length);
    }
    const int code = exactloss_sigmoid(detail::real_option<std::ranges::range_value_t<P>>, std::ranges::data(logits),
                                       count, std::ranges::data(out));
    return detail::outcome_of(code, exactloss_violation{});
}

namespace detail {

/* a or b of `where`: an array of elements, or one element. */
template <class A, class T>
concept choice_of = std::same_as<std::remove_cvref_t<A>, T> || requires {
    requires array<A> && std::same_as<std::ranges::range_value_t<A>, T>;
};

template <class T, class A> const void *choice_data(A &&a) noexcept {
    if constexpr (std::same_as<std::remove_cvref_t<A>, T>) {
        return &a;
    } else {
        return std::ranges::data(a);
    }
}

template <class T, class A> bool is_choice(A &&a, std::int64_t count) noexcept {
    if constexpr (std::same_as<std::remove_cvref_t<A>, T>) {
        return true;
    } else {
        return has_length(a, count);
    }
}

} // namespace detail

/* Elements that `where` selects bit by bit, and arrays of them to write: they have 1, 2, 4 or 8 bytes. */
template <class T>
concept selectable = std::is_trivially_copyable_v<T> && sizeof(T) <= 8 && std::has_single_bit(sizeof(T));
template <class R>
concept selectable_output = output_array<R, std::ranges::range_value_t<R>> && selectable<std::ranges::range_value_t<R>>;

/* out[i] = condition[i] ? a[i] : b[i]. a and b are arrays of the type of out, or single elements of it. */
template <condition C, selectable_output O, detail::choice_of<std::ranges::range_value_t<O>> A,
          detail::choice_of<std::ranges::range_value_t<O>> B>
result<void> where(C &&condition, A &&a, B &&b, O &&out) noexcept {
    using element = std::ranges::range_value_t<O>;
    constexpr bool is_scalar_a = std::same_as<std::remove_cvref_t<A>, element>;
    constexpr bool is_scalar_b = std::same_as<std::remove_cvref_t<B>, element>;
    detail::batch c;
    c.count = static_cast<std::int64_t>(std::ranges::size(out));
    detail::add_targets(c, condition);
    if (c.code != status::ok || !detail::is_choice<element>(a, c.count) || !detail::is_choice<element>(b, c.count)) {
        return detail::failure(status::length);
    }
    const int options = c.options | (is_scalar_a ? EXACTLOSS_SCALAR_A : 0) | (is_scalar_b ? EXACTLOSS_SCALAR_B : 0);
    const int code =
        exactloss_where(options, c.targets, detail::choice_data<element>(a), detail::choice_data<element>(b),
                        static_cast<int>(sizeof(element)), c.count, std::ranges::data(out));
    return detail::outcome_of(code, exactloss_violation{});
}

/* ------------------------------------------------------------------------------------------------- the library -- */

/* Whether the library that this process runs with has the binary interface that this header was written for. */
[[nodiscard]] inline bool is_compatible() noexcept { return exactloss_abi_version() == EXACTLOSS_ABI_VERSION; }

/* The version of the library, and the instruction set whose kernels run; nullptr for an unknown EXACTLOSS_MAX_ISA. */
[[nodiscard]] inline const char *version() noexcept { return exactloss_version(); }
[[nodiscard]] inline const char *isa_name() noexcept { return exactloss_isa_name(); }

} // namespace exactloss

#endif

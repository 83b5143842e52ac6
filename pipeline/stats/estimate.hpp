#pragma once
// What every statistic returns: a number with its n, or the reason why there is none.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vrp::stats {

/// Remarks on a statistic. Their names (see `flag_names`) go into tables and JSON.
enum class Flag : std::uint32_t {
  empty = 1u << 0,          ///< "empty": no row was left
  single_class = 1u << 1,   ///< "single_class": every label is 0, or every label is 1
  constant = 1u << 2,       ///< "constant": the signal has one value only
  too_few = 1u << 3,        ///< "too_few": n below what the formula needs
  zero_variance = 1u << 4,  ///< "zero_variance": the estimator's variance is 0 (AUROC of 0 or 1)
  no_pairs = 1u << 5,       ///< "no_pairs": no correct/incorrect pair of one type
  skipped_replicates = 1u << 6,  ///< "skipped_replicates": over 1 % of the replicates undefined
  percentile_fallback =
      1u << 7,                ///< "percentile_fallback": BCa undefined, percentile given instead
  out_of_range = 1u << 8,     ///< "out_of_range": a value outside the range the statistic needs
  not_given = 1u << 9,        ///< "not_given": the column it needs (type, group) was not given
  skipped_strata = 1u << 10,  ///< "skipped_strata": strata without a defined value were left out
};

class Flags {
 public:
  Flags() = default;
  Flags(Flag flag) : bits_(static_cast<std::uint32_t>(flag)) {}  // NOLINT: a flag is a set of one
  Flags& operator|=(Flags other) {
    bits_ |= other.bits_;
    return *this;
  }
  friend Flags operator|(Flags a, Flags b) { return a |= b; }
  friend bool operator==(Flags a, Flags b) = default;
  bool has(Flag flag) const { return (bits_ & static_cast<std::uint32_t>(flag)) != 0; }
  bool any() const { return bits_ != 0; }
  std::uint32_t bits() const { return bits_; }

 private:
  std::uint32_t bits_ = 0;
};

/// Names of the flags set, in the order of the enumeration.
std::vector<std::string> flag_names(Flags flags);
/// The sentence for tables that says why a statistic with these flags is undefined, for example
/// "one class only"; "" without flags.
std::string flag_reason(Flags flags);

/// One statistic of one column. Numbers that do not exist are absent, never NaN.
struct Estimate {
  std::int64_t n = 0;               ///< rows used
  std::int64_t invalid = 0;         ///< rows left out: NaN value or no label
  std::optional<double> value;      ///< the table column `estimate`
  std::optional<double> low, high;  ///< interval at the level that was asked for
  std::optional<double> p;          ///< two-sided
  std::string method;               ///< how interval and p were made, for example "DeLong"
  Flags flags;
  std::optional<double> se;  ///< standard error of `value` on its own scale, if the method has one
  std::optional<double> df;  ///< degrees of freedom of p and interval; absent: normal or exact
  bool defined() const { return value.has_value(); }
  /// Why `value` is absent; "" when it is there.
  std::string reason() const { return defined() ? std::string() : flag_reason(flags); }
};

/// An interval by itself; both ends or neither.
struct Interval {
  std::optional<double> low, high;
  std::string method;           ///< "BCa over items", "percentile over groups", ...
  std::int64_t replicates = 0;  ///< defined replicates used; 0 for closed forms
  std::int64_t skipped = 0;     ///< replicates in which the statistic was undefined
  Flags flags;
  bool defined() const { return low.has_value(); }
};

constexpr double kLevel = 0.95;  ///< default level of every interval

}  // namespace vrp::stats

#pragma once
// Every printed number of the paper, as data: what it says, how exact it is, what it was measured
// on as far as anybody knows, and what of ours stands beside it. Source: arXiv 2606.17389, final
// version, and its early version where `early` is set (methods, sections 15 and 16).
#include <limits>
#include <span>
#include <string_view>

#include "stages/reduce/paper.hpp"
#include "stages/reduce/paper_notes.hpp"

namespace vrp {

/// How far a print can be held against a run.
enum class Print {
  as_named,    ///< it measured what its name says, as far as is known
  authors,     ///< another quantity, which profile `authors` computes
  elsewhere,   ///< another quantity, which no profile computes
  untestable,  ///< the paper says too little for any run to be held against it
};

/// Where profile `authors` has the printed quantity, when not under the cell's own names.
struct AuthorsPlace {
  std::string_view set, signal, statistic;  ///< "" = the cell's
};

struct PublishedCell {
  PaperFigure figure;  ///< value NaN: the print is no number ("> 0.05", "No", an interval)
  double low, high;    ///< the print read as the interval of its rounding, or as its range
  PaperNote note;      ///< definitions: ours and the print's
  Print print;
  AuthorsPlace authors;
  bool unverified = false;  ///< no source beyond the printed value
  bool early = false;       ///< the early version's
  std::string_view words;   ///< the quantity in words; "" = from signal and statistic
};

/// In the order of the paper's tables; a (table, model, set, signal, statistic) comes once.
std::span<const PublishedCell> published_cells();

/// The groups of published_cells(), one file each.
std::span<const PublishedCell> published_signals();  ///< T1 T3 T4 T7 T8
std::span<const PublishedCell> published_inside();   ///< T2 T5 T6 T9 T11
std::span<const PublishedCell> published_text();     ///< F3 F4 F5 A.4 A.6

/// Half a unit of the last printed digit.
constexpr double kExact = 0;             ///< a layer, a count
constexpr double kOneDigit = 0.05;       ///< 9.2 pp
constexpr double kTwoDigits = 0.005;     ///< 0.50
constexpr double kThreeDigits = 0.0005;  ///< 0.956, and 67.6 % as a share
constexpr double kWholePercent = 0.005;  ///< 15 % as a share

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// A number printed with an error of rounding of `half`.
constexpr PublishedCell printed_number(std::string_view table, std::string_view model,
                                       std::string_view set, std::string_view signal,
                                       std::string_view statistic, double value, double half,
                                       std::string_view printed, PaperNote note,
                                       Print print = Print::as_named) {
  return {{table, model, set, signal, statistic, value, printed},
          value - half,
          value + half,
          note,
          print,
          {},
          false,
          false,
          {}};
}

/// A print that is a range: an inequality, an interval, "4-6 %".
constexpr PublishedCell printed_range(std::string_view table, std::string_view model,
                                      std::string_view set, std::string_view signal,
                                      std::string_view statistic, double low, double high,
                                      std::string_view printed, PaperNote note,
                                      Print print = Print::as_named) {
  return {{table, model, set, signal, statistic, kNoNumber, printed},
          low,
          high,
          note,
          print,
          {},
          false,
          false,
          {}};
}

// Changes of a copy, so that a line of data stays a line.
constexpr PublishedCell unverified(PublishedCell cell) {
  cell.unverified = true;
  return cell;
}
constexpr PublishedCell early(PublishedCell cell) {
  cell.early = true;
  return cell;
}
constexpr PublishedCell in_words(PublishedCell cell, std::string_view words) {
  cell.words = words;
  return cell;
}
/// Profile `authors` has the quantity there.
constexpr PublishedCell authors_at(PublishedCell cell, AuthorsPlace place) {
  cell.print = Print::authors;
  cell.authors = place;
  return cell;
}

}  // namespace vrp

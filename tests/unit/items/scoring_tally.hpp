#pragma once
// What a run over scoring cases counts and prints.
#include <cmath>
#include <cstddef>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

struct Tally {
  static constexpr double kTolerance = 1e-9;
  std::size_t files = 0, cases = 0, checks = 0, wrong = 0;
  std::vector<std::string> unsupported;

  void expect(const std::string& where, const std::string& got, const std::string& want) {
    ++checks;
    if (got == want) return;
    ++wrong;
    std::cout << "DIFFERS " << where << ": got '" << got << "', expected '" << want << "'\n";
  }
  /// `got` empty = undefined = null in the file.
  void expect(const std::string& where, const std::optional<double>& got, const vrp::Json& want) {
    ++checks;
    const bool equal = want.is_null() ? !got.has_value()
                                      : got && want.is_number() &&
                                            std::abs(*got - want.get<double>()) <= kTolerance;
    if (equal) return;
    ++wrong;
    std::cout << "DIFFERS " << where << ": got " << (got ? std::to_string(*got) : "undefined")
              << ", expected " << want.dump() << "\n";
  }
};

/// One case with several human answers (`gt_answers`, `answers`): checks the column and returns
/// whether it is known: normalised, gt_normalised, gt_unanimous, accuracy, and with the prefixes
/// textvqa_, vlmevalkit_, lmms_eval_ normalised and accuracy.
bool check_vqa_column(const std::string& column, const vrp::Json& row, const std::string& where,
                      Tally& tally);
/// Aggregates over such cases: vqa_official {overall, perAnswerType, perQuestionType} in percent
/// with 2 decimals, and RULE_mean as fractions.
void check_vqa_aggregate(const std::string& file, const vrp::Json& document, Tally& tally);
/// The human answers of a case; empty when it has none.
std::vector<std::string> human_answers(const vrp::Json& row);

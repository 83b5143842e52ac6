#pragma once
// The arguments of vrp export.
#include <string>
#include <vector>

#include "pipeline/control/commands.hpp"

namespace vrp {

struct ExportOptions {
  std::string run;
  std::vector<std::string> signals, models, benchmarks;  ///< as given; empty = all
  std::vector<std::string> labels;                       ///< further scorers; "all" = the set's
  std::string scorer;                                    ///< of the column `label`; "" = primary
  std::string format = "csv", out;                       ///< csv | jsonl; "" = stdout
  bool long_form = false, answers = false, questions = false, paths = false;
  bool list = false, help = false;
  bool json_lines() const { return format == "jsonl"; }
};

/// Error (usage) on an unknown option, a missing value or options that exclude each other.
ExportOptions parse_export_options(const Arguments& arguments);
const char* export_help();

}  // namespace vrp

#pragma once
// The command line of vrp submit.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/control/commands.hpp"

namespace vrp {

struct SubmitOptions {
  std::vector<std::string> files;   ///< -C
  std::vector<std::string> stages;  ///< --stage
  std::vector<std::string> after;   ///< job ids
  std::vector<std::string> more;    ///< what stands behind --, for vrp-run
  std::string output_dir, site, array_by;
  std::int64_t nodes = 0;  ///< 0 = the site's default
  std::string time;        ///< "" = the site's default
  std::int64_t chain = 1;
  bool dry_run = false, write_only = false, help = false;
};

const char* submit_help();
/// Error (usage) for unknown options, values out of range, and options that exclude each other.
SubmitOptions parse_submit_options(const Arguments& arguments);

/// Seconds of a time limit as Slurm writes it: minutes, minutes:seconds, hours:minutes:seconds,
/// days-hours, days-hours:minutes, days-hours:minutes:seconds. Error (usage) for anything else and
/// for zero. Example: 1-12 is 129600, 90 is 5400.
std::int64_t slurm_seconds(const std::string& time);

/// `word` as bash reads it back, in single quotes where it needs them.
std::string shell_word(const std::string& word);
std::string shell_words(const std::vector<std::string>& words);

}  // namespace vrp

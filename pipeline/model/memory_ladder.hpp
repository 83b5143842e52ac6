#pragma once
// What is done when a pass runs out of memory: it is run again in smaller parts, and what was too
// much is remembered, so that later items of the same length do not run into it again. No torch
// here.
//
//   10 paths -> 5 -> 2 -> 1, then the prompt's rows through an MLP in parts, then the item fails
//
// Parts give the same bits as the whole where the operations' rows are independent (the CPU's own
// kernels). On an accelerator products of another number of rows may differ in their last bits: an
// item that had to be cut up then has other last bits than on a device with more memory.
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vrp {

/// Kinds of work with ceilings of their own.
enum class MemoryWork { answer, paths, questions, edits, losses, logits, lens };

/// How a pass is cut up.
struct MemoryRung {
  int batch = 1;          ///< paths, questions, edits, answers or rows of logits at once
  std::int64_t rows = 0;  ///< of a prompt or picture that are in an MLP at once; 0 = all
  bool keep = true;       ///< what questions about the same picture share is kept for the next
  bool operator==(const MemoryRung&) const = default;
};

class MemoryLadder {
 public:
  /// Where to begin with work on `most` things behind a prompt of `tokens`: below every ceiling
  /// that was found for this kind of work and prompts of this length or shorter ones.
  MemoryRung start(MemoryWork work, std::int64_t tokens, int most) const;

  /// The next rung down after `rung` was too much, while the prompt was run (`in_prompt`) or what
  /// comes after it; remembered. Nothing when there is none: the item has failed. From any rung
  /// there are at most log2(batch) + 4 more.
  std::optional<MemoryRung> down(MemoryWork work, std::int64_t tokens, int most,
                                 const MemoryRung& rung, bool in_prompt);

  /// One line for each ceiling found or lowered since the last call.
  std::vector<std::string> take_remarks();
  /// Each such line is also told at once, on the thread that ran out of memory.
  void tell_by(std::function<void(const std::string&)> tell) { tell_ = std::move(tell); }
  std::int64_t failed_tries() const { return failed_tries_; }

  /// Prompts of about the same length: steps of a quarter octave.
  static int bucket(std::int64_t tokens);

 private:
  struct Ceiling {
    int batch = 0;  ///< 0 = none found
    std::int64_t rows = 0;
    bool keep = true;
  };
  std::map<std::pair<MemoryWork, int>, Ceiling> ceilings_;
  std::vector<std::string> remarks_;
  std::function<void(const std::string&)> tell_;
  std::int64_t failed_tries_ = 0;
};

/// "paths: 5 of 10 at a time, 40 rows of the prompt at a time, nothing kept"
std::string rung_text(MemoryWork work, int most, const MemoryRung& rung);

}  // namespace vrp

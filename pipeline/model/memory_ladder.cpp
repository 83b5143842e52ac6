#include "pipeline/model/memory_ladder.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

constexpr std::int64_t kFewestRows = 8;  ///< below that a part costs more than it saves

const char* name_of(MemoryWork work) {
  switch (work) {
    case MemoryWork::answer:
      return "greedy answers";
    case MemoryWork::paths:
      return "sampled paths";
    case MemoryWork::questions:
      return "questions";
    case MemoryWork::edits:
      return "edits";
    case MemoryWork::losses:
      return "losses of answers";
    case MemoryWork::logits:
      return "logits";
    case MemoryWork::lens:
      return "rows of the logit lens";
  }
  return "";
}

/// The prompt's rungs: a quarter of its rows at a time, then nothing kept, then a sixteenth.
std::optional<MemoryRung> cut_prompt(MemoryRung rung, std::int64_t tokens) {
  const std::int64_t quarter = std::max(kFewestRows, (tokens + 3) / 4);
  const std::int64_t sixteenth = std::max(kFewestRows, (tokens + 15) / 16);
  const auto smaller = [&](std::int64_t rows) {
    return rows < tokens && (rung.rows == 0 || rows < rung.rows);
  };
  if (rung.rows == 0 && smaller(quarter)) {
    rung.rows = quarter;
  } else if (rung.keep) {
    rung.keep = false;
  } else if (smaller(sixteenth)) {
    rung.rows = sixteenth;
  } else {
    return std::nullopt;
  }
  return rung;
}

}  // namespace

int MemoryLadder::bucket(std::int64_t tokens) {
  return tokens < 1 ? 0
                    : static_cast<int>(std::ceil(4 * std::log2(static_cast<double>(tokens)))) + 1;
}

MemoryRung MemoryLadder::start(MemoryWork work, std::int64_t tokens, int most) const {
  MemoryRung rung{most, 0, true};
  for (auto at = ceilings_.lower_bound({work, 0});
       at != ceilings_.end() && at->first.first == work && at->first.second <= bucket(tokens);
       ++at) {
    const Ceiling& ceiling = at->second;
    if (ceiling.batch > 0) rung.batch = std::min(rung.batch, ceiling.batch);
    if (ceiling.rows > 0)
      rung.rows = rung.rows == 0 ? ceiling.rows : std::min(rung.rows, ceiling.rows);
    rung.keep = rung.keep && ceiling.keep;
  }
  return rung;
}

std::optional<MemoryRung> MemoryLadder::down(MemoryWork work, std::int64_t tokens, int most,
                                             const MemoryRung& rung, bool in_prompt) {
  ++failed_tries_;
  std::optional<MemoryRung> next = rung;
  const bool has_prompt = work != MemoryWork::lens;
  if (rung.batch > 1 && !(in_prompt && has_prompt)) {
    next->batch = rung.batch / 2;
  } else if (!has_prompt) {
    next.reset();
  } else {
    next = cut_prompt(rung, tokens);
    if (!next && rung.batch > 1) {
      next = rung;
      next->batch = rung.batch / 2;
    }
  }
  if (!next) return next;
  Ceiling& ceiling = ceilings_[{work, bucket(tokens)}];
  if (next->batch < most) ceiling.batch = next->batch;
  ceiling.rows = next->rows;
  ceiling.keep = next->keep;
  remarks_.push_back(concat("out of memory behind ", tokens, " tokens, from now on ",
                            rung_text(work, most, *next)));
  if (tell_) tell_(remarks_.back());
  return next;
}

std::vector<std::string> MemoryLadder::take_remarks() { return std::exchange(remarks_, {}); }

std::string rung_text(MemoryWork work, int most, const MemoryRung& rung) {
  std::string text = concat(name_of(work), ": ", rung.batch, " of ", most, " at a time");
  if (rung.rows > 0) text += concat(", ", rung.rows, " rows of the prompt at a time");
  if (!rung.keep) text += ", nothing kept for the next question";
  return text;
}

}  // namespace vrp

#include "pipeline/items/set_fill.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_set>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%g %%", std::round(share * 1e6) / 1e4);
  return text;
}

/// floor(share * wanted), at least 1; 1e-9 absorbs the rounding of shares such as 0.08 + 0.02.
std::int64_t cap_of(double share, std::int64_t wanted) {
  const double cap = std::floor(share * static_cast<double>(wanted) + 1e-9);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(cap));
}

class Filler {
 public:
  Filler(std::vector<Stratum> strata, const FillRules& rules)
      : strata_(std::move(strata)), rules_(rules) {
    for (Stratum& stratum : strata_) {
      total_ += stratum.wanted;
      std::sort(stratum.candidates.begin(), stratum.candidates.end(),
                [](const Candidate& a, const Candidate& b) {
                  return std::tie(a.ticket, a.image, a.cap) < std::tie(b.ticket, b.image, b.cap);
                });
    }
    out_.payloads.resize(strata_.size());
  }

  Filled run() {
    std::vector<std::size_t> order(strata_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return strata_[a].candidates.size() < strata_[b].candidates.size();
    });
    for (const std::size_t s : order) fill_stratum(s);
    return std::move(out_);
  }

 private:
  void fill_stratum(std::size_t s) {
    const Stratum& stratum = strata_[s];
    auto& taken = out_.payloads[s];
    std::map<std::string, std::int64_t> counts;
    double relaxed = 0;
    while (static_cast<std::int64_t>(taken.size()) < stratum.wanted) {
      std::map<std::string, double> blocked;  // caps that held a candidate back, with their shares
      for (const Candidate& c : stratum.candidates) {
        if (static_cast<std::int64_t>(taken.size()) == stratum.wanted) break;
        if (c.vetoed || used_.contains(c.image)) continue;
        const double share = c.share + relaxed;
        const bool full = counts[c.cap] >= cap_of(share, stratum.wanted) ||
                          (rules_.cap_the_set && set_counts_[c.cap] >= cap_of(share, total_));
        if (full) {
          blocked[c.cap] = c.share;
          continue;
        }
        ++counts[c.cap];
        ++set_counts_[c.cap];
        used_.insert(c.image);
        taken.push_back(c.payload);
      }
      if (static_cast<std::int64_t>(taken.size()) == stratum.wanted) return;
      if (blocked.empty()) break;
      relaxed += rules_.step;
      log_relaxed(stratum, taken.size(), relaxed, blocked);
    }
    if (static_cast<std::int64_t>(taken.size()) < stratum.wanted) {
      out_.shortages.push_back(concat("stratum '", stratum.name, "': ", taken.size(), " of ",
                                      stratum.wanted, " found among ", stratum.candidates.size(),
                                      " candidates"));
    }
  }

  void log_relaxed(const Stratum& stratum, std::size_t taken, double relaxed,
                   const std::map<std::string, double>& blocked) {
    std::map<double, std::string> by_share;  // one example per size of cap
    for (const auto& [cap, share] : blocked) by_share.emplace(share, cap);
    std::string caps;
    for (const auto& [share, cap] : by_share) {
      caps += concat(caps.empty() ? "" : ", ", percent(share), " -> ", percent(share + relaxed),
                     " (", cap, by_share.size() < blocked.size() ? " and others" : "", ")");
    }
    out_.log.push_back(concat("stratum '", stratum.name, "': ", taken, " of ", stratum.wanted,
                              " within the caps, raised: ", caps));
  }

  std::vector<Stratum> strata_;
  FillRules rules_;
  std::int64_t total_ = 0;
  std::unordered_set<std::int64_t> used_;
  std::map<std::string, std::int64_t> set_counts_;
  Filled out_;
};

}  // namespace

Filled fill(std::vector<Stratum> strata, const FillRules& rules) {
  return Filler(std::move(strata), rules).run();
}

std::vector<std::size_t> interleave(const Filled& filled) {
  std::vector<std::size_t> out;
  std::size_t longest = 0;
  for (const auto& payloads : filled.payloads) longest = std::max(longest, payloads.size());
  for (std::size_t i = 0; i < longest; ++i) {
    for (const auto& payloads : filled.payloads) {
      if (i < payloads.size()) out.push_back(payloads[i]);
    }
  }
  return out;
}

}  // namespace vrp

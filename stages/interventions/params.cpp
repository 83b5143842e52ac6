#include "stages/interventions/params.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/config/fields.hpp"

namespace vrp {
namespace {

void require_words(const char* field, const std::vector<std::string>& values,
                   const std::vector<std::string>& known) {
  std::set<std::string> seen;
  for (const std::string& value : values) {
    if (std::ranges::find(known, value) == known.end()) {
      fail_usage("[interventions] ", field, " has '", excerpt(value), "', expected ",
                 join(known, ", "));
    }
    if (!seen.insert(value).second) {
      fail_usage("[interventions] ", field, " lists '", value, "' twice");
    }
  }
}

void require_operations(const char* field, const std::vector<std::string>& values) {
  std::set<std::string> seen;
  for (const std::string& value : values) {
    double number = 0;
    if (value != "zero" && value != "mean" &&
        !(parse_field(value, number) && std::isfinite(number))) {
      fail_usage("[interventions] ", field, " has '", excerpt(value),
                 "', expected zero, mean or a number");
    }
    if (!seen.insert(value).second) {
      fail_usage("[interventions] ", field, " lists '", value, "' twice");
    }
  }
}

void require_least(const char* field, int value, int least) {
  if (value < least) {
    fail_usage("[interventions] ", field, " is ", value, ", expected at least ", least);
  }
}

void require_ids(const char* field, const std::vector<std::string>& ids) {
  std::set<int> seen;
  for (const std::string& text : ids) {
    int id = -1;
    if (!parse_field(text, id) || id < 0) {
      fail_usage("[interventions] ", field, " has '", excerpt(text), "', expected neurons >= 0");
    }
    if (!seen.insert(id).second) fail_usage("[interventions] ", field, " lists ", id, " twice");
  }
}

/// "12.5%" as 0.125; negative when it is no share.
double share_of(const std::string& text) {
  double percent = -1;
  if (!text.ends_with('%') || !parse_field(text.substr(0, text.size() - 1), percent) ||
      !(percent >= 0 && percent <= 100)) {
    return -1;
  }
  return percent / 100;
}

}  // namespace

int layer_of(const std::string& field, const std::string& text, int layers) {
  int number = 0;
  if (const double share = share_of(text); share >= 0) {
    return static_cast<int>(std::lround(share * (layers - 1)));
  }
  if (!parse_field(text, number) || number < -layers || number >= layers) {
    fail_usage("[interventions] ", field, " is '", excerpt(text), "', expected a block from 0 to ",
               layers - 1, ", from the end -1 to -", layers, ", or a share 0% to 100%");
  }
  return number < 0 ? layers + number : number;
}

int neurons_of(const std::string& field, const std::string& text, int width) {
  int number = 0;
  if (const double share = share_of(text); share > 0) {
    return std::max(1, static_cast<int>(std::lround(share * width)));
  }
  if (!parse_field(text, number) || number < 1 || number > width) {
    fail_usage("[interventions] ", field, " is '", excerpt(text), "', expected 1 to ", width,
               " neurons for this model, or a share up to 100%");
  }
  return number;
}

void check(const InterventionsParams& p) {
  require_least("items", p.items, 0);
  require_words("masks", p.masks, {"pixel", "embed", "attn"});
  require_words("mask_targets", p.mask_targets,
                {"high", "low", "random", "block", "region", "outside"});
  require_words("mask_scores", {p.mask_scores}, {"map", "last_first"});
  require_words("site", {p.site}, {"mlp_out", "mlp_act"});
  require_words("scope", {p.scope}, {"all", "last", "last_prompt"});
  if (!(p.mask_share > 0 && p.mask_share < 1)) {
    fail_usage("[interventions] mask_share is ", p.mask_share, ", expected a share in (0, 1)");
  }
  require_operations("single_operations", p.single_operations);
  require_operations("top_operations", p.top_operations);
  require_ids("ids", p.ids);
  require_ids("random_ids", p.random_ids);
  for (const auto& [field, value] : {std::pair{"mask_draws", p.mask_draws},
                                     {"random_draws", p.random_draws},
                                     {"scaled_draws", p.scaled_draws},
                                     {"memory_mb", p.memory_mb}}) {
    require_least(field, value, 1);
  }
  for (const auto& [field, value] :
       {std::pair{"singles", p.singles}, {"random", p.random}, {"sweep_draws", p.sweep_draws}}) {
    require_least(field, value, 0);
  }
  constexpr int kAnyModel = 1 << 20;
  layer_of("layer", p.layer, kAnyModel);
  for (const std::string& text : p.sweep) layer_of("sweep", text, kAnyModel);
  for (const std::string& text : p.scaled) neurons_of("scaled", text, kAnyModel);
  std::set<int> sizes;
  for (const std::string& text : p.tops) {
    int number = 0;
    if (!parse_field(text, number) || number < 1 || !sizes.insert(number).second) {
      fail_usage("[interventions] tops has '", excerpt(text),
                 "', expected different numbers of neurons, >= 1");
    }
  }
  if (p.site == "mlp_act" && p.ids.empty() && (p.singles > 0 || !p.tops.empty())) {
    fail_usage(
        "[interventions] site = mlp_act needs ids, since the probe's neurons are of "
        "mlp_out; or singles = 0 and no tops");
  }
  const auto has_mean = [](const std::vector<std::string>& operations) {
    return std::ranges::find(operations, "mean") != operations.end();
  };
  if (!p.ids.empty() && (has_mean(p.single_operations) || has_mean(p.top_operations))) {
    fail_usage(
        "[interventions] mean takes the training means of the probe's neurons, expected no "
        "ids, or operations without mean");
  }
}

}  // namespace vrp

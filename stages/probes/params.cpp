#include "stages/probes/params.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/config/fields.hpp"

namespace vrp {
namespace {

const std::vector<std::string> kFits = {"hidden_mlp", "hidden_linear", "last5",
                                        "contrib12",  "sparse",        "fusion",
                                        "attention",  "stress",        "heads"};
const std::vector<std::string> kControls = {"shuffle",    "type_only",    "length_only",
                                            "blank",      "residualised", "duplicates",
                                            "max_cosine", "authors_split"};

void require_in(const char* field, double value, double low, double high, bool open_low = false) {
  if (value <= high && (open_low ? value > low : value >= low)) return;
  fail_usage("[probes] ", field, " is ", value, ", expected ", open_low ? "(" : "[", low, ", ",
             high, "]");
}

void require_one_of(const char* field, const std::string& value,
                    const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
  fail_usage("[probes] ", field, " is '", excerpt(value),
             "', expected one of: ", join(allowed, ", "));
}

void check_nets(const ProbesParams& params) {
  require_in("mlp_width", params.mlp_width, 1, 1 << 20);
  require_in("mlp_epochs", params.mlp_epochs, 1, 1e6);
  require_in("mlp_batch", params.mlp_batch, 1, 1e6);
  require_in("learning_rate", params.learning_rate, 0, 1, true);
  require_in("net_seeds", params.net_seeds, 1, 1000);
  require_in("attention_epochs", params.attention_epochs, 1, 1e6);
  require_in("attention_batch", params.attention_batch, 1, 1e6);
  if (!(params.attention_dropout >= 0 && params.attention_dropout < 1))
    fail_usage("[probes] attention_dropout is ", params.attention_dropout, ", expected [0, 1)");
  attention_widths(params);
}

void check_trees_and_heads(const ProbesParams& params) {
  require_in("stress_folds", params.stress_folds, 2, 100);
  require_in("stress_degree", params.stress_degree, 1, 2);
  require_one_of("stress_features", params.stress_features, {"default", "authors"});
  if (params.stress_features == "authors")
    fail_usage(
        "[probes] stress_features = authors: strength and entropy over all keys and queries need "
        "attention over all keys, of which capture keeps the image tokens only; expected default");
  require_one_of("stress_ensemble", params.stress_ensemble, {"mean", "stacking"});
  require_in("boosted_trees", params.boosted_trees, 1, 1e5);
  require_in("boosted_depth", params.boosted_depth, 1, 64);
  require_in("boosted_rate", params.boosted_rate, 0, 1, true);
  require_in("forest_trees", params.forest_trees, 1, 1e5);
  require_in("forest_depth", params.forest_depth, 1, 64);
  for (const std::string& k : params.heads) {
    int value = 0;
    if (!parse_field(k, value) || value < 1)
      fail_usage("[probes] heads has '", excerpt(k), "', expected integers >= 1");
  }
  require_one_of("heads_form", params.heads_form, {"mean_gain", "authors"});
}

}  // namespace

void check(const ProbesParams& params) {
  for (const std::string& fit : params.fits) require_one_of("fits", fit, kFits);
  for (const std::string& control : params.controls) require_one_of("controls", control, kControls);
  require_one_of("position", params.position, {"first", "last"});
  require_in("outer_folds", params.outer_folds, 2, 100);
  require_in("inner_folds", params.inner_folds, 2, 100);
  require_in("layers_per_part", params.layers_per_part, 1, 1000);
  require_in("shuffles_linear", params.shuffles_linear, 0, 100000);
  require_in("shuffles_sparse", params.shuffles_sparse, 0, 100000);
  require_in("shuffles_net", params.shuffles_net, 0, 100000);
  require_in("draws_per_part", params.draws_per_part, 1, 100000);
  linear_cs(params);
  require_in("fusion_c", params.fusion_c, 0, 1e6, true);
  require_one_of("sparse_form", params.sparse_form, {"sum", "lambda"});
  require_in("sparse_c", params.sparse_c, 0, 1e6, true);
  require_in("top_variance", params.top_variance, 0, 1e9);
  require_in("nonzero_above", params.nonzero_above, 0, 1e6);
  require_one_of("neuron_ranking", params.neuron_ranking, {"weight", "delta"});
  require_in("neurons_kept", params.neurons_kept, 1, 1e6);
  require_in("delta_bins", params.delta_bins, 1, 1e6);
  require_in("memory_mb", params.memory_mb, 0, 1e9);
  check_nets(params);
  check_trees_and_heads(params);
}

std::vector<double> linear_cs(const ProbesParams& params) {
  std::vector<std::string> words;
  parse_field(params.linear_c, words);
  std::vector<double> values;
  for (const std::string& word : words) {
    double value = 0;
    if (!parse_field(word, value) || !(value > 0 && value <= 1e6))
      fail_usage("[probes] linear_c has '", excerpt(word), "', expected numbers in (0, 1e+06]");
    values.push_back(value);
  }
  if (values.empty()) fail_usage("[probes] linear_c is empty, expected numbers in (0, 1e+06]");
  std::sort(values.begin(), values.end());
  return values;
}

std::vector<int> attention_widths(const ProbesParams& params) {
  std::vector<std::string> words;
  parse_field(params.attention_widths, words);
  std::vector<int> widths;
  for (const std::string& word : words) {
    int value = 0;
    if (!parse_field(word, value) || value < 1)
      fail_usage("[probes] attention_widths has '", excerpt(word), "', expected integers >= 1");
    widths.push_back(value);
  }
  if (widths.empty())
    fail_usage("[probes] attention_widths is empty, expected hidden widths such as 1024 512");
  return widths;
}

bool fits_probe(const ProbesParams& params, const std::string& probe) {
  return std::find(params.fits.begin(), params.fits.end(), probe) != params.fits.end();
}

bool has_control(const ProbesParams& params, const std::string& control) {
  return std::find(params.controls.begin(), params.controls.end(), control) !=
         params.controls.end();
}

}  // namespace vrp

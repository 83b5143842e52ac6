#include "stages/probes/parts.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "stages/probes/probes.hpp"

namespace vrp {
namespace {

void add_layers(std::vector<ProbePart>& out, const std::string& probe, const std::string& variant,
                int layers, int each) {
  for (int first = 0; first < layers; first += each)
    out.push_back(
        {probe, variant, ProbePart::Kind::layers, first, std::min(first + each, layers) - 1});
}

void add_shuffles(std::vector<ProbePart>& out, const std::string& probe, int draws, int each) {
  for (int first = 0; first < draws; first += each)
    out.push_back({probe, "", ProbePart::Kind::shuffle, first, std::min(first + each, draws) - 1});
}

int shuffles_of(const ProbesParams& params, const std::string& probe) {
  if (!has_control(params, "shuffle")) return 0;
  if (probe == "hidden_mlp" || probe == "attention" || (probe == "last5" && params.last5_mlp))
    return params.shuffles_net;
  return probe == "sparse" ? params.shuffles_sparse : params.shuffles_linear;
}

}  // namespace

std::string ProbePart::name() const {
  const std::string stem = variant.empty() ? probe : probe + "_" + variant;
  if (kind == Kind::whole) return stem;
  return stem + (kind == Kind::layers ? ".b" : ".shuffle") + std::to_string(first) + "-" +
         std::to_string(last);
}

std::vector<ProbePart> probe_parts(const ProbesParams& params, int layers) {
  std::vector<ProbePart> out;
  for (const char* probe : {"hidden_mlp", "hidden_linear", "sparse"}) {
    if (!fits_probe(params, probe)) continue;
    add_layers(out, probe, "", layers, params.layers_per_part);
    if (std::string(probe) != "sparse")
      for (const char* variant : {"blank", "residualised"})
        if (has_control(params, variant))
          add_layers(out, probe, variant, layers, params.layers_per_part);
    add_shuffles(out, probe, shuffles_of(params, probe), params.draws_per_part);
  }
  for (const char* probe : {"last5", "contrib12", "attention"}) {
    if (!fits_probe(params, probe)) continue;
    out.push_back({probe, "", ProbePart::Kind::whole, 0, 0});
    add_shuffles(out, probe, shuffles_of(params, probe), params.draws_per_part);
  }
  for (const char* probe : {"stress", "heads"})
    if (fits_probe(params, probe)) out.push_back({probe, "", ProbePart::Kind::whole, 0, 0});
  return out;
}

ProbePart find_part(const ProbesParams& params, int layers, const std::string& name) {
  const std::vector<ProbePart> parts = probe_parts(params, layers);
  for (const ProbePart& part : parts)
    if (part.name() == name) return part;
  std::vector<std::string> names;
  for (const ProbePart& part : parts) names.push_back(part.name());
  fail("probe_fits: no part '", excerpt(name), "', expected one of: ", join(names, ", "));
}

std::vector<std::string> fit_parts(const ProbesParams& params, int layers) {
  std::vector<std::string> names;
  for (const ProbePart& part : probe_parts(params, layers)) names.push_back(part.name());
  return names;
}

}  // namespace vrp

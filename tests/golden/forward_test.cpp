// The forward pass against the reference: every case of every supported family in the golden
// folder.
//
// VRP_TEST_DEVICE=cuda runs them there (golden_forward_gpu), in fp32 and in bf16; otherwise the
// CPU's kernels and both ways of a GPU on the CPU.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/parity/golden_case.hpp"
#include "tests/golden/golden_file.hpp"
#include "tests/unit/model/ways.hpp"

using namespace vrp;
using namespace vrp::golden;

namespace {

/// What a GPU's libraries might make of fp32: TF32's 10 bits would not pass these tolerances.
std::vector<ModelOptions> ways() {
  std::vector<ModelOptions> ways;
  const std::string device = test::device_or_cpu();
  for (const char* dtype : {"fp32", "bf16"}) {
    for (const std::string& kernels : test::kernels_of(device)) {
      if (std::string_view(dtype) == "bf16" && device == "cpu" && kernels == "auto") continue;
      ways.push_back({device, dtype, 1, kernels});
    }
  }
  return ways;
}

}  // namespace

TEST_CASE("the forward pass agrees with the reference in every golden case", "[golden]") {
  int cases = 0, not_supported = 0;
  for (const Family& family : families()) {
    const auto type = json_text(read_json(family.checkpoint / "config.json"), "model_type",
                                family.checkpoint.string());
    const GoldenFile file(family.golden);
    const auto names = file.list("cases");
    if (std::ranges::find(supported_families(), type) == supported_families().end()) {
      std::cout << family.name << ": " << names.size() << " cases not supported (family " << type
                << ")\n";
      not_supported += static_cast<int>(names.size());
      continue;
    }
    cases += static_cast<int>(names.size());
    for (const ModelOptions& way : ways()) {
      const Model model = Model::load(family.checkpoint, way);
      const Tolerances allowed = way.dtype == "bf16" ? bf16_tolerances() : Tolerances{};
      Tally tally;
      for (const std::string& name : names) {
        const Fixtures fixtures{family.checkpoint, golden_folder() / "images"};
        compare_case(model, fixtures, file, name, tally, allowed);
      }
      const std::string who =
          concat(family.name, ", ", way.device, ", kernels ", way.kernels, ", ", way.dtype);
      std::cout << who << ": " << names.size() << " cases\n";
      tally.print(std::cout);
      for (const std::string& line : tally.failures()) FAIL_CHECK(who << ": " << line);
      CHECK(tally.failures().empty());
    }
  }
  std::cout << "golden forward: " << cases << " cases run, " << not_supported
            << " cases not supported\n";
  CHECK(cases > 0);
}

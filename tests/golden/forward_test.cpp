// The forward pass against the reference: every case of every supported family in the golden
// folder.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>

#include "pipeline/base/json.hpp"
#include "pipeline/parity/golden_case.hpp"
#include "tests/golden/golden_file.hpp"

using namespace vrp;
using namespace vrp::golden;

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
    // The project's own kernels, libtorch's, and the way that GPUs take.
    for (const char* kernels : {"auto", "aten", "device"}) {
      const Model model = Model::load(family.checkpoint, {"cpu", "fp32", 1, kernels});
      Tally tally;
      for (const std::string& name : names) {
        const Fixtures fixtures{family.checkpoint, golden_folder() / "images"};
        compare_case(model, fixtures, file, name, tally);
      }
      std::cout << family.name << ", kernels " << kernels << ": " << names.size() << " cases\n";
      tally.print(std::cout);
      for (const std::string& line : tally.failures()) FAIL_CHECK(family.name << "/" << line);
      CHECK(tally.failures().empty());
    }
  }
  std::cout << "golden forward: " << cases << " cases run, " << not_supported
            << " cases not supported\n";
  CHECK(cases > 0);
}

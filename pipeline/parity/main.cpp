// vrp-parity CHECKPOINT FIXTURES: the forward pass beside the reference's numbers. FIXTURES holds
// golden.h5 and images/ (or lies beside images/). Exit code 4 when something differs.
#include <cstdio>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/parity/golden_case.hpp"

namespace {

namespace fs = std::filesystem;
using namespace vrp;
using namespace vrp::golden;

int run(const fs::path& checkpoint, const fs::path& folder) {
  const GoldenFile file(folder / "golden.h5");
  const bool inside = fs::is_directory(folder / "images");
  const Fixtures fixtures{checkpoint, (inside ? folder : folder / "..") / "images"};
  const Model model = Model::load(checkpoint, {"cpu", "fp32", 1, "auto"});
  Tally tally;
  const auto names = file.list("cases");
  for (const std::string& name : names) compare_case(model, fixtures, file, name, tally);
  tally.print(std::cout);
  for (const std::string& line : tally.failures()) std::cout << "  differs: " << line << "\n";
  std::cout << "parity: " << names.size() << " cases, " << tally.failures().size()
            << " differences\n";
  return static_cast<int>(tally.failures().empty() ? ExitCode::complete : ExitCode::difference);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) fail_usage("vrp-parity takes two folders: CHECKPOINT FIXTURES");
    return run(argv[1], argv[2]);
  } catch (const Error& error) {
    std::fprintf(stderr, "vrp-parity: %s\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vrp-parity: internal error: %s\n", error.what());
    return static_cast<int>(ExitCode::internal);
  }
}

// Time and memory of a made-up cell: every part, then the join; prints seconds of each and the
// largest resident size.   probes_cost ITEMS LAYERS WIDTH MEMORY_MB [key=value ...]
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include "pipeline/config/fields.hpp"
#include "tests/unit/probes_cell.hpp"

namespace {

long peak_kb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::stol(line.substr(6));
  return -1;
}

void set(vrp::ProbesParams& params, const std::string& setting) {
  const std::string name = setting.substr(0, setting.find('=')),
                    text = setting.substr(setting.find('=') + 1);
  bool known = false;
  params.fields([&](const char* field, auto& value, const char*) {
    if (name == field) known = vrp::parse_field(text, value);
  });
  if (!known) vrp::fail_usage("no such setting: ", setting);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace vrp;
  if (argc < 5) return 2;
  testing::CellPlan plan;
  plan.items = std::stoul(argv[1]);
  plan.layers = std::stoi(argv[2]);
  plan.width = std::stol(argv[3]);
  ProbesParams params;
  params.memory_mb = std::stoi(argv[4]);
  try {
    for (int i = 5; i < argc; ++i) set(params, argv[i]);
    testing::ProbeCell cell(plan);
    const auto since = [begin = std::chrono::steady_clock::now()] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    double last = since();
    const auto lap = [&](const std::string& what) {
      std::printf("%-32s %8.3f s\n", what.c_str(), since() - last);
      last = since();
    };
    for (std::size_t first = 0; first < plan.items; first += plan.unit)
      cell.capture(first, std::min(plan.items, first + plan.unit));
    lap("(making the records once)");
    for (const std::string& part : fit_parts(params, plan.layers)) {
      cell.finished["probe_fits"].push_back(fit_part(cell.input(), part, params));
      lap(part);
    }
    join_probes(cell.input(), params);
    lap("join");
    std::printf("total %.3f s\npeak_kb %ld\n", since(), peak_kb());
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
  return 0;
}

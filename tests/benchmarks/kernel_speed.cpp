// vrp-kernel-bench [--quick] [--json] [--threads N] [--rounds N]: every CPU kernel of the forward
// pass and of the metrics against what this machine reaches in the same run: reading a large array,
// copying as much, a large matrix product. tools/bench runs it; with --quick, sizes are small and
// its numbers mean nothing.
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <charconv>
#include <cstdio>
#include <iostream>

#include "kernels/panel_product.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "tests/benchmarks/speed.hpp"

namespace {

using namespace vrp;
using namespace vrp::speed;

struct Options {
  Effort effort;
  int threads = 1;
  bool json = false;
};

int number(const std::string& option, const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1) {
    fail_usage(option, " '", text, "', expected a number from 1");
  }
  return value;
}

Options parse(int argc, char** argv) {
  Options options;
  const std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = [&] {
      if (i + 1 == words.size()) fail_usage(words[i], " needs a number");
      return number(words[i], words[i + 1]);
    };
    if (words[i] == "--quick") {
      options.effort = {1, 0.001, 192, 16, 1, true};
    } else if (words[i] == "--json") {
      options.json = true;
    } else if (words[i] == "--threads") {
      options.threads = value();
      ++i;
    } else if (words[i] == "--rounds") {
      options.effort.rounds = value();
      ++i;
    } else {
      fail_usage("unknown argument '", words[i],
                 "', expected --quick, --json, --threads N or --rounds N");
    }
  }
  return options;
}

Json as_json(const Row& row) {
  Json out = {{"name", row.name},   {"seconds", row.seconds},
              {"limit", row.limit}, {"limit_seconds", row.limit_seconds},
              {"share", row.share}, {"read_share", row.read_share}};
  if (!row.what.empty()) {
    out["per_second"] = row.count / row.seconds;
    out["what"] = row.what;
  }
  return out;
}

void print(const Row& row) {
  std::printf("%-44s %12.3f us  %-12s %10.3f us  %6.1f %%", row.name.c_str(), row.seconds * 1e6,
              row.limit.c_str(), row.limit_seconds * 1e6, row.share * 100);
  if (!row.what.empty()) {
    std::printf("  %.0f %s/s", row.count / row.seconds, row.what.c_str());
  }
  std::printf("\n");
  std::fflush(stdout);
}

const char* name_of(Instructions instructions) {
  return instructions == Instructions::plain  ? "plain"
         : instructions == Instructions::avx2 ? "avx2"
                                              : "avx512";
}

void run(const Options& options) {
  at::set_num_threads(options.threads);
  const c10::InferenceMode inference;
  const Machine machine(options.effort);
  Seen seen;
  Json rows = Json::array();
  for (const auto& make : {prefill_products, decode_products, decode_attention, prefill_attention,
                           row_operations, vocabulary_rows, picture_and_maps}) {
    for (const Row& row : measure(options.effort, machine, make, seen)) {
      if (!options.json) print(row);
      rows.push_back(as_json(row));
    }
  }
  const Limits limits{median(seen.read) / 1e9, median(seen.copy) / 1e9, median(seen.product) / 1e9};
  if (options.json) {
    std::cout << Json{{"threads", options.threads},
                      {"rounds", options.effort.rounds},
                      {"quick", options.effort.quick},
                      {"instructions", name_of(best_instructions())},
                      {"limits",
                       {{"read_gb_s", limits.read_gb_s},
                        {"copy_gb_s", limits.copy_gb_s},
                        {"product_gflop_s", limits.product_gflop_s}}},
                      {"rows", rows}}
              << "\n";
  } else {
    std::printf("%d threads, %s: read %.1f GB/s, copy %.1f GB/s, product %.1f Gflop/s\n",
                options.threads, name_of(best_instructions()), limits.read_gb_s, limits.copy_gb_s,
                limits.product_gflop_s);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(argc, argv));
    return 0;
  } catch (const vrp::Error& error) {
    std::cerr << "vrp-kernel-bench: " << error.what() << "\n";
    return static_cast<int>(error.code());
  }
}

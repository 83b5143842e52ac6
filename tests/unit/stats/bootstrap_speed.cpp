// What tools/bench --bootstrap times: replicates of AUROC and R of many signals over groups.
//   bootstrap_speed FOLDER ROWS SIGNALS REPLICATES PART PARTS
// FOLDER holds label.i8 [ROWS], group.i32 [ROWS] and signals.f64 [>= SIGNALS, ROWS], raw. This
// process makes its part of the replicates, and prints a JSON object: seconds by the clock and of
// the processor, the size of the results, a checksum that adds up over parts, and for one part the
// percentile intervals.
#include <bit>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/stats/bootstrap.hpp"
#include "pipeline/stats/signal_bootstrap.hpp"

using namespace vrp::stats;

namespace {

template <class T>
std::vector<T> column(const std::string& path, std::size_t rows, std::size_t skip = 0) {
  std::vector<T> out(rows);
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(skip * sizeof(T)));
  const auto bytes = static_cast<std::streamsize>(rows * sizeof(T));
  if (!file.read(reinterpret_cast<char*>(out.data()), bytes)) {
    throw vrp::Error(vrp::ExitCode::bad_input,
                     vrp::concat(path, ": holds fewer than ", rows, " rows"));
  }
  return out;
}

struct Clock {
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::clock_t processor = std::clock();
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  double processor_seconds() const {
    return static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
  }
};

// Sum over replicates of a hash of (replicate, bits): the same for any division into parts.
std::uint64_t checksum(const std::vector<double>& values, std::int64_t first) {
  std::uint64_t sum = 0;
  for (std::size_t k = 0; k < values.size(); ++k) {
    std::uint64_t h = std::bit_cast<std::uint64_t>(values[k]) +
                      0x9e3779b97f4a7c15u * (static_cast<std::uint64_t>(first) + k + 1);
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
    sum += h ^ (h >> 31);
  }
  return sum;
}

// Largest resident memory of this program; getrusage's would count its parent's before exec.
double peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  throw vrp::Error(vrp::ExitCode::internal, "/proc/self/status has no line VmHWM");
}

vrp::Json interval(const std::vector<double>& replicates) {
  const Interval i = percentile_interval(replicates, "groups");
  return {*i.low, *i.high};
}

void measure(const std::string& folder, std::size_t rows, std::size_t signals,
             std::int64_t replicates, int part, int parts) {
  const auto label = column<std::int8_t>(folder + "/label.i8", rows);
  const auto group = column<std::int32_t>(folder + "/group.i32", rows);
  std::vector<Signal> columns;
  for (std::size_t s = 0; s < signals; ++s) {
    columns.push_back({"s", column<double>(folder + "/signals.f64", rows, s * rows)});
  }
  const Clock planning;
  const SignalBootstrap bootstrap(columns, label, {}, group_units(group));
  const double plan_s = planning.seconds(), plan_processor_s = planning.processor_seconds();
  const ReplicateRange range = replicate_block(replicates, part, parts);
  const Clock running;
  const auto drawn = bootstrap.replicate(bootstrap_key(1, "speed"), range);
  vrp::Json out = {{"replicates", range.count},
                   {"plan_s", plan_s},
                   {"plan_processor_s", plan_processor_s},
                   {"replicates_s", running.seconds()},
                   {"replicates_processor_s", running.processor_seconds()}};
  std::uint64_t sum = 0;
  for (const SignalReplicates& s : drawn) {
    sum += checksum(s.auroc, range.first) + 3 * checksum(s.r, range.first);
  }
  out["checksum"] = sum;
  out["results_mb"] = static_cast<double>(16 * signals) * static_cast<double>(range.count) / 1e6;
  out["peak_rss_mb"] = peak_mb();
  if (parts == 1) {
    out["auroc"] = interval(drawn[0].auroc);
    out["r"] = interval(drawn[0].r);
  }
  std::cout << out << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 7) {
      std::cerr << "usage: bootstrap_speed FOLDER ROWS SIGNALS REPLICATES PART PARTS\n";
      return 2;
    }
    measure(argv[1], std::stoul(argv[2]), std::stoul(argv[3]), std::stol(argv[4]),
            std::stoi(argv[5]), std::stoi(argv[6]));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bootstrap_speed: " << error.what() << '\n';
    return 1;
  }
}

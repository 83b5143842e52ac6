#pragma once
// What the kernel benchmark times, and against what. Everything of one round is timed one after the
// other, limits and cases alike, and medians over rounds are reported: a machine that is busy is
// busy for both.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/benchmarks/samples.hpp"

namespace vrp::speed {

/// How long is measured.
struct Effort {
  int rounds = 5;
  double seconds = 0.05;        ///< a case is called again and again for that long in a round
  std::int64_t product = 2048;  ///< rows of the large matrix product
  std::int64_t read_mb = 256;   ///< of the array that is read
  std::int64_t layers = 6;      ///< blocks of decode weights, so that they do not stay in a cache
  bool quick = false;           ///< small sizes: to see that everything runs
};

/// A call, and the least that it has to do: bytes that come from memory, arithmetic, or bytes that
/// a copy of as much data would read and write (`copied`: where the data stays in caches).
struct Case {
  std::string name;
  std::function<void()> call;
  double read_bytes = 0, flops = 0, copied_bytes = 0;
  double count = 0;  ///< what is done in a call ...
  std::string what;  ///< ... e.g. "maps"; empty = nothing is counted
};

/// Cases that share data, made when their turn comes and freed after it.
using MakeCases = std::function<std::vector<Case>(const Effort&)>;

/// A case as measured; seconds are of one call.
struct Row {
  std::string name, limit, what;  ///< limit: "memory read" | "product" | "copy"
  double seconds = 0, limit_seconds = 0, share = 0, count = 0;
  double read_share = 0;  ///< of the memory read rate, whatever the limit is; 0 = nothing is read
};

/// What the machine reaches with the threads at hand, medians over all rounds.
struct Limits {
  double read_gb_s = 0, copy_gb_s = 0, product_gflop_s = 0;
};

/// Seconds of a call, mean over as many as fit into `seconds`, after one that does not count.
double seconds_of(double seconds, const std::function<void()>& call);

/// The machine's own speed, measured anew at each call.
class Machine {
 public:
  explicit Machine(const Effort& effort);
  ~Machine();
  double read_rate() const;     ///< bytes per second of reading a large array on all threads
  double product_rate() const;  ///< multiply-adds, each counted as two, per second of fp32
  /// Seconds of a copy on all threads that reads and writes `bytes` together.
  double copy_seconds(double bytes) const;

 private:
  struct Data;
  Effort effort_;
  std::unique_ptr<Data> data_;
};

/// Cases in rounds; `seen` takes up the limits that were measured on the way.
struct Seen {
  std::vector<double> read, product, copy;
};
std::vector<Row> measure(const Effort& effort, const Machine& machine, const MakeCases& make,
                         Seen& seen);

std::vector<Case> prefill_products(const Effort& effort);
std::vector<Case> decode_products(const Effort& effort);
std::vector<Case> decode_attention(const Effort& effort);
std::vector<Case> prefill_attention(const Effort& effort);
std::vector<Case> row_operations(const Effort& effort);
std::vector<Case> vocabulary_rows(const Effort& effort);
std::vector<Case> picture_and_maps(const Effort& effort);

}  // namespace vrp::speed

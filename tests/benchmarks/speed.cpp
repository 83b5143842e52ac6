#include "tests/benchmarks/speed.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>

#include "pipeline/base/error.hpp"

namespace vrp::speed {
namespace {

std::atomic<std::uint64_t> sink;  // what is read is used

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds that a case needs at least, and what sets them.
std::pair<double, std::string> least(const Case& c, double read_rate, double product_rate,
                                     double copy_seconds) {
  std::pair<double, std::string> most{c.read_bytes / read_rate, "memory read"};
  if (c.flops / product_rate > most.first) most = {c.flops / product_rate, "product"};
  if (copy_seconds > most.first) most = {copy_seconds, "copy"};
  return most;
}

}  // namespace

double seconds_of(double seconds, const std::function<void()>& call) {
  call();
  const double start = now();
  double end = start;
  std::int64_t calls = 0;
  for (std::int64_t batch = 1; calls == 0 || end - start < seconds; batch *= 2) {
    for (std::int64_t i = 0; i < batch; ++i) call();
    calls += batch;
    end = now();
  }
  return (end - start) / static_cast<double>(calls);
}

struct Machine::Data {
  std::vector<std::uint64_t> words;
  std::vector<char> from, to;
  at::Tensor a, b, c;
};

Machine::Machine(const Effort& effort) : effort_(effort), data_(std::make_unique<Data>()) {
  data_->words.assign(static_cast<std::size_t>(effort.read_mb) * 131072, 3);
  data_->from.assign(std::size_t{64} << 20, 1);
  data_->to.assign(std::size_t{64} << 20, 2);
  data_->a = at::rand({effort.product, effort.product});
  data_->b = at::rand({effort.product, effort.product});
  data_->c = at::empty({effort.product, effort.product});
}
Machine::~Machine() = default;

double Machine::read_rate() const {
  const std::vector<std::uint64_t>& words = data_->words;
  const double seconds = seconds_of(effort_.seconds, [&] {
    at::parallel_for(0, std::ssize(words), 1 << 20, [&](std::int64_t begin, std::int64_t end) {
      std::uint64_t sum = 0;
      for (std::int64_t i = begin; i < end; ++i) sum += words[static_cast<std::size_t>(i)];
      sink += sum;
    });
  });
  return 8.0 * static_cast<double>(words.size()) / seconds;
}

double Machine::product_rate() const {
  const double n = static_cast<double>(effort_.product);
  const double seconds =
      seconds_of(effort_.seconds, [&] { at::mm_out(data_->c, data_->a, data_->b); });
  return 2 * n * n * n / seconds;
}

double Machine::copy_seconds(double bytes) const {
  const auto whole = static_cast<std::int64_t>(data_->from.size());
  const std::int64_t length =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(bytes / 2), 1, whole);
  const double seconds = seconds_of(effort_.seconds, [&] {
    at::parallel_for(0, length, 1 << 18, [&](std::int64_t begin, std::int64_t end) {
      std::memcpy(data_->to.data() + begin, data_->from.data() + begin,
                  static_cast<std::size_t>(end - begin));
    });
    sink += static_cast<std::uint64_t>(data_->to[static_cast<std::size_t>(length / 2)]);
  });
  return seconds * bytes / (2 * static_cast<double>(length));
}

std::vector<Row> measure(const Effort& effort, const Machine& machine, const MakeCases& make,
                         Seen& seen) {
  const std::vector<Case> cases = make(effort);
  struct Samples {
    std::vector<double> seconds, limit, share, read;
    std::string name;
  };
  std::vector<Samples> samples(cases.size());
  for (int round = 0; round < effort.rounds; ++round) {
    const double read = machine.read_rate(), product = machine.product_rate();
    seen.read.push_back(read);
    seen.product.push_back(product);
    seen.copy.push_back(1e8 / machine.copy_seconds(1e8));
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const Case& c = cases[i];
      const double copy = c.copied_bytes > 0 ? machine.copy_seconds(c.copied_bytes) : 0;
      const double seconds = seconds_of(effort.seconds, c.call);
      const auto [limit, name] = least(c, read, product, copy);
      samples[i].seconds.push_back(seconds);
      samples[i].limit.push_back(limit);
      samples[i].share.push_back(limit / seconds);
      samples[i].read.push_back(c.read_bytes / read / seconds);
      samples[i].name = name;
    }
  }
  std::vector<Row> rows;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    rows.push_back({cases[i].name, samples[i].name, cases[i].what, median(samples[i].seconds),
                    median(samples[i].limit), median(samples[i].share), cases[i].count,
                    median(samples[i].read)});
  }
  return rows;
}

}  // namespace vrp::speed

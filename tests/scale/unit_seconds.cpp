#include "tests/scale/unit_seconds.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>

#include "pipeline/base/error.hpp"
#include "pipeline/driver/journal.hpp"

namespace vrp::scale {
namespace {

std::uint64_t mix(std::uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

void to_mean_one(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  for (double& value : values) value /= mean;
}

double quantile(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double part = at - static_cast<double>(below);
  return sorted[below] * (1 - part) + sorted[below + 1] * part;
}

}  // namespace

double uniform(std::uint64_t seed, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  const std::uint64_t bits = mix(mix(mix(mix(seed) ^ a) ^ b) ^ c);
  return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
}

UnitSeconds::UnitSeconds(const Plan& plan, SecondsParams params, const std::filesystem::path& times)
    : plan_(plan), params_(params) {
  if (!times.empty()) {
    std::ifstream in(times);
    std::string first;
    if (!std::getline(in, first)) fail(times.string(), ": cannot be read, or is empty");
    if (first.rfind("# vrp journal", 0) == 0) {
      read_spread(times);
    } else {
      read_quantiles(times);
    }
  }
  for (const auto& stage : plan.stages) {
    const auto found = spread_.find(stage.name);
    of_stage_.push_back(found == spread_.end() ? nullptr : &found->second);
  }
}

void UnitSeconds::read_quantiles(const std::filesystem::path& file) {
  std::ifstream in(file);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::istringstream words(line.substr(0, line.find('#')));
    std::string stage;
    if (!(words >> stage)) continue;
    std::vector<double>& values = spread_[stage];
    for (double value = 0; words >> value;) {
      if (!(value > 0)) fail(file.string(), ":", number, ": ", value, ", expected seconds above 0");
      values.push_back(value);
    }
    if (values.empty() || !words.eof()) {
      fail(file.string(), ":", number, ": expected a stage and its seconds");
    }
    to_mean_one(values);
  }
}

void UnitSeconds::read_spread(const std::filesystem::path& journal) {
  std::map<std::string, std::vector<double>> by_cell;  // folder of a stage in a cell
  for (const auto& [file, entry] : read_journal(journal).entries) {
    if (entry.facts.seconds > 0) {
      by_cell[file.substr(0, file.rfind('/'))].push_back(entry.facts.seconds);
    }
  }
  for (auto& [folder, values] : by_cell) {
    if (values.size() < 5) continue;  // too few to tell a spread
    to_mean_one(values);
    const auto name = folder.rfind('/') + 1;
    auto& all = spread_[folder.substr(name, folder.find('@') - name)];
    all.insert(all.end(), values.begin(), values.end());
  }
  for (auto& [stage, values] : spread_) to_mean_one(values);
  if (spread_.empty()) fail(journal.string(), ": no stage has five units with known seconds");
}

double UnitSeconds::operator()(std::size_t id) const {
  const Unit& unit = plan_.units[id];
  const StageDefinition& stage = plan_.stages[unit.stage];
  const bool whole = stage.whole_cell || plan_.cells[unit.cell].pooled();
  const double mean = whole ? params_.whole : stage.needs_model ? params_.unit : params_.metrics;
  const double p = uniform(params_.seed, 1, id);
  if (const auto* spread = of_stage_[unit.stage]) return mean * quantile(*spread, p);
  const double normal = boost::math::quantile(boost::math::normal(), p);
  return mean * std::exp(params_.sigma * normal - params_.sigma * params_.sigma / 2);
}

std::string UnitSeconds::lines(int quantiles) const {
  std::ostringstream out;
  for (const auto& [stage, values] : spread_) {
    out << stage;
    for (int i = 0; i <= quantiles; ++i) {
      out << ' ' << std::round(quantile(values, static_cast<double>(i) / quantiles) * 1e4) / 1e4;
    }
    out << '\n';
  }
  return out.str();
}

}  // namespace vrp::scale

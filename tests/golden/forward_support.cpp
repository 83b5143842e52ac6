#include "tests/golden/forward_support.hpp"

#include <catch2/catch.hpp>
#include <iostream>
#include <limits>

#include "pipeline/base/error.hpp"

namespace vrp::golden {

Distance distance(std::span<const float> found, std::span<const float> expected) {
  Distance d;
  for (const float value : expected) d.scale = std::max(d.scale, std::abs(double{value}));
  if (found.size() != expected.size() || expected.empty()) {
    d.absolute = std::numeric_limits<double>::infinity();
    return d;
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double difference = std::abs(double{found[i]} - double{expected[i]});
    if (!(difference <= d.absolute)) {
      d.absolute = std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
      d.at = i;
    }
  }
  return d;
}

void Tally::close(const std::string& quantity, std::span<const float> found,
                  std::span<const float> expected, double tolerance, bool relative) {
  const Distance d = distance(found, expected);
  const double value = relative ? d.absolute / d.scale : d.absolute;
  INFO(quantity << ": " << value << " apart (" << found.size() << " and " << expected.size()
                << " values, worst at " << d.at << "), expected at most " << tolerance);
  CHECK(value <= tolerance);
  Entry& entry = entries_[quantity];
  ++entry.count;
  entry.worst = std::max(entry.worst, value);
  entry.tolerance = tolerance;
}

void Tally::exact(const std::string& quantity, bool same) {
  INFO(quantity);
  CHECK(same);
  Entry& entry = entries_[quantity];
  ++entry.count;
  if (!same) entry.worst = std::numeric_limits<double>::infinity();
}

void Tally::print() const {
  for (const auto& [name, entry] : entries_) {
    std::cout << "  " << name << ": " << entry.count << " compared, worst " << entry.worst
              << ", allowed " << entry.tolerance << "\n";
  }
}

void Recorder::at(const SiteView& view) {
  std::vector<float>& values = seen_[{view.site, view.layer, view.step}];
  values.insert(values.end(), view.data.begin(), view.data.end());
}

const std::vector<float>& Recorder::get(Site site, int layer, int step) const {
  const auto found = seen_.find({site, layer, step});
  if (found == seen_.end()) {
    fail("nothing was seen at site ", static_cast<int>(site), ", layer ", layer, ", step ", step);
  }
  return found->second;
}

bool Recorder::has(Site site, int layer, int step) const {
  return seen_.count({site, layer, step}) > 0;
}

int Recorder::steps(Site site, int layer) const {
  int count = 0;
  for (const auto& [key, values] : seen_) {
    if (std::get<0>(key) == site && std::get<1>(key) == layer) {
      count = std::max(count, std::get<2>(key) + 1);
    }
  }
  return count;
}

Ablation::Ablation(const Json& spec) : kind_(spec.at("kind").get<std::string>()) {
  request_.rows = Rows::all;
  request_.edit = true;
  if (kind_ == "mlp_neurons") {
    request_.site = Site::mlp_act;
  } else if (kind_ == "residual") {
    request_.site = Site::residual;
  } else if (kind_ == "mlp_bypass") {
    request_.site = Site::mlp_out;
  } else if (kind_ == "image_tokens") {
    request_.site = Site::image_features;
  } else {
    fail("ablation kind '", kind_, "' is not known");
  }
  if (spec.contains("layer")) request_.layer = spec.at("layer").get<int>();
  if (spec.contains("idx")) idx_ = spec.at("idx").get<std::vector<std::int64_t>>();
  value_ = spec.value("value", 0.0f);
}

void Ablation::at(const SiteView& view) {
  for (std::int64_t r = 0; r < view.rows; ++r) {
    const auto row = view.data.subspan(static_cast<std::size_t>(r * view.cols),
                                       static_cast<std::size_t>(view.cols));
    const bool listed = std::find(idx_.begin(), idx_.end(), r) != idx_.end();
    if (kind_ == "mlp_bypass" || (kind_ == "image_tokens" && listed)) {
      std::fill(row.begin(), row.end(), 0.0f);
    } else if (kind_ != "image_tokens") {
      for (const std::int64_t column : idx_) row[static_cast<std::size_t>(column)] = value_;
    }
  }
}

}  // namespace vrp::golden

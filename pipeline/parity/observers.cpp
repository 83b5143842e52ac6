#include "pipeline/parity/observers.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "pipeline/base/error.hpp"
#include "pipeline/model/tensors.hpp"

namespace vrp::golden {

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

std::vector<float> final_norm(const std::filesystem::path& checkpoint, const ModelSpec& spec) {
  std::vector<float> weight;
  SafetensorsIndex::open(checkpoint)
      .read_all([&](const TensorInfo& info, std::int64_t, std::span<const std::byte> bytes) {
        if (canonical_name(spec.family, info.name) != "text.norm.weight") return;
        const std::size_t width = info.dtype == "F32" ? 4 : 2;
        for (std::size_t i = 0; i < bytes.size(); i += width) {
          float value = 0;
          if (info.dtype == "F32") {
            std::memcpy(&value, bytes.data() + i, 4);
          } else if (info.dtype == "BF16") {
            std::uint16_t half;
            std::memcpy(&half, bytes.data() + i, 2);
            const std::uint32_t bits = std::uint32_t{half} << 16;
            std::memcpy(&value, &bits, 4);
          } else {
            _Float16 half;
            std::memcpy(&half, bytes.data() + i, 2);
            value = static_cast<float>(half);
          }
          weight.push_back(spec.text.unit_offset_norm ? 1.0f + value : value);
        }
      });
  return weight;
}

std::vector<float> normed(std::span<const float> x, const std::vector<float>& weight, double eps) {
  if (x.size() != weight.size()) {
    fail("final norm has ", weight.size(), " weights, expected ", x.size());
  }
  double squares = 0;
  for (const float value : x) squares += double{value} * value;
  const double scale = 1.0 / std::sqrt(squares / static_cast<double>(x.size()) + eps);
  std::vector<float> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    y.push_back(static_cast<float>(x[i] * scale * weight[i]));
  }
  return y;
}

}  // namespace vrp::golden

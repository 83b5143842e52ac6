#include "pipeline/control/show_row.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"

namespace vrp {

std::optional<std::size_t> row_of(const Record& record, const std::string& key) {
  if (record.find("item/key") == nullptr) return std::nullopt;
  const auto& keys = record.values<std::string>("item/key");
  const auto found = std::find(keys.begin(), keys.end(), key);
  if (found == keys.end()) return std::nullopt;
  return static_cast<std::size_t>(found - keys.begin());
}

Json json_value(const Array& array, std::size_t index) {
  return std::visit(
      [&](const auto& values) -> Json {
        using T = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_same_v<T, Half>) {
          const double value = values[index].to_float();
          return std::isfinite(value) ? Json(value) : Json(nullptr);
        } else if constexpr (std::is_floating_point_v<T>) {
          const auto value = static_cast<double>(values[index]);
          return std::isfinite(value) ? Json(value) : Json(nullptr);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return Json(values[index]);
        } else {
          return Json(static_cast<std::int64_t>(values[index]));
        }
      },
      array.data);
}

Json ItemRow::value(const std::string& name) const {
  const Array* array = record_.find(name);
  if (array == nullptr || array->dims.empty() || array->dims[0] != "item" || array->dims.size() > 2)
    return nullptr;
  if (array->dims.size() == 1) return json_value(*array, row_);
  const auto width = static_cast<std::size_t>(array->shape[1]);
  Json out = Json::array();
  for (std::size_t i = row_ * width; i < (row_ + 1) * width; ++i)
    out.push_back(json_value(*array, i));
  return out;
}

std::string ItemRow::text(const std::string& name) const {
  const Json found = value(name);
  return found.is_string() ? found.get<std::string>() : "";
}

std::optional<double> ItemRow::number(const std::string& name) const {
  const Json found = value(name);
  return found.is_number() ? std::optional<double>(found.get<double>()) : std::nullopt;
}

std::pair<std::size_t, std::size_t> ItemRow::range(const std::string& offsets) const {
  const Array* array = record_.find(offsets);
  if (array == nullptr || static_cast<std::size_t>(array->size()) < row_ + 2) return {0, 0};
  const auto& values = record_.values<std::int64_t>(offsets);
  return {static_cast<std::size_t>(values[row_]), static_cast<std::size_t>(values[row_ + 1])};
}

std::optional<Percentile> percentile(const std::vector<double>& values, double of) {
  if (!std::isfinite(of)) return std::nullopt;
  Percentile out;
  double below = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    ++out.n;
    below += value < of ? 1 : value == of ? 0.5 : 0;
  }
  if (out.n == 0) return std::nullopt;
  out.value = 100 * below / static_cast<double>(out.n);
  return out;
}

}  // namespace vrp

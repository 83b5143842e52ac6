#include "stages/reduce/item_signals.hpp"

#include <charconv>

#include "pipeline/base/error.hpp"
#include "stages/reduce/columns_join.hpp"
#include "stages/reduce/families.hpp"
#include "stages/reduce/table.hpp"

namespace vrp {
namespace {

constexpr const char* kImage = "item_signals/image";
constexpr const char* kLabel = "item_signals/label";
constexpr const char* kFailed = "item_signals/failed";
constexpr std::string_view kPrefix = "item_signal/";

/// A number that add_item_signals wrote as an attribute.
template <class Number>
Number number_attribute(const Record& record, const char* name) {
  const std::string text = array_attribute(record.at(kLabel), name);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    fail(record.origin, ": attribute ", name, " of '", kLabel, "' is '", text,
         "', expected a number");
  return value;
}

}  // namespace

void add_item_signals(const CellColumns& cell, const ReduceParams& params, const Draws& draws,
                      Record& record) {
  if (cell.labels.empty()) return;
  const auto n = static_cast<std::int64_t>(cell.size());
  const LabelColumn& label = cell.labels.front();
  record.add(Array{kImage, {"item"}, {n}, "", "image that the bootstrap draws", cell.group, {}});
  record.add(Array{kLabel,
                   {"item"},
                   {n},
                   "1",
                   "1 correct, 0 incorrect, -1 no label; primary scorer",
                   std::vector<std::int32_t>(label.y.begin(), label.y.end()),
                   {{"model", cell.model},
                    {"benchmark", cell.benchmark},
                    {"scorer", label.scorer},
                    {"replicates", std::to_string(params.replicates)},
                    {"level", number_text(params.level)},
                    {"tests", params.tests},
                    {"seed", std::to_string(draws.seed())}}});
  record.add(Array{kFailed, {"item"}, {n}, "1", "1 = no answer", cell.failed, {}});
  const auto add = [&](const char* name) {
    const SignalColumn* signal = cell.signal(name);
    if (!signal) return;
    record.add(Array{std::string(kPrefix) + name,
                     {"item"},
                     {n},
                     signal->units,
                     signal->description,
                     signal->value,
                     {{"orientation", std::to_string(signal->orientation)},
                      {"needs_reference", signal->needs_reference ? "1" : "0"}}});
  };
  for (const char* name : kPrimarySignals) add(name);
  add("h_n");
}

ItemSignals read_item_signals(const Record& record) {
  ItemSignals out;
  if (!record.find(kLabel)) return out;
  const Array& label = record.at(kLabel);
  out.model = array_attribute(label, "model");
  out.benchmark = array_attribute(label, "benchmark");
  out.scorer = array_attribute(label, "scorer");
  out.params.replicates = number_attribute<int>(record, "replicates");
  out.params.level = number_attribute<double>(record, "level");
  out.params.tests = array_attribute(label, "tests");
  out.seed = number_attribute<std::uint64_t>(record, "seed");
  out.image = record.values<std::string>(kImage);
  out.failed = record.values<std::uint8_t>(kFailed);
  for (const std::int32_t y : record.values<std::int32_t>(kLabel))
    out.label.push_back(static_cast<std::int8_t>(y));
  if (out.image.size() != out.label.size() || out.failed.size() != out.label.size())
    fail(record.origin, ": '", kImage, "' has ", out.image.size(), " rows and '", kFailed, "' ",
         out.failed.size(), ", expected ", out.label.size(), " as '", kLabel, "'");
  for (const Array& array : record.arrays()) {
    if (!array.name.starts_with(kPrefix)) continue;
    ItemSignal signal;
    signal.orientation = array_attribute(array, "orientation") == "-1"  ? -1
                         : array_attribute(array, "orientation") == "1" ? 1
                                                                        : 0;
    signal.needs_reference = array_attribute(array, "needs_reference") == "1";
    signal.description = array.description;
    signal.value = record.values<double>(array.name);
    if (signal.value.size() != out.label.size())
      fail(record.origin, ": '", array.name, "' has ", signal.value.size(), " rows, expected ",
           out.label.size(), " as '", kLabel, "'");
    out.signals.emplace(array.name.substr(kPrefix.size()), std::move(signal));
  }
  return out;
}

}  // namespace vrp

#include "stages/probes/cell_items.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/image_groups.hpp"
#include "pipeline/stats/columns.hpp"
#include "stages/capture/record.hpp"

namespace vrp {
namespace {

/// Every row's image named by the first group name (in sorted order) of the rows that share it, so
/// that the name does not depend on the order or choice of rows more than it must.
std::vector<std::string> named_groups(const ItemTable& items) {
  const std::vector<std::string> component = image_groups(items.group, items.image_hash);
  std::map<std::string, std::string> name;
  for (std::size_t i = 0; i < component.size(); ++i) {
    const auto [entry, is_new] = name.emplace(component[i], items.group[i]);
    if (!is_new) entry->second = std::min(entry->second, items.group[i]);
  }
  std::vector<std::string> out;
  for (const std::string& c : component) out.push_back(name[c]);
  return out;
}

const Array& label_array(const Record& record, const std::string& label) {
  std::vector<std::string> names;
  for (const Array& array : record.arrays()) {
    if (array.name.compare(0, 6, "label/") != 0) continue;
    const std::string scorer = array.name.substr(6);
    const auto primary = array.attributes.find("primary");
    if (label == "primary" ? primary != array.attributes.end() && primary->second == "1"
                           : scorer == label)
      return array;
    names.push_back(scorer);
  }
  if (label == "primary")
    fail(record.origin,
         ": no array label/* has the attribute primary = 1 (found: ", join(names, ", "), ")");
  fail_usage("[probes] label is '", excerpt(label),
             "', expected primary, margin_median or one of: ", join(names, ", "));
}

bool finite(Half value) { return (value.bits & 0x7C00u) != 0x7C00u; }

/// Whether every stored state of the row is finite.
bool has_states(const Record& record, const char* name, std::size_t row) {
  const Array* array = record.find(name);
  if (array == nullptr) return true;
  const auto& values = record.values<Half>(name);
  const std::size_t width = values.size() / static_cast<std::size_t>(array->shape[0]);
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * width);
  return std::all_of(begin, begin + static_cast<std::ptrdiff_t>(width), finite);
}

class Reader {
 public:
  Reader(const ProbeInput& input, const ProbesParams& params, CellItems& out)
      : items_(*input.items), params_(params), out_(out) {}

  /// Appends the rows of one capture record.
  void add(const Record& record) {
    const auto& key = record.values<std::string>("item/key");
    const auto& status = record.values<std::int32_t>("item/status");
    const std::vector<double> prompt = record.as_double("item/prompt_tokens");
    const bool by_margin = params_.label == "margin_median";
    const std::vector<double> label =
        by_margin ? record.as_double("lens/margin_last")
                  : record.as_double(label_array(record, params_.label).name);
    for (std::size_t i = 0; i < key.size(); ++i) {
      const std::size_t row = out_.y.size();
      if (row >= items_.size() || items_.key[row] != key[i])
        fail(record.origin, ": row ", i, " is item '", excerpt(key[i]), "', expected '",
             row < items_.size() ? items_.key[row] : "no more items", "'");
      const bool answered = status[i] != static_cast<int>(ItemStatus::failed);
      const bool states =
          has_states(record, "hidden/first", i) && has_states(record, "hidden/mlp_first", i);
      const bool labelled = by_margin ? std::isfinite(label[i]) : label[i] >= 0;
      out_.failed += !answered;
      out_.unlabelled += answered && !labelled;
      out_.stateless += answered && labelled && !states;
      const bool use = answered && labelled && states;
      out_.y.push_back(static_cast<std::int8_t>(use && !by_margin ? label[i] : -1));
      margin_.push_back(use && by_margin ? label[i] : std::numeric_limits<double>::quiet_NaN());
      out_.prompt_tokens.push_back(answered ? prompt[i] : std::numeric_limits<double>::quiet_NaN());
    }
  }

  void finish() {
    if (out_.y.size() != items_.size())
      fail("probes: capture of ", items_.benchmark, " has ", out_.y.size(), " items, expected ",
           items_.size());
    if (params_.label != "margin_median") return;
    std::vector<double> sorted;
    for (const double m : margin_)
      if (std::isfinite(m)) sorted.push_back(m);
    std::sort(sorted.begin(), sorted.end());
    const std::size_t n = sorted.size();
    const double median = n == 0 ? 0 : (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    for (std::size_t i = 0; i < margin_.size(); ++i)
      if (std::isfinite(margin_[i])) out_.y[i] = margin_[i] > median ? 1 : 0;
  }

 private:
  const ItemTable& items_;
  const ProbesParams& params_;
  CellItems& out_;
  std::vector<double> margin_;
};

}  // namespace

std::vector<std::int32_t> CellItems::used() const {
  std::vector<std::int32_t> rows;
  for (std::size_t i = 0; i < y.size(); ++i)
    if (y[i] >= 0) rows.push_back(static_cast<std::int32_t>(i));
  return rows;
}

CellItems read_items(const ProbeInput& input, const ProbesParams& params,
                     const std::function<void(const Record&, std::size_t first)>& also) {
  CellItems out;
  out.benchmark = input.benchmark;
  out.seed = input.seed;
  out.group = named_groups(*input.items);
  out.type = stats::number_texts(input.items->type);
  for (const std::int32_t type : out.type) out.types = std::max(out.types, type + 1);
  Reader reader(input, params, out);
  input.each("capture", [&](const Record& record) {
    const std::size_t first = out.size();
    reader.add(record);
    if (also) also(record, first);
  });
  reader.finish();
  return out;
}

}  // namespace vrp

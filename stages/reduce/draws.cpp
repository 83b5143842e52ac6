#include "stages/reduce/draws.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

struct Recorded {
  std::int64_t first = 0, count = 0;
  const Record* record = nullptr;
  std::map<std::string, const std::vector<double>*> values;  // by name
};

[[noreturn]] void broken(const std::string& what) {
  throw Error(ExitCode::internal, "bootstrap blocks: " + what);
}

Recorded read_block(const Record& record) {
  Recorded out;
  out.record = &record;
  const auto& range = record.values<std::int64_t>("block/range");
  out.first = range.at(0);
  out.count = range.at(1);
  for (const Array& array : record.arrays())
    if (const auto* values = std::get_if<std::vector<double>>(&array.data))
      out.values[array.description] = values;
  return out;
}

}  // namespace

struct Draws::State {
  std::optional<stats::ReplicateRange> range;  // of the block that is made
  std::vector<Array> made;
  std::map<std::string, Replicates> joined;
};

Draws::Draws(std::uint64_t seed) : seed_(seed) {}

Draws Draws::block(std::uint64_t seed, stats::ReplicateRange range) {
  Draws out(seed);
  out.state_ = std::make_shared<State>();
  out.state_->range = range;
  return out;
}

Draws Draws::joined(std::uint64_t seed, const std::vector<Record>& blocks) {
  Draws out(seed);
  out.state_ = std::make_shared<State>();
  std::vector<Recorded> sorted;
  for (const Record& record : blocks) sorted.push_back(read_block(record));
  std::sort(sorted.begin(), sorted.end(),
            [](const Recorded& a, const Recorded& b) { return a.first < b.first; });
  std::int64_t next = 0;
  for (const Recorded& block : sorted) {
    if (block.first != next)
      broken(concat("replicates ", next, " to ", block.first, " are missing or there twice"));
    next += block.count;
    if (block.values.size() != sorted.front().values.size())
      broken(concat("one holds ", block.values.size(), " statistics, another ",
                    sorted.front().values.size()));
    for (const auto& [name, values] : block.values) {
      const std::size_t count = static_cast<std::size_t>(block.count);
      if (count == 0 || values->size() % count != 0)
        broken(concat("'", name, "' holds ", values->size(), " values of ", count, " replicates"));
      Replicates& all = out.state_->joined[name];
      if (block.first == 0) all.resize(values->size() / count);
      if (all.size() * count != values->size())
        broken(concat("'", name, "' holds ", values->size(), " values, expected ",
                      all.size() * count));
      for (std::size_t k = 0; k < all.size(); ++k) {
        const auto begin = values->begin() + static_cast<std::ptrdiff_t>(k * count);
        all[k].insert(all[k].end(), begin, begin + static_cast<std::ptrdiff_t>(count));
      }
    }
  }
  return out;
}

bool Draws::only_block() const { return state_ && state_->range; }

Draws::Replicates Draws::get(const std::string& name, std::int64_t replicates,
                             const Make& make) const {
  if (!state_) return make({0, replicates});
  if (!state_->range) {
    const auto found = state_->joined.find(name);
    if (found == state_->joined.end()) broken(concat("no block holds '", name, "'"));
    for (const auto& column : found->second)
      if (static_cast<std::int64_t>(column.size()) != replicates)
        broken(concat("'", name, "' has ", column.size(), " replicates, expected ", replicates));
    return found->second;
  }
  if (state_->range->first + state_->range->count > replicates)
    broken(concat("a block ends at ", state_->range->first + state_->range->count, ", '", name,
                  "' has ", replicates, " replicates"));
  Replicates out = make(*state_->range);
  std::vector<double> flat;
  for (const auto& column : out) flat.insert(flat.end(), column.begin(), column.end());
  for (const Array& array : state_->made)
    if (array.description == name) broken(concat("'", name, "' is asked for twice"));
  const std::string number = std::to_string(10000 + state_->made.size()).substr(1);
  const auto size = static_cast<std::int64_t>(flat.size());
  state_->made.push_back(
      Array{"block/" + number, {"value_" + number}, {size}, "1", name, std::move(flat), {}});
  return out;
}

Record Draws::record() const {
  Record out;
  if (!only_block()) broken("only a block has a record");
  out.add("block/range", {"first_and_count"}, {2},
          std::vector<std::int64_t>{state_->range->first, state_->range->count}, "replicates",
          "first replicate and number of replicates");
  for (const Array& array : state_->made) out.add(array);
  return out;
}

}  // namespace vrp

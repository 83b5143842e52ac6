#include <algorithm>
#include <cstring>
#include <set>
#include <type_traits>

#include "pipeline/base/error.hpp"
#include "pipeline/store/record.hpp"

namespace vrp {
namespace {

using Parts = std::vector<const Array*>;

Array empty_like(const Array& array) {
  Array out = array;
  std::visit([](auto& values) { values.clear(); }, out.data);
  return out;
}

std::int64_t extent_product(const std::vector<std::int64_t>& shape, std::size_t first,
                            std::size_t last) {
  std::int64_t product = 1;
  for (std::size_t i = first; i < last; ++i) product *= shape[i];
  return product;
}

/// Joins along `axis`: for each index before the axis, the blocks of all parts in order.
Array join_along(const Parts& parts, std::size_t axis) {
  Array out = empty_like(*parts[0]);
  const std::int64_t outer = extent_product(out.shape, 0, axis);
  out.shape[axis] = 0;
  for (const Array* part : parts) {
    if (part->shape.size() != out.shape.size() || part->data.index() != out.data.index()) {
      fail("dataset '", out.name, "' has another rank or type in one of the units");
    }
    for (std::size_t i = 0; i < out.shape.size(); ++i) {
      if (i != axis && part->shape[i] != parts[0]->shape[i]) {
        fail("dataset '", out.name, "': dimension '", out.dims[i], "' is ", part->shape[i],
             " in one unit and ", parts[0]->shape[i], " in another");
      }
    }
    out.shape[axis] += part->shape[axis];
  }
  std::visit(
      [&](auto& values) {
        using V = std::decay_t<decltype(values)>;
        values.reserve(static_cast<std::size_t>(out.size()));
        for (std::int64_t o = 0; o < outer; ++o) {
          for (const Array* part : parts) {
            const auto& from = std::get<V>(part->data);
            const std::int64_t block = extent_product(part->shape, axis, part->shape.size());
            const auto begin = from.begin() + o * block;
            values.insert(values.end(), begin, begin + block);
          }
        }
      },
      out.data);
  return out;
}

/// Equal values, a NaN being equal to itself.
bool same_bits(const ArrayData& a, const ArrayData& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&](const auto& values) {
        using V = std::decay_t<decltype(values)>;
        const V& others = std::get<V>(b);
        if constexpr (std::is_same_v<typename V::value_type, std::string>) {
          return values == others;
        } else {
          return values.size() == others.size() &&
                 (values.empty() || std::memcmp(values.data(), others.data(),
                                                values.size() * sizeof(values[0])) == 0);
        }
      },
      a);
}

Array join_offsets(const Parts& parts) {
  Array out = *parts[0];
  auto& offsets = std::get<std::vector<std::int64_t>>(out.data);
  for (std::size_t p = 1; p < parts.size(); ++p) {
    const std::int64_t base = offsets.back();
    const auto& more = std::get<std::vector<std::int64_t>>(parts[p]->data);
    for (std::size_t i = 1; i < more.size(); ++i) offsets.push_back(base + more[i]);
  }
  out.shape[0] = static_cast<std::int64_t>(offsets.size());
  return out;
}

}  // namespace

Record concatenate(const std::vector<Record>& parts) {
  if (parts.empty()) return {};
  std::set<std::string> growing{"item"};
  for (const auto& array : parts[0].arrays()) {
    if (const auto found = array.attributes.find("ragged_dim"); found != array.attributes.end()) {
      growing.insert(found->second);
    }
  }
  Record out;
  out.origin = parts[0].origin;
  for (const auto& array : parts[0].arrays()) {
    Parts pieces;
    for (const auto& part : parts) pieces.push_back(&part.at(array.name));
    const auto axis = std::find_if(array.dims.begin(), array.dims.end(),
                                   [&](const auto& dim) { return growing.count(dim) > 0; });
    if (array.attributes.count("ragged_dim") > 0) {
      out.add(join_offsets(pieces));
    } else if (axis != array.dims.end()) {
      out.add(join_along(pieces, static_cast<std::size_t>(axis - array.dims.begin())));
    } else {
      for (const Array* piece : pieces) {
        if (!same_bits(piece->data, array.data)) {
          fail("dataset '", array.name, "' belongs to no item and differs between units");
        }
      }
      out.add(array);
    }
  }
  return out;
}

}  // namespace vrp

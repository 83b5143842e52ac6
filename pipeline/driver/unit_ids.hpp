#pragma once
// Ids of units as a few ranges. The units of a stage in a cell have consecutive ids, so that a unit
// that reads a whole cell needs no more memory for it than one that reads a single unit: the graph
// of a plan is linear in its units.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace vrp {

class UnitIds {
 public:
  struct Range {
    std::uint32_t first = 0, last = 0;  ///< ids [first, last)
    bool operator==(const Range&) const = default;
  };

  /// Appends [first, last); adjacent to the last range, it is joined with it.
  void add(std::size_t first, std::size_t last) {
    if (first >= last) return;
    const auto from = static_cast<std::uint32_t>(first);
    const auto to = static_cast<std::uint32_t>(last);
    if (!ranges_.empty() && ranges_.back().last == from) {
      ranges_.back().last = to;
    } else {
      ranges_.push_back({from, to});
    }
  }

  const std::vector<Range>& ranges() const { return ranges_; }
  bool empty() const { return ranges_.empty(); }
  std::size_t size() const {
    std::size_t n = 0;
    for (const Range& range : ranges_) n += range.last - range.first;
    return n;
  }
  std::size_t operator[](std::size_t index) const {
    auto range = ranges_.begin();
    for (; index >= range->last - range->first; ++range) index -= range->last - range->first;
    return range->first + index;
  }

  class iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::size_t*;
    using reference = std::size_t;
    iterator() = default;
    iterator(const Range* range, const Range* end) : range_(range), end_(end) {
      if (range_ != end_) id_ = range_->first;
    }
    std::size_t operator*() const { return id_; }
    iterator& operator++() {
      if (++id_ == range_->last) {
        ++range_;
        id_ = range_ != end_ ? range_->first : 0;
      }
      return *this;
    }
    iterator operator++(int) {
      iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator& other) const {
      return range_ == other.range_ && id_ == other.id_;
    }

   private:
    const Range* range_ = nullptr;
    const Range* end_ = nullptr;
    std::size_t id_ = 0;
  };
  iterator begin() const { return {ranges_.data(), ranges_.data() + ranges_.size()}; }
  iterator end() const {
    return {ranges_.data() + ranges_.size(), ranges_.data() + ranges_.size()};
  }

  bool operator==(const UnitIds&) const = default;
  bool operator==(const std::vector<std::size_t>& ids) const {
    if (size() != ids.size()) return false;
    auto at = ids.begin();
    for (const std::size_t id : *this) {
      if (id != *at++) return false;
    }
    return true;
  }

 private:
  std::vector<Range> ranges_;  ///< none is empty
};

}  // namespace vrp

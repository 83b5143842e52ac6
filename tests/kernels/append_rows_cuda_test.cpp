// Keys and values of a step to their places, on the device against the specification.
#include <catch2/catch.hpp>
#include <cstring>
#include <limits>

#include "kernels/append_rows.hpp"
#include "tests/cuda_emulation/device_array.hpp"
#include "tests/cuda_emulation/orders.hpp"
#include "tests/kernels/stored_values.hpp"

using namespace vrp;

namespace {

struct Sizes {
  std::int64_t rows, heads, width, capacity, first = 0;
  std::vector<std::int32_t> at, slots;
};

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// A projection's rows: other heads before the keys, the values behind them.
template <class T>
void test(const Sizes& s) {
  INFO(stored_name<T>() << ": " << s.rows << " rows, " << s.heads << " heads of " << s.width
                        << ", capacity " << s.capacity);
  const std::int64_t before = 3 * s.width, both = s.heads * s.width, stride = before + 2 * both + 8;
  const std::int64_t slots = s.slots.empty() ? s.rows : 2 * s.rows;
  const std::vector<T> rows = stored_noise<T>(1, s.rows * stride);
  const std::vector<T> keys = stored_noise<T>(2, slots * s.heads * s.capacity * s.width);
  const std::vector<T> values = stored_noise<T>(3, slots * s.heads * s.capacity * s.width);
  const auto task = [&](const T* x, T* key_store, T* value_store, const std::int32_t* at,
                        const std::int32_t* slot) {
    return AppendRows<T>{x + before, x + before + both, s.rows,
                         s.heads,    s.width,           stride,
                         key_store,  value_store,       s.capacity,
                         at,         s.first,           s.slots.empty() ? nullptr : slot};
  };
  // What the words of the contract say, by places.
  std::vector<T> want_keys = keys, want_values = values;
  for (std::int64_t r = 0; r < s.rows; ++r) {
    const std::int64_t entry = s.at[static_cast<std::size_t>(r)] - s.first;
    const std::int64_t slot = s.slots.empty() ? r : s.slots[static_cast<std::size_t>(r)];
    for (std::int64_t h = 0; entry >= 0 && entry < s.capacity && h < s.heads; ++h) {
      for (std::int64_t i = 0; i < s.width; ++i) {
        const auto to =
            static_cast<std::size_t>(((slot * s.heads + h) * s.capacity + entry) * s.width + i);
        const auto from = static_cast<std::size_t>(r * stride + before + h * s.width + i);
        want_keys[to] = rows[from];
        want_values[to] = rows[from + static_cast<std::size_t>(both)];
      }
    }
  }
  std::vector<T> cpu_keys = keys, cpu_values = values;
  append_rows(Device::cpu,
              task(rows.data(), cpu_keys.data(), cpu_values.data(), s.at.data(), s.slots.data()));
  CHECK(same(cpu_keys, want_keys));
  CHECK(same(cpu_values, want_values));
  const DeviceArray<T> x(rows);
  const DeviceArray<std::int32_t> at(s.at), slot(s.slots);
  in_every_order(
      [&] {
        DeviceArray<T> k(keys), v(values);
        append_rows(Device::cuda, task(x.get(), k.get(), v.get(), at.get(), slot.get()));
        CHECK(same(k.read(), want_keys));
        CHECK(same(v.read(), want_values));
      },
      3);
}

}  // namespace

TEST_CASE("keys and values of a step go to their entries, and nothing else changes",
          "[kernels][cuda]") {
  constexpr std::int32_t kFar = std::numeric_limits<std::int32_t>::max();
  const std::vector<Sizes> all = {
      {1, 1, 4, 1, 0, {0}, {}},
      {5, 2, 64, 7, 0, {0, 6, 3, 3, 1}, {}},
      {3, 4, 80, 5, 1, {1, 5, 2}, {4, 0, 3}},
      {40, 1, 128, 9, 0, std::vector<std::int32_t>(40, 8), {}},
      // Beyond the store on either side: not written.
      {6, 2, 16, 3, 0, {-1, 3, 2, kFar, std::numeric_limits<std::int32_t>::min(), 0}, {}},
      {4, 1, 16, 3, 1, {0, 1, 3, 4}, {3, 2, 1, 0}},
  };
  for (const Sizes& sizes : all) {
    test<float>(sizes);
    test<HalfFloat>(sizes);
    test<BrainFloat>(sizes);
  }
}

TEST_CASE("appending names what does not fit", "[kernels][cuda]") {
  alignas(16) float x[16] = {};
  const std::int32_t at[1] = {0};
  const auto message = [&](auto change) -> std::string {
    AppendRows<float> what{x, x, 1, 1, 4, 8, x, x, 1, at};
    change(what);
    try {
      append_rows(Device::cpu, what);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "nothing thrown";
  };
  const auto names = [&](auto change, const char* part) {
    CHECK_THAT(message(change), Catch::Contains(part));
  };
  using What = AppendRows<float>;
  names([](What&) {}, "nothing thrown");
  names([](What& w) { w.rows = 0, w.key = nullptr; }, "nothing thrown");
  names([](What& w) { w.rows = -1; }, "number of rows is -1");
  names([](What& w) { w.heads = 0; }, "number of heads is 0");
  names([](What& w) { w.width = 6; }, "width of a head is 6");
  names([](What& w) { w.heads = 3; }, "distance of rows is 8");
  names([](What& w) { w.stride = 10; }, "distance of rows is 10");
  names([](What& w) { w.capacity = 0; }, "capacity of a slot is 0");
  names([](What& w) { w.value = nullptr; }, "the values is 0");
  names([](What& w) { ++w.key; }, "the keys is 4");
  names([](What& w) { w.at = nullptr; }, "the entries is 0");
}

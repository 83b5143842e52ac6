// Relevance metrics on the device against the CPU specification.
#include "kernels/relevance.hpp"
#include "twin_maps.hpp"

using namespace vrp;
using namespace vrp::test;

namespace {

constexpr double kTolerance = 1e-10;  // of values above 1: relative

struct Field {
  const char* name;
  double Relevance::*value;
  double tolerance;
};
constexpr Field kFields[] = {{"area", &Relevance::area, kTolerance},
                             {"mass", &Relevance::mass, kTolerance},
                             {"lift", &Relevance::lift, kTolerance},
                             {"log_lift", &Relevance::log_lift, kTolerance},
                             {"iou", &Relevance::iou, 0},
                             {"precision", &Relevance::precision, 0},
                             {"recall", &Relevance::recall, 0},
                             {"pointing", &Relevance::pointing, 0},
                             {"h_in", &Relevance::h_in, kTolerance},
                             {"h_out", &Relevance::h_out, kTolerance},
                             {"h_in_norm", &Relevance::h_in_norm, kTolerance},
                             {"h_b", &Relevance::h_b, kTolerance},
                             {"h_rel", &Relevance::h_rel, kTolerance},
                             {"c_in", &Relevance::c_in, 0},
                             {"c_out", &Relevance::c_out, 0}};

void compare(const std::vector<Relevance>& got, const std::vector<Relevance>& want) {
  REQUIRE(got.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    for (const Field& field : kFields) {
      const double a = got[i].*field.value, b = want[i].*field.value;
      const double allowed = field.tolerance * std::max(1.0, std::abs(b));
      if (std::isnan(b) ? std::isnan(a) : std::abs(a - b) <= allowed) continue;
      FAIL_CHECK(field.name << " of map " << i << ": device " << a << ", CPU " << b);
    }
  }
}

/// Ten kinds of region, one for each map in turn.
std::vector<double> regions(const MapBatch& batch, std::uint32_t seed) {
  const auto cells = static_cast<std::size_t>(batch.grid.cells());
  std::vector<double> out;
  for (std::int64_t i = 0; i < batch.count; ++i) {
    const std::size_t one = cells / 3;
    for (std::size_t s = 0; s < cells; ++s) {
      const double u =
          draw(seed, 100 + static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(s));
      const double kinds[] = {u,                           // partly covered
                              u < 0.2 ? 1.0 : 0.0,         // whole cells
                              std::floor(u * 4) / 10,      // never half, with ties
                              0.0,                         // outside of the picture
                              1.0,                         // everything
                              s == one ? 1.0 : 0.0,        // one cell
                              s == one ? 1e-3 : 0.0,       // a speck
                              u < 0.5 ? 0.5 : 0.0,         // exactly half
                              s + 1 == cells ? 0.2 : 0.1,  // the last is the most covered
                              s < cells / 2 ? 1.0 : u};
      out.push_back(kinds[(static_cast<std::uint32_t>(i) + seed) % 10]);
    }
  }
  return out;
}

void check(const MapBatch& batch, const std::vector<double>& f, std::int64_t f_count,
           const RelevanceOptions& options, int orders) {
  const std::int64_t cells = batch.grid.cells();
  std::vector<Relevance> want(static_cast<std::size_t>(batch.count));
  relevance(Device::cpu, batch.view(), {f.data(), f_count, cells}, batch.grid, options, want);
  DeviceArray<double> values(batch.values), coverage(f);
  std::vector<Relevance> first;
  in_every_order(
      [&] {
        DeviceArray<Relevance> rows(want.size());
        relevance(Device::cuda, {values.get(), batch.count, cells},
                  {coverage.get(), f_count, cells}, batch.grid, options, rows.span());
        const std::vector<Relevance> got = rows.read();
        compare(got, want);
        if (first.empty()) first = got;
        CHECK(same_bytes(first, got));
      },
      orders);
}

}  // namespace

TEST_CASE("relevance on the device is that of the CPU", "[kernels][cuda][relevance]") {
  for (const Grid grid : twin_grids()) {
    for (const std::uint32_t seed : {0u, 1u, 2u, 3u, 4u}) {
      INFO(grid.rows << " x " << grid.cols << ", seed " << seed);
      const MapBatch batch = twin_maps(grid, seed);
      const std::vector<double> f = regions(batch, 2 * seed);
      const int orders = grid.cells() > 200 ? 1 : 3;
      check(batch, f, batch.count, {0.30, 8, 0}, orders);
      check(batch, f, batch.count, {0.90, 4, static_cast<int>(seed)}, orders);
    }
  }
}

TEST_CASE("one region under all maps is a region for each", "[kernels][cuda][relevance]") {
  const Grid grid{7, 31};
  const MapBatch batch = twin_maps(grid, 5);
  const std::vector<double> all = regions(batch, 6);
  for (std::int64_t kind = 0; kind < 10; ++kind) {
    const auto begin = all.begin() + kind * grid.cells();
    check(batch, {begin, begin + grid.cells()}, 1, {}, 2);
  }
}

TEST_CASE("maps taken in parts have the rows of maps taken at once", "[kernels][cuda][relevance]") {
  const Grid grid{5, 6};
  MapBatch batch = twin_maps(grid, 8);
  const std::vector<double> f = regions(batch, 1);
  std::vector<Relevance> want(static_cast<std::size_t>(batch.count));
  DeviceArray<double> values(batch.values), coverage(f);
  for (const std::int64_t regions_given : {std::int64_t{1}, batch.count}) {
    relevance(Device::cpu, batch.view(), {f.data(), regions_given, 30}, grid, {}, want);
    for (const std::int64_t scratch_cells : {1, 30, 125, 30 * 18, 30 * 19}) {
      INFO(scratch_cells << " cells at a time");
      DeviceArray<Relevance> rows(want.size());
      relevance_cuda({values.get(), batch.count, 30}, {coverage.get(), regions_given, 30}, grid, {},
                     rows.get(), scratch_cells);
      compare(rows.read(), want);
    }
  }
}

TEST_CASE("the first covered share outside [0, 1] is named by either device",
          "[kernels][cuda][relevance]") {
  const Grid grid{1, 300000};
  MapBatch batch{std::vector<double>(300000, 1.0), grid, 1};
  std::vector<double> f(batch.values.size(), 0.5);
  f[299999] = -0.25;
  for (const double bad : {-0.25, 1.5, -1e-300, std::nan("")}) {
    if (bad != -0.25) f[270001] = bad;
    std::vector<Relevance> row(1);
    DeviceArray<double> values(batch.values), coverage(f);
    DeviceArray<Relevance> there(1);
    const std::string cpu = refusal([&] {
      relevance(Device::cpu, batch.view(), {f.data(), 1, 300000}, grid, {}, row);
    });
    in_every_order(
        [&] {
          CHECK(refusal([&] {
                  relevance(Device::cuda, {values.get(), 1, 300000}, {coverage.get(), 1, 300000},
                            grid, {}, there.span());
                }) == cpu);
        },
        2);
    CHECK(cpu.starts_with("relevance: covered share of a cell is "));
  }
}

TEST_CASE("no maps have no relevance", "[kernels][cuda][relevance]") {
  DeviceArray<double> coverage(std::vector<double>{0, 1});
  relevance(Device::cuda, {nullptr, 0, 2}, {coverage.get(), 1, 2}, {1, 2}, {}, {});
}

// Pictures and attention maps: resize, entropy, components, clusters, relevance.
#include <cmath>

#include "kernels/components.hpp"
#include "kernels/dbscan.hpp"
#include "kernels/relevance.hpp"
#include "kernels/resize_bicubic.hpp"
#include "kernels/spatial_entropy.hpp"
#include "tests/benchmarks/speed.hpp"

namespace vrp::speed {
namespace {

constexpr Grid kGrid{24, 24};

/// Maps of a few bumps on a floor of noise, each with mass 1.
std::vector<double> maps_of(std::int64_t count) {
  std::vector<double> out;
  const std::vector<float> noise = numbers(count * kGrid.cells(), 31);
  for (std::int64_t m = 0; m < count; ++m) {
    double mass = 0;
    const std::size_t begin = out.size();
    for (int row = 0; row < kGrid.rows; ++row) {
      for (int col = 0; col < kGrid.cols; ++col) {
        const double wave = std::sin(0.7 * row + static_cast<double>(m)) * std::cos(0.5 * col);
        const double x = std::exp(3 * wave) + 0.2 * std::abs(noise[out.size()]);
        out.push_back(x);
        mass += x;
      }
    }
    for (std::size_t i = begin; i < out.size(); ++i) out[i] /= mass;
  }
  return out;
}

}  // namespace

std::vector<Case> picture_and_maps(const Effort& effort) {
  const std::int64_t count = effort.quick ? 4 : 384;  // twelve blocks of 32 items
  const auto values = std::make_shared<std::vector<double>>(maps_of(count));
  const Maps<double> maps{values->data(), count, kGrid.cells()};
  const auto mask = std::make_shared<std::vector<std::uint8_t>>(values->size());
  const auto coverage = std::make_shared<std::vector<double>>(kGrid.cells(), 0.0);
  for (std::size_t i = 100; i < 180; ++i) (*coverage)[i] = 1.0;
  const auto nats = std::make_shared<std::vector<double>>(count);
  const auto labels = std::make_shared<std::vector<std::int32_t>>(values->size());
  const auto counts = std::make_shared<std::vector<std::int32_t>>(count);
  const auto rows = std::make_shared<std::vector<Relevance>>(count);
  const double read = 8.0 * static_cast<double>(values->size()), n = static_cast<double>(count);
  const std::int64_t width = effort.quick ? 64 : 640, height = effort.quick ? 48 : 480;
  const auto picture =
      std::make_shared<std::vector<std::uint8_t>>(static_cast<std::size_t>(width * height * 3));
  for (std::size_t i = 0; i < picture->size(); ++i) {
    (*picture)[i] = static_cast<std::uint8_t>(i * 7 % 251);
  }
  const std::int64_t to_width = effort.quick ? 44 : 448, to_height = effort.quick ? 33 : 336;
  // `values` is held by each call: `maps` is a view.
  return {
      {"resize 640 x 480 to 448 x 336",
       [=] { resize_bicubic(*picture, width, height, to_width, to_height); }, 0, 0,
       3.0 * static_cast<double>(width * height + to_width * to_height), 1, "pictures"},
      {"spatial entropy", [=, hold = values] { spatial_entropy(Device::cpu, maps, *nats); }, read,
       0, 0, n, "maps"},
      {"top-mass components",
       [=, hold = values] {
         top_mass_mask_cpu(maps, 0.3, mask->data());
         components_cpu(mask->data(), maps.count, kGrid, 8, labels->data(), counts->data());
       },
       read, 0, 0, n, "maps"},
      {"dbscan clusters",
       [=, hold = values] { dbscan_clusters_cpu(maps, kGrid, DbscanOptions{}, counts->data()); },
       read, 0, 0, n, "maps"},
      {"relevance",
       [=, hold = values] {
         relevance_cpu(maps, {coverage->data(), 1, kGrid.cells()}, kGrid, {}, rows->data());
       },
       read, 0, 0, n, "maps"}};
}

}  // namespace vrp::speed

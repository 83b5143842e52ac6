#pragma once
// The image processors of the families, behind prepare_image (image.hpp), and what they share.
#include <array>
#include <cstdint>
#include <vector>

#include "pipeline/model/image.hpp"

namespace vrp {

/// For each colour, what a byte becomes: byte * rescale in double, rounded to float32, then
/// (value - mean) / std in float32.
using LevelTable = std::array<std::array<float, 256>, 3>;
LevelTable level_table(const ImageProcessorSpec& spec);

/// [height, width, 3] bytes -> [3, height, width].
std::vector<float> colour_planes(const RgbImage& image, const LevelTable& table);

/// [height, width, 3] bytes -> flat patches [N, 3 * frames * patch * patch]. The patches of a
/// merge x merge block follow each other, blocks in row-major order: (block row, block column, row,
/// column in the block); inside a patch (colour, time, y, x), the picture repeated `frames` times.
std::vector<float> block_patches(const RgbImage& image, const VisionSpec& vision,
                                 const LevelTable& table);

/// The resized picture's height and width: both multiples of `factor`, the ratio kept as well as
/// that allows, the area within the bounds where the ratio allows it. Error (bad_input) for a side
/// more than 200 times the other. Source: transformers' Qwen2-VL smart_resize.
struct PictureSize {
  std::int64_t height = 0, width = 0;
};
PictureSize smart_size(std::int64_t height, std::int64_t width, std::int64_t factor,
                       std::int64_t min_pixels, std::int64_t max_pixels);

/// The mapping of a picture that is resized whole to `resized`; cells are left to set_cells.
Geometry whole_picture(const RgbImage& image, const RgbImage& resized);
/// Cuts the model's input into cells of `side` pixels. Where the sides are no multiples of it, the
/// tower leaves the right and lower rest out, and so does the geometry's width and height.
void set_cells(Geometry& geometry, const RgbImage& input, int side);

PreparedImage prepare_shortest_edge(const RgbImage& image, const ModelSpec& spec);
PreparedImage prepare_fixed(const RgbImage& image, const ModelSpec& spec);
PreparedImage prepare_smart(const RgbImage& image, const ModelSpec& spec);

}  // namespace vrp

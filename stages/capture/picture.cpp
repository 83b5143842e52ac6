#include "stages/capture/picture.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/hash.hpp"

namespace vrp {

RgbImage grey_picture(const RgbImage& image) {
  RgbImage grey{image.width, image.height, {}, {}};
  grey.rgb.assign(image.rgb.size(), 128);
  return grey;
}

Picture read_picture(const ItemTable& items, std::size_t row) {
  Picture out;
  try {
    const auto path = inside(items.image_root, items.image[row]);
    const auto bytes = read_bytes(path);
    const std::string found = hash_bytes(bytes.data(), bytes.size()).hex();
    if (!items.image_hash[row].empty() && found != items.image_hash[row]) {
      fail(path.string(), ": its bytes hash to ", found, ", at import they hashed to ",
           items.image_hash[row]);
    }
    out.image = decode_image(bytes, path.string());
  } catch (const FileError& error) {
    if (is_transient(error.number())) throw;  // the storage fails, not the item
    out.problem = error.what();
  } catch (const Error& error) {
    out.problem = error.what();
  }
  return out;
}

}  // namespace vrp

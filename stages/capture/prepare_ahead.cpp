#include "stages/capture/prepare_ahead.hpp"

#include <map>
#include <utility>

#include "pipeline/base/error.hpp"
#include "stages/capture/question.hpp"

namespace vrp {
namespace {

std::size_t bytes_of(const PreparedImage& image) {
  return image.pixels.size() * sizeof(float) + image.resized.rgb.size();
}

}  // namespace

void prepare_ahead(std::vector<Picture>& pictures, const ItemTable& items, std::size_t first,
                   const ModelFront& front, const PromptStyle& style, bool grey,
                   std::size_t most_bytes) {
  std::map<std::pair<int, int>, std::shared_ptr<const PreparedImage>> twins;  // by source size
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < pictures.size() && bytes < most_bytes; ++i) {
    Picture& picture = pictures[i];
    if (!picture.problem.empty() || picture.image.rgb.empty()) continue;
    try {
      picture.item = std::make_shared<PreparedItem>(
          prepare_asked(front.tokenizer, front.spec, picture.image, items, first + i, style));
      bytes += bytes_of(picture.item->image);
      if (grey) {
        auto& twin = twins[{picture.image.width, picture.image.height}];
        if (twin == nullptr) {
          twin = std::make_shared<PreparedImage>(
              prepare_image(grey_picture(picture.image), front.spec));
          bytes += bytes_of(*twin);
        }
        picture.grey = twin;
      }
      picture.image = {};
    } catch (const Error&) {
      // The stage meets it again, and says it in the item's row.
    }
  }
}

}  // namespace vrp

#include "pipeline/model/prompt.hpp"

#include <algorithm>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/model/fields.hpp"
#include "pipeline/model/tokenizer_components.hpp"

namespace vrp {
namespace {

/// The template that the style names or brings along.
std::string template_of(const PromptSpec& prompt, const PromptStyle& style) {
  if (!style.text.empty()) return style.text;
  if (style.template_name == "plain") return prompt.plain;
  if (style.template_name == "chat") return prompt.chat;
  fail_usage("prompt template is '", style.template_name, "', expected plain or chat");
}

/// The template's {q} and {s} filled in; what stands inside the question is left alone.
std::string prompt_text(const PromptSpec& prompt, const PromptStyle& style,
                        std::string_view question) {
  std::string text = template_of(prompt, style);
  replace_all(text, "{s}", style.suffix);
  const std::size_t at = text.find("{q}");
  if (at == std::string::npos || text.find("{q}", at + 1) != std::string::npos) {
    fail_usage("prompt template '", text, "' must hold {q} exactly once");
  }
  return text.replace(at, 3, question);
}

}  // namespace

void check_prompt_tokens(const Tokenizer& tokenizer, const ModelSpec& spec) {
  for (const std::string& token : spec.prompt.tokens) {
    const std::int32_t id = tokenizer.token_id(token);
    if (id < 0) {
      fail("tokenizer has no token '", excerpt(token), "', which the prompts of ", spec.family,
           " need; is it of another model?");
    }
    if (token == spec.prompt.image && id != spec.image_token) {
      fail("tokenizer's token '", excerpt(token), "' has the id ", id, ", expected ",
           spec.image_token, ", the image token of config.json");
    }
    if (tokenizer.encode(token, false) != std::vector<std::int32_t>{id}) {
      fail("tokenizer splits the text '", excerpt(token), "', expected its token ", id);
    }
  }
}

void check_end_token(const std::filesystem::path& checkpoint, const Tokenizer& tokenizer,
                     const ModelSpec& spec) {
  const auto path = checkpoint / "tokenizer_config.json";
  if (!std::filesystem::exists(path)) return;
  const Fields config = Fields::file(path);
  if (!config.has("eos_token")) return;
  const Json& entry = config.raw("eos_token");
  const std::string text = entry.is_object()
                               ? config.object("eos_token").text("content", std::nullopt)
                               : config.text("eos_token", std::nullopt);
  const std::int32_t id = tokenizer.token_id(text);
  if (id < 0) {
    config.refuse("eos_token", "a token of tokenizer.json; is it of another model?");
  }
  if (std::ranges::find(spec.eos, id) == spec.eos.end()) {
    std::vector<std::string> ids;
    for (const std::int32_t end : spec.eos) ids.push_back(std::to_string(end));
    config.refuse("eos_token",
                  concat("a token with an id of the model's end tokens, ", join(ids, ", "),
                         "; in tokenizer.json it has the id ", id, ", is it of another model?"));
  }
}

void fill_positions(const ModelSpec& spec, PreparedItem& item) {
  const std::size_t tokens = item.ids.size();
  const int axes = spec.text.position_axes();
  const auto rows = item.image.geometry.rows, cols = item.image.geometry.cols;
  item.positions.assign(static_cast<std::size_t>(axes) * tokens, 0);
  std::int32_t* const time = item.positions.data();
  std::int32_t* const row = time + (axes > 1 ? tokens : 0);
  std::int32_t* const col = time + (axes > 1 ? 2 * tokens : 0);
  std::int32_t next = spec.text.first_position;
  for (std::size_t i = 0; i < tokens;) {
    if (axes == 1 || item.ids[i] != spec.image_token) {
      time[i] = row[i] = col[i] = next++;
      ++i;
      continue;
    }
    const auto run = std::find_if(item.ids.begin() + static_cast<std::ptrdiff_t>(i), item.ids.end(),
                                  [&](std::int32_t id) { return id != spec.image_token; });
    const auto length = (run - item.ids.begin()) - static_cast<std::ptrdiff_t>(i);
    if (length != std::int64_t{rows} * cols) {
      fail("prompt has ", length, " image tokens in a row, expected ", rows, " x ", cols, " for ",
           "its picture");
    }
    for (std::int32_t r = 0; r < rows; ++r) {
      for (std::int32_t c = 0; c < cols; ++c, ++i) {
        time[i] = next;
        row[i] = next + r;
        col[i] = next + c;
      }
    }
    next += std::max(rows, cols);
  }
  item.next_position = next;
}

std::vector<std::int32_t> prompt_ids(const Tokenizer& tokenizer, const ModelSpec& spec,
                                     std::string_view question, const PromptStyle& style) {
  const std::vector<std::int32_t> ids =
      tokenizer.encode(prompt_text(spec.prompt, style, question), spec.prompt.special_tokens);
  const auto images = std::ranges::count(ids, spec.image_token);
  if (images != 1) fail("prompt holds ", images, " image tokens, expected exactly 1");
  return ids;
}

std::vector<std::int32_t> answer_ids(const Tokenizer& tokenizer, const ModelSpec& spec,
                                     std::string_view question, const PromptStyle& style,
                                     std::string_view answer) {
  if (answer.empty()) fail("an answer to be scored is empty, expected text");
  std::string text = prompt_text(spec.prompt, style, question);
  const std::vector<std::int32_t> prompt = tokenizer.encode(text, spec.prompt.special_tokens);
  if (std::string_view(" \t\n\r\f\v").find(text.back()) == std::string_view::npos) text += ' ';
  std::vector<std::int32_t> ids = tokenizer.encode(text.append(answer), spec.prompt.special_tokens);
  const bool joined =
      ids.size() <= prompt.size() || !std::equal(prompt.begin(), prompt.end(), ids.begin());
  if (joined) {
    ids = tokenizer.encode(answer, false);
  } else {
    ids.erase(ids.begin(), ids.begin() + std::ssize(prompt));
  }
  if (std::ranges::count(ids, spec.image_token) > 0) {
    fail("answer to be scored '", excerpt(answer), "' holds an image token");
  }
  return ids;
}

namespace {

PreparedItem expand(const ModelSpec& spec, const std::vector<std::int32_t>& unexpanded,
                    PreparedImage image) {
  PreparedItem item;
  item.image = std::move(image);
  const int cells = item.image.geometry.rows * item.image.geometry.cols;
  for (const std::int32_t id : unexpanded) {
    const int copies = id == spec.image_token ? cells : 1;
    for (int i = 0; i < copies; ++i) {
      if (id == spec.image_token) item.image_positions.push_back(std::ssize(item.ids));
      item.ids.push_back(id);
    }
  }
  if (std::ssize(item.ids) > spec.text.max_positions) {
    fail("prompt has ", item.ids.size(), " tokens, expected at most ", spec.text.max_positions);
  }
  fill_positions(spec, item);
  return item;
}

}  // namespace

PreparedItem prepare_item(const Tokenizer& tokenizer, const ModelSpec& spec, const RgbImage& image,
                          std::string_view question, const PromptStyle& style) {
  const std::vector<std::int32_t> ids = prompt_ids(tokenizer, spec, question, style);
  return expand(spec, ids, prepare_image(image, spec));
}

PreparedItem prepare_item(const Tokenizer& tokenizer, const ModelSpec& spec, PreparedImage image,
                          std::string_view question, const PromptStyle& style) {
  return expand(spec, prompt_ids(tokenizer, spec, question, style), std::move(image));
}

}  // namespace vrp

#include "pipeline/items/set_files.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/image_folder.hpp"
#include "pipeline/items/item_table.hpp"
#include "pipeline/items/json_rows.hpp"

namespace vrp {
namespace {

std::string stem(const std::string& name) {
  const std::filesystem::path path(name);
  const std::string extension = path.extension().string();
  return extension == ".jpg" || extension == ".png" ? path.stem().string()
                                                    : path.filename().string();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

std::string set_text(const Json& rows) {
  std::string out = "[";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out += (i == 0 ? "\n" : ",\n") + rows[i].dump();
  }
  return out + "\n]\n";
}

std::set<std::string> images_used_by(const std::filesystem::path& path, std::int64_t first) {
  std::set<std::string> out;
  const auto room = [&](std::size_t row) {
    return first <= 0 || row < static_cast<std::size_t>(first);
  };
  if (path.extension() == ".h5") {
    const ItemTable table = read_item_table(path);
    for (std::size_t row = 0; row < table.size() && room(row); ++row) {
      out.insert(stem(table.image[row]));
    }
    return out;
  }
  const auto rows = read_json_rows(path);
  for (std::size_t i = 0; i < rows.size() && room(i); ++i) {
    const Json& object = rows[i].value;
    for (const char* field : {"image", "image_name"}) {
      if (object.contains(field)) out.insert(stem(json_text(object, field, rows[i].where)));
    }
    if (object.contains("image") || object.contains("image_name")) continue;
    out.insert(stem(set_image_name(object, rows[i].where)));
  }
  return out;
}

Json check_sheet(const Json& rows, double share, std::uint64_t seed) {
  std::vector<std::pair<std::uint64_t, std::size_t>> order;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string id = rows[i].at("question_id").get<std::string>();
    const PhiloxCounter w = Rng(seed, "items", "", id, "check sheet").words(0);
    order.emplace_back((std::uint64_t{w.c0} << 32) | w.c1, i);
  }
  std::sort(order.begin(), order.end());
  const auto wanted = static_cast<std::size_t>(std::ceil(share * static_cast<double>(rows.size())));
  order.resize(std::min(order.size(), std::max<std::size_t>(1, wanted)));
  Json sheet = Json::array();
  for (const auto& entry : order) {
    const Json& row = rows[entry.second];
    sheet.push_back({{"question_id", row.at("question_id")},
                     {"image_id", row.at("image_id")},
                     {"question", row.at("question")},
                     {"answer", row.at("answer")},
                     {"boxes", row.at("boxes")},
                     {"width", row.at("width")},
                     {"height", row.at("height")},
                     {"verdict", ""}});
  }
  return sheet;
}

std::string check_sheet_html(const Json& sheet, const std::string& title,
                             const std::vector<std::string>& files) {
  std::string out = concat(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>", escaped(title),
      "</title><style>body{font-family:sans-serif}figure{display:inline-block;margin:1em;"
      "width:420px;vertical-align:top}svg{width:420px}rect{fill:none;stroke:#e6007e;"
      "stroke-width:2}</style></head><body><h1>",
      escaped(title),
      "</h1><p>Fill in \"verdict\" (ok or veto) in the JSON sheet beside this "
      "page and import again with --veto.</p>\n");
  for (std::size_t i = 0; i < sheet.size(); ++i) {
    const Json& row = sheet[i];
    const Json &width = row.at("width"), &height = row.at("height");
    out += concat("<figure><svg viewBox=\"0 0 ", width.dump(), " ", height.dump(),
                  "\"><image href=\"", escaped(files.at(i)), "\" width=\"", width.dump(),
                  "\" height=\"", height.dump(), "\"/>");
    for (const Json& box : row.at("boxes")) {
      out += concat("<rect x=\"", box[0].dump(), "\" y=\"", box[1].dump(), "\" width=\"",
                    box[2].dump(), "\" height=\"", box[3].dump(), "\"/>");
    }
    out += concat("</svg><figcaption>", escaped(row.at("question_id").get<std::string>()), ": ",
                  escaped(row.at("question").get<std::string>()), " <b>",
                  escaped(row.at("answer").get<std::string>()), "</b></figcaption></figure>\n");
  }
  return out + "</body></html>\n";
}

Vetoes read_vetoes(const std::filesystem::path& path) {
  Vetoes out;
  for (const JsonRow& row : read_json_rows(path)) {
    const std::string item = stem(set_image_name(row.value, row.where)) + '\n' +
                             json_text(row.value, "question", row.where);
    const std::string verdict =
        row.value.contains("verdict") ? json_text(row.value, "verdict", row.where) : "veto";
    if (verdict != "ok" && verdict != "veto" && !verdict.empty()) {
      fail(row.where, ": field 'verdict' is '", excerpt(verdict),
           "', expected ok, veto or nothing");
    }
    out.checked += verdict.empty() ? 0 : 1;
    if (verdict == "veto") out.items.insert(item);
  }
  return out;
}

}  // namespace vrp

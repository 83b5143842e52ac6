#include <algorithm>
#include <array>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/json_stream.hpp"
#include "pipeline/items/vqa_answers.hpp"

namespace vrp {
namespace {

constexpr std::string_view kImageMark = "<IMG>";  // of version 2, between image names and text
constexpr std::size_t kPublishedRows = 218;
/// `seq` (sequences of images and text) is version 2's.
constexpr std::array<const char*, 7> kCapabilities = {"rec",  "ocr",  "know", "gen",
                                                      "spat", "math", "seq"};

std::size_t rank_of(const std::string& capability) {
  return static_cast<std::size_t>(
      std::find(kCapabilities.begin(), kCapabilities.end(), capability) - kCapabilities.begin());
}

/// Field `capability`, checked, in the benchmark's order.
std::vector<std::string> capabilities_of(const Json& object, const std::string& where) {
  const Json& listed = json_at(object, "capability", where);
  if (!listed.is_array() || listed.empty()) {
    fail(where, ": field 'capability' is ", excerpt(listed.dump()),
         ", expected a list of capabilities");
  }
  std::vector<std::string> out;
  for (const Json& value : listed) {
    const std::string name = value.is_string() ? value.get<std::string>() : value.dump();
    if (!value.is_string() || rank_of(name) == kCapabilities.size()) {
      fail(where, ": field 'capability' has '", excerpt(name),
           "', expected of rec, ocr, know, gen, spat, math, seq");
    }
    if (std::find(out.begin(), out.end(), name) != out.end()) {
      fail(where, ": field 'capability' has '", name, "' twice");
    }
    out.push_back(name);
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return rank_of(a) < rank_of(b); });
  return out;
}

bool is_image_name(const std::string& piece) {
  return piece.ends_with(".jpg") || piece.ends_with(".png") || piece.ends_with(".jpeg");
}

/// Image and question of an entry of version 2: "What is this?<IMG>v2_0_0.png".
void read_sequence(const std::string& text, SourceRow& out) {
  std::vector<std::string> images, texts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(kImageMark, at), text.size());
    const std::string piece = trim(std::string_view(text).substr(at, end - at));
    if (!piece.empty()) (is_image_name(piece) ? images : texts).push_back(piece);
    at = end + kImageMark.size();
  }
  if (images.size() != 1) {
    fail(out.where, ": field 'question' has ", images.size(), " images (", excerpt(text),
         "); items with other than one image are not asked, --on-error skip leaves them out");
  }
  out.image = images.front();
  out.question = join(texts, "\n");
}

SourceRow read_entry(const JsonElement& element, const std::string& split) {
  const Json& object = element.value;
  SourceRow out;
  out.where = element.where;
  out.id = element.name;
  out.split = split;
  if (trim(out.id).empty()) fail(out.where, ": the id is empty");
  const std::string question = json_text(object, "question", out.where);
  if (question.find(kImageMark) != std::string::npos) {
    read_sequence(question, out);
  } else {
    out.question = question;
    out.image = json_text(object, "imagename", out.where);
  }
  out.answer = json_text(object, "answer", out.where);
  if (trim(out.answer).empty()) fail(out.where, ": field 'answer' is empty");
  out.type = join(capabilities_of(object, out.where), ",");
  out.metadata = other_fields(object, {"imagename", "question", "answer"});
  return out;
}

}  // namespace

Imported import_mm_vet(const ImportOptions& options) {
  const std::string name = options.name.empty() ? "mm_vet" : options.name;
  TableBuilder builder(options, name);
  const std::string split = options.split.empty() ? "test" : options.split;
  std::size_t rows = 0;
  bool version2 = false;
  for_each_member(options.annotations, [&](JsonElement& element) {
    ++rows;
    version2 |= element.name.starts_with("v2_");
    builder.add(element.name, [&] { return read_entry(element, split); });
  });
  if (builder.table().size() == 0) fail(options.annotations.string(), ": no row is left");
  builder.record_source("source", options.annotations);
  auto& facts = builder.table().facts;
  facts["importer"] = "mm_vet@1";
  facts["format"] = version2 ? "MM-Vet v2" : "MM-Vet";
  facts["source_rows"] = std::to_string(rows);
  if (!version2 && rows != kPublishedRows) {
    builder.warn(concat(rows, " entries, the published file has ", kPublishedRows));
  }
  Imported out = builder.finish(name, "open");
  out.table.scorers = scorer_labels({"grade", "rouge_l"});
  return out;
}

}  // namespace vrp

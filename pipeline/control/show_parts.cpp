#include "pipeline/control/show_parts.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

std::string attribute(const Array& array, const char* name) {
  const auto found = array.attributes.find(name);
  return found == array.attributes.end() ? "" : found->second;
}

/// Value `index` of a ragged array; null when the record lacks it.
Json ragged(const Record& record, const char* name, std::size_t index) {
  const Array* array = record.find(name);
  if (array == nullptr || index >= static_cast<std::size_t>(array->size())) return nullptr;
  return json_value(*array, index);
}

/// "name" of "name@3", as labels are stored.
std::string base_name(const std::string& scorer) { return scorer.substr(0, scorer.find('@')); }

/// Labels are 1 and 0; -1 means none.
Json label_json(const Json& stored) {
  return stored.is_number_integer() && stored.get<int>() >= 0 ? stored : Json(nullptr);
}

/// A value of [item, condition]; null without the array.
Json at(const Json& list, std::size_t index) {
  return list.is_array() && index < list.size() ? list[index] : Json(nullptr);
}

}  // namespace

Json answer_part(const ItemRow& capture) {
  Json tokens = Json::array();
  const auto [first, last] = capture.range("answer/token_offset");
  for (std::size_t i = first; i < last; ++i)
    tokens.push_back({{"id", ragged(capture.record(), "answer/tokens", i)},
                      {"logprob", ragged(capture.record(), "answer/logprob", i)},
                      {"entropy", ragged(capture.record(), "answer/entropy", i)}});
  return {{"text", capture.value("answer/text")},
          {"length", capture.value("answer/length")},
          {"ended", capture.value("answer/ended")},
          {"prompt_tokens", capture.value("item/prompt_tokens")},
          {"tokens", tokens}};
}

Json labels_part(const ItemRow& capture, const std::vector<std::string>& scorers) {
  Json out = Json::array();
  for (const std::string& scorer : scorers) {
    const std::string name = base_name(scorer);
    const Json unparsed = capture.value("label_invalid/" + name);
    out.push_back({{"scorer", scorer},
                   {"primary", &scorer == &scorers.front()},
                   {"label", label_json(capture.value("label/" + name))},
                   {"score", capture.value("label_score/" + name)},
                   {"parsed", capture.value("label_parsed/" + name)},
                   {"unparsed", unparsed.is_number() && unparsed.get<int>() != 0}});
  }
  return out;
}

Json signals_part(const ItemRow& row, const std::string& stage) {
  Json out = Json::array();
  for (const Array& array : row.record().arrays()) {
    if (array.dims != std::vector<std::string>{"item"} || attribute(array, "role") != "signal")
      continue;
    Json entry = {{"stage", stage},
                  {"name", array.name.substr(array.name.find('/') + 1)},
                  {"array", array.name},
                  {"value", row.value(array.name)},
                  {"units", array.units},
                  {"orientation", attribute(array, "orientation")},
                  {"control", !attribute(array, "control").empty()},
                  {"percentile", nullptr},
                  {"n", 0}};
    if (const auto value = row.number(array.name)) {
      if (const auto place = percentile(row.record().as_double(array.name), *value)) {
        entry["percentile"] = place->value;
        entry["n"] = place->n;
      }
    }
    out.push_back(std::move(entry));
  }
  return out;
}

Json samples_part(const ItemRow& consistency) {
  const Json texts = consistency.value("path/text");
  const Json status = consistency.value("item/status");
  if (!texts.is_array() || (status.is_number() && status.get<int>() == 1)) return nullptr;
  const Json normalised = consistency.value("path/normalised");
  const Json length = consistency.value("path/length"), logprob = consistency.value("path/logprob");
  Json paths = Json::array(), counts = Json::array();
  for (std::size_t k = 0; k < texts.size(); ++k) {
    paths.push_back({{"text", texts[k]},
                     {"normalised", at(normalised, k)},
                     {"length", at(length, k)},
                     {"logprob", at(logprob, k)}});
    const auto known = std::find_if(counts.begin(), counts.end(),
                                    [&](const Json& entry) { return entry["text"] == texts[k]; });
    if (known == counts.end())
      counts.push_back({{"text", texts[k]}, {"n", 1}});
    else
      (*known)["n"] = (*known)["n"].get<int>() + 1;
  }
  std::stable_sort(counts.begin(), counts.end(), [](const Json& a, const Json& b) {
    return a["n"].get<int>() > b["n"].get<int>();
  });
  return {{"k", texts.size()},
          {"s_sc", consistency.value("consistency/s_sc")},
          {"answer_entropy", consistency.value("consistency/answer_entropy")},
          {"distinct", consistency.value("consistency/distinct")},
          {"majority", consistency.value("consistency/majority")},
          {"tie", consistency.value("consistency/tie")},
          {"counts", counts},
          {"paths", paths}};
}

Json lens_part(const ItemRow& capture) {
  const Json margin = capture.value("lens/margin");
  if (!margin.is_array()) return nullptr;
  Json blocks = Json::array();
  for (std::size_t state = 0; state < margin.size(); ++state)
    blocks.push_back(static_cast<std::int64_t>(state) - 1);
  Json out = {{"blocks", blocks},
              {"margin", margin},
              {"attention", capture.value("contribution/attention")},
              {"mlp", capture.value("contribution/mlp")},
              {"residual_update", capture.value("residual_update/mean")}};
  for (const char* name : {"margin_blank", "target", "top2", "yes", "no", "rank"})
    out[name] = capture.value(std::string("lens/") + name);
  return out;
}

Json attention_part(const ItemRow& metrics, const ItemRow* capture) {
  Json out = {{"grid", capture ? capture->value("item/grid") : Json(nullptr)},
              {"share", capture ? capture->value("attention/share") : Json(nullptr)},
              {"flag", metrics.text("metrics/flag")},
              {"h_s_percentile", nullptr},
              {"n", 0},
              {"h_s_layer", metrics.value("metrics/h_s_layer")}};
  for (const char* name : {"h_s", "h_n", "c_k"})
    out[name] = metrics.value(std::string("metrics/") + name);
  if (const auto h_s = metrics.number("metrics/h_s")) {
    if (const auto place = percentile(metrics.record().as_double("metrics/h_s"), *h_s)) {
      out["h_s_percentile"] = place->value;
      out["n"] = place->n;
    }
  }
  const Json defined = metrics.value("relevance/defined");
  Json region = {{"defined", defined.is_number() && defined.get<int>() != 0},
                 {"reason", metrics.text("relevance/reason")}};
  for (const char* name :
       {"mass", "lift", "iou", "precision", "recall", "pointing", "h_rel", "area", "mass_layer"})
    region[name] = metrics.value(std::string("relevance/") + name);
  out["region"] = std::move(region);
  return out;
}

Json interventions_part(const ItemRow& interventions, const std::string& scorer) {
  const Record& record = interventions.record();
  if (record.find("edit/name") == nullptr) return nullptr;
  const Json answers = interventions.value("answer/text");
  const Json lengths = interventions.value("answer/length");
  const Json changed = interventions.value("answer/changed");
  const Json margins = interventions.value("answer/margin");
  const Json cells = interventions.value("mask/cells");
  const Json labels = interventions.value("label/" + base_name(scorer));
  Json conditions = Json::array();
  const auto edits = static_cast<std::size_t>(record.at("edit/name").size());
  for (std::size_t e = 0; e < edits; ++e) {
    const Json length = at(lengths, e);
    const bool answered = length.is_number() && length.get<int>() >= 0;
    Json entry = {{"answer", answered ? at(answers, e) : Json(nullptr)},
                  {"changed", answered && at(changed, e) == 1},
                  {"label", answered ? label_json(at(labels, e)) : Json(nullptr)},
                  {"margin", at(margins, e)},
                  {"cells", at(cells, e)}};
    for (const char* name :
         {"name", "family", "target", "operation", "layer", "count", "value", "draw", "scope"})
      entry[name] = ragged(record, (std::string("edit/") + name).c_str(), e);
    conditions.push_back(std::move(entry));
  }
  return {{"status", interventions.value("item/status")},
          {"reason", interventions.text("item/reason")},
          {"fold", interventions.value("item/fold")},
          {"conditions", conditions}};
}

}  // namespace vrp

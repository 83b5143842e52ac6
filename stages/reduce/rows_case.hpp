#pragma once
// What reduce returns about the item of the case study.
#include <cstdint>
#include <string>

#include "pipeline/store/frame.hpp"

namespace vrp {

/// Frame "case": the item of the case study F5: the wrong answer with the lowest H_s of its set.
struct CaseRow {
  std::string model;
  std::string benchmark;
  std::string key;
  std::string question;
  std::string reference;
  std::string answer;
  double h_s = kUndefined;
  double h_n = kUndefined;
  double percentile = kUndefined;
  std::int64_t n = 0;
  double c_k = kUndefined;
  double confidence = kUndefined;
  double s_sc = kUndefined;
  double margin_final = kUndefined;
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &CaseRow::model, "", "model");
    visit("benchmark", &CaseRow::benchmark, "", "benchmark");
    visit("key", &CaseRow::key, "", "item");
    visit("question", &CaseRow::question, "", "question");
    visit("reference", &CaseRow::reference, "", "right answer");
    visit("answer", &CaseRow::answer, "", "the model's answer");
    visit("h_s", &CaseRow::h_s, "nats", "H_s");
    visit("h_n", &CaseRow::h_n, "1", "H_n");
    visit("percentile", &CaseRow::percentile, "%",
          "percentile of H_s in its set: share below plus half of ties");
    visit("n", &CaseRow::n, "items", "items of the set with H_s");
    visit("c_k", &CaseRow::c_k, "components", "C_k");
    visit("confidence", &CaseRow::confidence, "probability", "output confidence");
    visit("s_sc", &CaseRow::s_sc, "1", "S_SC");
    visit("margin_final", &CaseRow::margin_final, "logits", "margin of the last block");
    visit("note", &CaseRow::note, "", "what is undefined, or why there is no such item");
  }
};

/// Frame "case_layer": the lens of that item, one row for each state.
struct CaseLayerRow {
  std::string model;
  std::string benchmark;
  std::string key;
  std::int64_t layer = 0;
  double margin = kUndefined;
  double margin_blank = kUndefined;
  double yes = kUndefined;
  double no = kUndefined;
  double top2 = kUndefined;
  std::string note;

  template <class Visit>
  static void fields(Visit&& visit) {
    visit("model", &CaseLayerRow::model, "", "model");
    visit("benchmark", &CaseLayerRow::benchmark, "", "benchmark");
    visit("key", &CaseLayerRow::key, "", "item");
    visit("layer", &CaseLayerRow::layer, "1", "block; -1 = embeddings");
    visit("margin", &CaseLayerRow::margin, "logits", "margin(l)");
    visit("margin_blank", &CaseLayerRow::margin_blank, "logits", "margin(l) with a blank image");
    visit("yes", &CaseLayerRow::yes, "logits", "largest logit of the yes set");
    visit("no", &CaseLayerRow::no, "logits", "largest logit of the no set");
    visit("top2", &CaseLayerRow::top2, "logits", "largest minus second largest logit");
    visit("note", &CaseLayerRow::note, "", "why something is undefined");
  }
};

}  // namespace vrp

#include "stages/capture/lens_columns.hpp"

namespace vrp {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

LensColumns::LensColumns(const ModelSpec& spec, const CaptureParams& params)
    : layers_(spec.text.layers), heads_(spec.text.heads), params_(params) {}

void LensColumns::add(const LensItem& item) {
  append(margin_, item.margin);
  append(margin_blank_, item.margin_blank);
  append(target_, item.target);
  append(top2_, item.top2);
  append(yes_, item.yes);
  append(no_, item.no);
  append(rank_, item.rank);
  target_token_.push_back(item.target_token);
  rival_token_.push_back(item.rival_token);
  margin_last_.push_back(item.margin_last);
  top2_last_.push_back(item.top2_last);
  append(attention_, item.attention);
  append(mlp_, item.mlp);
  embedding_.push_back(item.embedding);
  append(attention_norm_, item.attention_norm);
  append(mlp_norm_, item.mlp_norm);
  append(update_mean_, item.update_mean);
  append(update_relative_, item.update_relative);
  append(head_gain_, item.head_gain);
}

void LensColumns::finish(std::int64_t items, Record& out) {
  if (!params_.lens) return;
  const auto per_state = [&](const char* name, auto& values, const char* units, const char* text) {
    out.add(name, {"item", "state"}, {items, layers_ + 1}, std::move(values), units, text);
  };
  const auto per_layer = [&](const char* name, auto& values, const char* units, const char* text) {
    out.add(name, {"item", "layer"}, {items, layers_}, std::move(values), units, text);
  };
  const auto per_item = [&](const char* name, auto& values, const char* units, const char* text) {
    out.add(name, {"item"}, {items}, std::move(values), units, text);
  };
  per_state("lens/margin", margin_, "logits",
            "best right first token minus best other, of each state; NaN without reference");
  if (params_.blank) {
    per_state("lens/margin_blank", margin_blank_, "logits", "the same with the grey picture");
  }
  per_state("lens/target", target_, "logits", "largest logit of a right first token");
  per_state("lens/top2", top2_, "logits", "largest minus second largest logit of all tokens");
  per_state("lens/yes", yes_, "logits", "largest logit of the forms of yes");
  per_state("lens/no", no_, "logits", "largest logit of the forms of no");
  per_state("lens/rank", rank_, "1", "1 = a right first token is the largest; -1 = no reference");
  per_item("lens/target_token", target_token_, "1",
           "best right first token of the last state; -1 = no reference");
  per_item("lens/rival_token", rival_token_, "1", "best other token there; -1 = no reference");
  Array margin = signal_array("lens/margin_last", std::move(margin_last_), 1, "logits",
                              "margin of the last state; needs the reference");
  margin.attributes.emplace("needs_reference", "1");
  out.add(std::move(margin));
  out.add(signal_array("lens/top2_last", std::move(top2_last_), 1, "logits",
                       "largest minus second largest logit of the first answer token"));
  per_layer("contribution/attention", attention_, "logits",
            "what each attention block adds to margin_last");
  per_layer("contribution/mlp", mlp_, "logits", "what each MLP block adds to margin_last");
  per_item("contribution/embedding", embedding_, "logits", "what h(-1) adds to margin_last");
  per_layer("contribution/attention_norm", attention_norm_, "1",
            "L2 norm of each attention block's output at the last prompt position");
  per_layer("contribution/mlp_norm", mlp_norm_, "1",
            "L2 norm of each MLP block's output at the last prompt position");
  per_layer("residual_update/mean", update_mean_, "1",
            "mean over image positions of ||h(l) - h(l-1)||");
  per_layer("residual_update/relative", update_relative_, "1",
            "mean over image positions of ||h(l) - h(l-1)|| / ||h(l-1)||");
  if (params_.head_gain) {
    out.add("head/gain", {"item", "layer", "head"}, {items, layers_, heads_}, std::move(head_gain_),
            "nats", "what each head adds to ln P of the first answer token");
  }
}

}  // namespace vrp

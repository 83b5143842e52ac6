#include "pipeline/base/error.hpp"
#include "stages/probes/candidates.hpp"

namespace vrp {
namespace {

std::vector<double> numbers(const std::vector<ProbeCandidate>& candidates,
                            double ProbeCandidate::*field) {
  std::vector<double> out;
  for (const ProbeCandidate& candidate : candidates) out.push_back(candidate.*field);
  return out;
}

struct Number {
  const char* name;
  double ProbeCandidate::*field;
  const char* description;
};
const Number kNumbers[] = {
    {"candidate/nonzero", &ProbeCandidate::nonzero, "share of nonzero weights, mean over folds"},
    {"candidate/authors_auroc", &ProbeCandidate::authors_auroc, "AUROC in the authors' split"},
    {"candidate/authors_accuracy", &ProbeCandidate::authors_accuracy, "accuracy in that split"},
    {"candidate/max_cosine", &ProbeCandidate::max_cosine,
     "largest cosine between two outer folds"}};

}  // namespace

void add_candidates(Record& record, const std::vector<ProbeCandidate>& candidates,
                    std::size_t items, int outer) {
  const auto count = static_cast<std::int64_t>(candidates.size());
  const auto n = static_cast<std::int64_t>(items);
  std::vector<std::int64_t> layer;
  std::vector<std::string> choice, note;
  std::vector<double> score, inner;
  std::vector<float> inner_score;
  std::int64_t with_inner = 0;
  for (const ProbeCandidate& c : candidates) {
    layer.push_back(c.layer);
    choice.push_back(c.choice);
    note.insert(note.end(), c.note.begin(), c.note.end());
    score.insert(score.end(), c.score.begin(), c.score.end());
    inner.insert(inner.end(), c.inner_auroc.begin(), c.inner_auroc.end());
    with_inner += !c.inner_score.empty();
    for (const auto& fold : c.inner_score)
      inner_score.insert(inner_score.end(), fold.begin(), fold.end());
  }
  record.add("candidate/layer", {"candidate"}, {count}, layer, "1",
             "block; -1 embeddings, -2 none");
  record.add("candidate/choice", {"candidate"}, {count}, choice, "", "what else is chosen");
  record.add("candidate/score", {"candidate", "item"}, {count, n}, score, "logit",
             "out-of-fold score");
  record.add("candidate/inner_auroc", {"candidate", "fold"}, {count, outer}, inner, "1",
             "mean AUROC over the inner folds of an outer training part");
  record.add("candidate/note", {"candidate", "fold"}, {count, outer}, note, "",
             "why something is undefined");
  for (const Number& number : kNumbers)
    record.add(number.name, {"candidate"}, {count}, numbers(candidates, number.field), "1",
               number.description);
  if (with_inner == count && count > 0)
    record.add("candidate/inner_score", {"candidate", "fold", "item"}, {count, outer, n},
               inner_score, "logit", "score out of inner fold within an outer training part");
}

std::vector<ProbeCandidate> read_candidates(const Record& record) {
  std::vector<ProbeCandidate> out;
  if (record.find("candidate/layer") == nullptr) return out;
  const auto& layer = record.values<std::int64_t>("candidate/layer");
  const auto& choice = record.values<std::string>("candidate/choice");
  const auto& note = record.values<std::string>("candidate/note");
  const auto& score = record.values<double>("candidate/score");
  const auto& inner = record.values<double>("candidate/inner_auroc");
  const auto outer = static_cast<std::size_t>(record.at("candidate/inner_auroc").shape[1]);
  const auto n = static_cast<std::size_t>(record.at("candidate/score").shape[1]);
  const Array* inner_score = record.find("candidate/inner_score");
  if (score.size() != layer.size() * n || inner.size() != layer.size() * outer ||
      note.size() != inner.size())
    fail(record.origin, ": arrays candidate/* disagree in size, expected ", layer.size(),
         " candidates");
  for (std::size_t k = 0; k < layer.size(); ++k) {
    ProbeCandidate c;
    c.layer = layer[k];
    c.choice = choice[k];
    const auto row = static_cast<std::ptrdiff_t>(k);
    const auto o = static_cast<std::ptrdiff_t>(outer), w = static_cast<std::ptrdiff_t>(n);
    c.score.assign(score.begin() + row * w, score.begin() + (row + 1) * w);
    c.inner_auroc.assign(inner.begin() + row * o, inner.begin() + (row + 1) * o);
    c.note.assign(note.begin() + row * o, note.begin() + (row + 1) * o);
    for (const Number& number : kNumbers) c.*number.field = record.values<double>(number.name)[k];
    if (inner_score != nullptr) {
      const auto& values = record.values<float>("candidate/inner_score");
      for (std::ptrdiff_t f = 0; f < o; ++f)
        c.inner_score.emplace_back(values.begin() + (row * o + f) * w,
                                   values.begin() + (row * o + f + 1) * w);
    }
    out.push_back(std::move(c));
  }
  return out;
}

}  // namespace vrp

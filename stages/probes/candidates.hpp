#pragma once
// What a probe may choose between (layers, values of C), each fitted by the whole nested protocol,
// and the choice.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/store/record.hpp"
#include "stages/probes/problem.hpp"
#include "stages/probes/record.hpp"

namespace vrp {

struct ProbeCandidate {
  std::int64_t layer = -2;          ///< block, -1 = embeddings, -2 = no layer
  std::string choice;               ///< "C=0.1"; "" = nothing else to choose
  std::vector<double> score;        ///< [N] out of fold, NaN where undefined
  std::vector<double> inner_auroc;  ///< [outer], mean over inner folds; NaN = undefined
  std::vector<std::vector<double>> inner_score;  ///< [outer][N], out of inner fold; or empty
  std::vector<std::string> note;                 ///< [outer]
  double nonzero = kUndefined;  ///< share of nonzero weights, mean over outer folds
  double authors_auroc = kUndefined, authors_accuracy = kUndefined;
  double max_cosine = kUndefined;  ///< largest cosine of inputs in two outer folds
};

/// What was chosen in each outer fold, and the scores that follow.
struct ProbeSelection {
  std::vector<int> chosen;        ///< [outer], index of the candidate, -1 = none
  std::vector<double> score;      ///< [N]
  std::vector<std::string> note;  ///< [outer]
};

/// Largest inner AUROC of each outer fold; ties: the first candidate (they stand by layer, then C).
/// A single candidate needs no inner AUROC.
ProbeSelection select(const std::vector<ProbeCandidate>& candidates, const Folds& folds);

/// Arrays candidate/* of a part's record and back; Error when they do not fit together.
void add_candidates(Record& record, const std::vector<ProbeCandidate>& candidates,
                    std::size_t items, int outer);
std::vector<ProbeCandidate> read_candidates(const Record& record);

/// Rows of frames: one for each outer fold of a selection, one for each candidate.
std::vector<ProbeFoldRow> fold_rows(const std::string& probe,
                                    const std::vector<ProbeCandidate>& candidates,
                                    const ProbeSelection& selection, const Task& task);
std::vector<ProbeLayerRow> layer_rows(const std::string& probe,
                                      const std::vector<ProbeCandidate>& candidates,
                                      const Task& task, int layers);

/// Blocks that the paper's early version names for models of this depth (LLaVA 21 of 32, PaliGemma
/// 10 of 18, Qwen2-VL 18 of 28), and L-1.
bool prespecified(std::int64_t layer, int layers);

}  // namespace vrp

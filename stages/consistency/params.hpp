#pragma once
// What can be chosen about self-consistency (methods, sections 1 and 9).
#include <string>

#include "pipeline/base/error.hpp"

namespace vrp {

struct ConsistencyParams {
  int samples = 10;
  double temperature = 0.7;
  double top_p = 0.9;
  std::string normalisation = "norm";
  std::string classes = "auto";
  double rouge_threshold = 0.7;
  bool share_prefix = true;
  bool ignore_eos = false;

  template <class Visit>
  void fields(Visit&& visit) {
    visit("samples", samples, "K, answers drawn per item, >= 2");
    visit("temperature", temperature, "softmax temperature, > 0");
    visit("top_p", top_p, "nucleus mass, in (0, 1]");
    visit("normalisation", normalisation, "norm | norm_plus: what makes two answers equal");
    visit("classes", classes,
          "equal | rouge_l | auto: answers of one class are equal, or alike by ROUGE-L; auto = "
          "rouge_l for sets of kind open");
    visit("rouge_threshold", rouge_threshold,
          "ROUGE-L F1 from which two answers are alike, (0, 1]");
    visit("share_prefix", share_prefix,
          "1: all paths share one prefill; 0: each has its own (the same answers, slower)");
    visit("ignore_eos", ignore_eos,
          "1: answers run to max_new_tokens whatever the model says (for benchmarks of speed)");
  }
};

inline void check(const ConsistencyParams& p) {
  if (p.samples < 2) fail_usage("[consistency] samples = ", p.samples, ", expected at least 2");
  if (!(p.temperature > 0)) {
    fail_usage("[consistency] temperature = ", p.temperature, ", expected more than 0");
  }
  if (!(p.top_p > 0 && p.top_p <= 1)) {
    fail_usage("[consistency] top_p = ", p.top_p, ", expected a number in (0, 1]");
  }
  if (p.normalisation != "norm" && p.normalisation != "norm_plus") {
    fail_usage("[consistency] normalisation = ", p.normalisation, ", expected norm or norm_plus");
  }
  if (p.classes != "auto" && p.classes != "equal" && p.classes != "rouge_l") {
    fail_usage("[consistency] classes = ", p.classes, ", expected auto, equal or rouge_l");
  }
  if (!(p.rouge_threshold > 0 && p.rouge_threshold <= 1)) {
    fail_usage("[consistency] rouge_threshold = ", p.rouge_threshold,
               ", expected a number in (0, 1]");
  }
}

}  // namespace vrp

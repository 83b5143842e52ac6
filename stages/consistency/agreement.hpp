#pragma once
// How far K answers agree.
#include <functional>
#include <string>
#include <vector>

namespace vrp {

struct Agreement {
  double share = 0;          ///< S_SC: size of the largest class / K, in [1/K, 1]
  double entropy = 0;        ///< nats, of the shares of the classes
  int distinct = 0;          ///< number of classes
  std::size_t majority = 0;  ///< path of the majority answer that was sampled first
  bool tie = false;          ///< another class is as large
};

/// Whether an answer belongs to the class that another one, sampled earlier, has founded.
using SameAnswer = std::function<bool(const std::string& founder, const std::string& answer)>;

/// Classes are formed greedily in sampled order: an answer joins the first class whose founder is
/// the same, or founds its own (an empty answer is a class). `answers` holds at least one. Source:
/// methods, section 9.
Agreement agreement(const std::vector<std::string>& answers, const SameAnswer& same);
/// Classes are equal texts.
Agreement agreement(const std::vector<std::string>& answers);

}  // namespace vrp

#pragma once
// How far K answers agree.
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

/// Classes are equal texts (an empty answer is one). `answers` holds at least one. Source: methods,
/// section 9.
Agreement agreement(const std::vector<std::string>& answers);

}  // namespace vrp

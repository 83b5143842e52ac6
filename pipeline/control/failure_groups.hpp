#pragma once
// What failed in a run, grouped: failed items (rows of unit files), failed attempts at a unit,
// ranks retired or hung (events).
#include <map>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"

namespace vrp {

struct Failure {
  std::string kind;  ///< "item", "attempt", "retired", "hung"
  std::string model, benchmark, stage, node, file, key, reason;
  int rank = -1;
};

/// The fields that failures can be grouped by: reason, node, stage, model, benchmark.
const std::vector<std::string>& failure_fields();

/// A reason without what differs from case to case: paths, numbers, hexadecimal words and quoted
/// texts are masked, so that "data/7.jpg: 12 bytes" and "data/81.jpg: 9 bytes" are one reason,
/// "PATH: N bytes".
std::string reason_class(const std::string& reason);

struct FailureGroup {
  std::string kind;
  std::vector<std::string> values;  ///< of the fields grouped by, "-" when unknown
  std::size_t count = 0;
  std::size_t units = 0;  ///< unit files among them
  Failure example;        ///< the first
};

/// Groups by kind and the fields, largest first within a kind. `by` are names of failure_fields().
std::vector<FailureGroup> group_failures(const std::vector<Failure>& failures,
                                         const std::vector<std::string>& by);

Json failure_json(const Failure& failure);

}  // namespace vrp

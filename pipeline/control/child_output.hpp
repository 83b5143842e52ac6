#pragma once
// A program that vrp asks something: its output, within a time limit.
#include <string>
#include <vector>

namespace vrp {

struct ChildOutput {
  bool started = false, timed_out = false;
  int status = -1;      ///< exit status; 128 + signal when a signal ended it
  std::string output;   ///< standard output and error together, at most 1 MB
  std::string problem;  ///< why it was not started
};

/// Runs a program (a path, or a name on PATH) with standard input closed. After `seconds` it and
/// all that it started are killed.
ChildOutput ask_program(const std::vector<std::string>& words, double seconds);

}  // namespace vrp

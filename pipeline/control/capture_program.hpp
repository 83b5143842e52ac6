#pragma once
// Programs whose output vrp reads: bash, sbatch, squeue.
#include <string>
#include <vector>

namespace vrp {

struct ProgramOutput {
  int status = 0;  ///< exit status; 127 when the program could not be started, 128 + N for signal N
  std::string output, errors;
};

/// Runs a program (a path, or a name on PATH) without standard input and waits for it.
ProgramOutput capture_program(const std::vector<std::string>& words);

}  // namespace vrp

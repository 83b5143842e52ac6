#pragma once
// Private to pipeline/model: running out of memory, told from all other errors, and the ladder that
// answers it. The one place that catches it.
#include <string>
#include <type_traits>

#include "pipeline/base/error.hpp"
#include "pipeline/model/model_impl.hpp"

namespace vrp {

/// What the exception being handled says when it is about memory: libtorch's OutOfMemoryError of a
/// device, its CPU allocator's, cuBLAS's or CUDA's text, std::bad_alloc. "" for any other. To be
/// called from a catch block.
std::string out_of_memory_text();

/// Gives the device's cached blocks back; nothing on the CPU.
void empty_device_cache(at::Device device);

/// Runs work(rung) -> result, from rung to rung of the model's ladder while memory runs out.
/// `tokens`: of the prompt; `most`: what would best be done at once. An observer is told to start
/// again before each further try. Error (bad_input) "out of memory: ..." when nothing smaller is
/// left, or the observer cannot start again.
template <class Work>
auto with_less_memory(const Model::Impl& model, MemoryWork kind, std::int64_t tokens, int most,
                      Observer* observer, const Work& work) {
  const Network& network = model.network;
  MemoryLadder& ladder = *model.ladder;
  MemoryRung rung = ladder.start(kind, tokens, most);
  while (true) {
    std::string problem;
    if (!rung.keep) model.prefixes.clear();  // nor what other kinds of work kept
    try {
      network.working = {rung.rows, rung.keep, false};
      return work(rung);
    } catch (...) {
      problem = out_of_memory_text();
      if (problem.empty()) throw;
    }
    // Here nothing of the failed try is alive any more.
    const bool in_prompt = network.working.in_prompt;
    model.prefixes.clear();
    empty_device_cache(network.device);
    const auto next = ladder.down(kind, tokens, most, rung, in_prompt);
    if (!next || (observer != nullptr && !observer->restart())) {
      fail("out of memory: prompt of ", tokens, " tokens, ", rung_text(kind, most, rung), ": ",
           problem);
    }
    rung = *next;
  }
}

}  // namespace vrp

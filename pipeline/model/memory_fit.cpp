#include "pipeline/model/memory_fit.hpp"

#include <cstdio>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

std::string gigabytes(std::int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) * 1e-9);
  return text;
}

MemoryFit on_gpu(const std::string& model, const MemoryNeed& need, const MemoryPlace& place) {
  MemoryFit fit;
  const std::int64_t ranks = place.ranks_per_gpu;
  const std::string there = concat(place.gpu, " on ", place.host, " (", gigabytes(place.gpu_bytes),
                                   ranks > 1 ? concat(", shared by ", ranks, " ranks)") : ")");
  if (ranks * need.weights > place.gpu_bytes) {
    fit.refusal =
        concat("model ", model, " does not fit: its weights take ", gigabytes(need.weights),
               " a rank, more than ", there, ranks > 1 ? "; set [run] ranks_per_gpu lower" : "",
               "; a dtype of 16 bits, or a GPU with more memory");
  } else if (ranks * need.total() > place.gpu_bytes) {
    fit.warning = concat("model ", model, " may need up to ", gigabytes(need.total()),
                         " a rank on ", there, "; what does not fit is run in smaller parts");
  }
  return fit;
}

}  // namespace

MemoryFit memory_fit(const std::string& model, const MemoryNeed& need, const MemoryPlace& place) {
  if (place.gpu_bytes > 0) return on_gpu(model, need, place);
  MemoryFit fit;
  const std::int64_t most = place.memory.most(), now = place.memory.now();
  const std::int64_t weights = place.weight_copies * need.weights;
  const std::int64_t rest = place.ranks * (need.keys_values + need.working);
  const std::string whose = place.memory.limit > 0 && most == place.memory.limit
                                ? "the job's control group"
                                : "the machine";
  if (most > 0 && weights > most) {
    fit.refusal = concat(
        "model ", model, " does not fit on ", place.host, ": ", place.weight_copies,
        place.weight_copies == 1 ? " copy" : " copies", " of its weights take ", gigabytes(weights),
        ", ", whose, " has ", gigabytes(most), "; ask for more memory",
        place.weight_copies > 1 ? ", fewer ranks a node, or one copy for all ([run] load)" : "");
  } else if (now > 0 && weights + rest > now) {
    fit.warning =
        concat("model ", model, " may need up to ", gigabytes(weights + rest), " on ", place.host,
               " (", place.weight_copies, place.weight_copies == 1 ? " copy" : " copies",
               " of the weights, ", place.ranks, place.ranks == 1 ? " rank" : " ranks", " of ",
               gigabytes(need.keys_values + need.working), "), ", gigabytes(now),
               " are free; a rank that takes too much is killed");
  }
  return fit;
}

}  // namespace vrp

#include "kernels/decode_attention.hpp"

#include <stdexcept>

namespace vrp {
namespace {

constexpr const char* kKernel = "decode_attention";
constexpr std::int64_t kSplit = 64;  // positions of a partial result on the device

std::int64_t splits(std::int64_t positions) { return (positions + kSplit - 1) / kSplit; }

void require(bool right, const char* what, std::int64_t found, const char* expected) {
  if (!right) reject(kKernel, what, static_cast<double>(found), expected);
}

void require_memory(bool needed, const char* what, const void* pointer) {
  require(!needed || pointer != nullptr, what, 0, "memory");
  require(reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0, what,
          static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(pointer) % 16),
          "begin at a multiple of 16 bytes");
}

template <class T>
void check_prompt(const DecodePrompt<T>& prompt) {
  require(prompt.length >= 0 && prompt.length <= prompt.capacity, "number of prompt positions",
          prompt.length, "0 .. the capacity of its arrays");
  require_memory(prompt.length > 0, "keys of a prompt", prompt.key);
  require_memory(prompt.length > 0, "values of a prompt", prompt.value);
}

}  // namespace

std::int64_t decode_attention_workspace(std::int64_t paths, std::int64_t heads, std::int64_t width,
                                        std::int64_t longest, std::int64_t own_capacity) {
  // For each row: its log-sum-exp; for each of its splits the largest score, the mass, the sum.
  const std::int64_t parts = splits(longest) + splits(own_capacity);
  return paths * heads * (4 + parts * (width + 2));
}

template <class T>
void decode_attention(Device device, const DecodeAttention<T>& what) {
  require(what.paths >= 0, "number of paths", what.paths, ">= 0");
  require(what.kv_heads >= 1, "number of key heads", what.kv_heads, ">= 1");
  require(what.heads >= what.kv_heads && what.heads % what.kv_heads == 0, "number of heads",
          what.heads, "a multiple of the number of key heads");
  require(what.width >= 16 && what.width <= 256 && what.width % 16 == 0, "width of a head",
          what.width, "a multiple of 16 up to 256");
  require(what.prompt_count >= 1 && what.prompt_count <= kMostPrompts, "number of prompts",
          what.prompt_count, "1 .. 32");
  require(what.paths % what.prompt_count == 0, "number of paths", what.paths,
          "a multiple of the number of prompts");
  require(what.own_capacity >= 1, "capacity of an answer", what.own_capacity, ">= 1");
  require(what.wanted_paths >= 0 && what.columns >= 0, "number of wanted rows or columns",
          what.wanted_paths < 0 ? what.wanted_paths : what.columns, ">= 0");
  require(what.query_stride == 0 ||
              (what.query_stride >= what.heads * what.width && what.query_stride % 4 == 0),
          "distance of the paths' queries", what.query_stride,
          "0, or at least all heads and a multiple of 4");
  for (std::int64_t p = 0; p < what.prompt_count; ++p) check_prompt(what.prompts[p]);
  if (what.paths == 0) return;
  require_memory(true, "query", what.query);
  require_memory(true, "keys of the answers", what.own_key);
  require_memory(true, "values of the answers", what.own_value);
  require_memory(true, "output", what.out);
  require(what.own != nullptr, "lengths of the answers", 0, "memory");
  const bool rows = what.wanted_paths > 0 && what.columns > 0;
  require(!rows || (what.wanted && what.column && what.weights), "wanted rows", 0, "memory");
  if (device == Device::cpu) return decode_attention_cpu(what);
#ifdef VRP_CUDA
  require_memory(true, "workspace", what.workspace);
  decode_attention_cuda(what);
#else
  throw std::invalid_argument("decode_attention: device is cuda, but this build has no CUDA");
#endif
}

template void decode_attention(Device, const DecodeAttention<float>&);
template void decode_attention(Device, const DecodeAttention<HalfFloat>&);
template void decode_attention(Device, const DecodeAttention<BrainFloat>&);

}  // namespace vrp

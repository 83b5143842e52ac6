#pragma once
// Private to pipeline/model: the network as functions of tensors. A prompt is run in pieces of
// consecutive positions, so that the piece up to the last image token can be kept for the next
// question about the same image; an answer is run token by token, K paths at a time.
#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/model/ops.hpp"
#include "pipeline/model/prompt.hpp"
#include "pipeline/model/taps.hpp"
#include "pipeline/model/weights.hpp"

namespace vrp {

/// How the pass that is running is cut up (memory_ladder.hpp), and how far it got.
struct Working {
  std::int64_t rows = 0;   ///< of a prompt or picture in an MLP at once; 0 = all
  bool keep = true;        ///< a picture's prefix is kept
  bool in_prompt = false;  ///< the prompt is being run
};

/// Rows of a prompt or picture that are in an MLP at once: all that are left of `rows`, fewer where
/// memory is short, and on the CPU's own kernels never many, since more are not faster there.
std::int64_t rows_at_once(const Working& working, const Ops& ops, std::int64_t rows);

struct Network {
  ModelSpec spec;
  std::unique_ptr<Ops> ops;
  Weights weights;
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  at::Tensor inverse_frequency;  ///< [head_dim / 2] fp32, theta^(-2 i / head_dim)
  at::Tensor frequency_axis;     ///< [head_dim / 2], the axis each turns with; undefined: one
  at::Tensor vision_inverse_frequency;  ///< [head_dim / 4] of the tower; undefined: no rotary one
  mutable ModelCounters counters;       ///< passes run one at a time
  mutable Working working;              ///< likewise
};

/// theta^(-2 i / width) in fp32 for i < width / 2, as the reference computes it.
at::Tensor rotary_frequencies(std::int64_t width, double theta, at::Device device);

/// Fills the network's tables of rotary frequencies from its spec.
void make_rotary_tables(Network& network);

/// cos and sin of the angles position / theta^(2 i / head_dim): [rows, head_dim / 2] fp32.
struct Rotary {
  at::Tensor cos, sin;
};
/// Of rows whose positions stand in `positions` [axes, rows], row r at r + first of each axis.
Rotary rotary_angles(const Network& network, std::span<const std::int32_t> positions,
                     std::int64_t first, std::int64_t rows);

KeyValues empty_prompt_store(const Network& network, std::int64_t positions);
KeyValues empty_answer_store(const Network& network, std::int64_t slots, std::int64_t capacity);

/// Query, key and value of a block's input x [R, D].
struct Heads {
  at::Tensor query;       ///< [R, heads, head_dim], rotated
  at::Tensor key, value;  ///< [R, kv_heads, head_dim], key rotated
};
Heads project_heads(const Network& network, const at::Tensor& x, const DecoderLayer& layer,
                    const Rotary& rotary);

/// activation(gate) * up of a block's input, the input of its down projection: [R, intermediate].
at::Tensor gated_input(const Network& network, const at::Tensor& x, const DecoderLayer& layer);

/// What a block's MLP adds for its input x [R, D]: [R, D]. At most Working::rows rows at once, the
/// widest of all intermediate results being of that many rows.
at::Tensor mlp_update(const Network& network, const at::Tensor& x, const DecoderLayer& layer);

/// A picture's patches on the device, [patches, values of one]. Error when the picture is not of
/// the tower's size.
at::Tensor upload_image(const Network& network, const PreparedImage& image);

/// Vision tower and projector: [S, D], one row per cell of the picture's grid. `pixels`:
/// upload_image's, or undefined. Error when the picture is not of the tower's size.
at::Tensor encode_image(const Network& network, const PreparedImage& image,
                        const at::Tensor& pixels = {});

/// Rows of the embedding matrix, scaled where the family does so: [n, D].
at::Tensor embed_tokens(const Network& network, std::span<const std::int32_t> ids);
/// The same of ids [n] int64 on the device.
at::Tensor embed_rows(const Network& network, const at::Tensor& ids);

/// A stretch of consecutive prompt positions.
struct PromptPiece {
  std::int64_t first = 0;     ///< place in the sequence of its first row
  Rotary rotary;              ///< angles of its rows
  bool causal = true;         ///< false: its rows all see each other (prefix-LM)
  bool states_needed = true;  ///< false: nobody reads the returned states, so that the last block
                              ///< stops after its keys and values (x is then h(L-2))
  at::Tensor image_update;  ///< [layers, 2] fp32 on the device, to be filled (Site::image_update):
                            ///< the piece then holds the image and its last block runs to the end;
                            ///< undefined = not wanted
};

/// A piece of one of several prompts.
struct PieceRun {
  PromptPiece piece;
  std::int64_t rows = 0;  ///< of the common x
  KeyValues* store = nullptr;
  const Taps* taps = nullptr;
};
/// Runs pieces of one or several prompts, whose rows follow each other in x [R, D]: h(-1) on entry,
/// h(L-1), before the final norm, on return. A piece's rows see each other as it says and
/// everything before them in its store, where their keys and values are written; the weights are
/// read once for all pieces.
void run_pieces(const Network& network, at::Tensor& x, std::span<const PieceRun> runs);

/// Runs one token of each of K answers at position P + done. Prompt keys are shared: each is read
/// once for all paths. x [K, D] as in run_pieces; observers see row 0.
struct AnswerStep {
  const SharedPrompt* prompt = nullptr;
  KeyValues* answers = nullptr;     ///< capacity > done; entry `done` of each slot is written
  std::vector<std::int64_t> slots;  ///< [K] which slot is whose; 0, 1, ... unless the ops' rows
                                    ///< are independent
  std::int64_t done = 0;            ///< answer tokens before this one
  int step = 0;                     ///< of the views that observers get
};
void run_answer(const Network& network, at::Tensor& x, const AnswerStep& now, const Taps& taps);

/// What makes a step of answers: angles of its rows, where their keys and values go and what they
/// attend to, and who looks.
struct AnswerPass {
  Rotary rotary;                                                ///< of all rows or of each
  std::function<at::Tensor(std::size_t, const Heads&)> attend;  ///< by block: [R, heads * head_dim]
  std::function<void(Site, int, at::Tensor&)> see;
};
/// x [R, D] as in run_pieces.
void run_answer_blocks(const Network& network, at::Tensor& x, const AnswerPass& pass);

/// What each head adds to the residual stream of one query, from the query's attention output
/// before the output projection [heads * head_dim]: [heads, D].
at::Tensor head_outputs(const Network& network, const DecoderLayer& layer,
                        const at::Tensor& attended);

/// Mean over rows of ||after - before|| and of that divided by ||before|| (NaN when one is 0), in
/// fp64 rounded to fp32: [2] where the states [S, D] are.
at::Tensor update_norms(const at::Tensor& before, const at::Tensor& after);

/// Rows of a product with the head where rows are not independent: single states are filled up to
/// so many, so that a state has the same logits wherever they are wanted.
constexpr std::int64_t kHeadRows = 24;
/// Final norm and head of states [n, D]: [n, V] on the device.
at::Tensor head_product(const Network& network, const at::Tensor& states);
/// The same in groups of kHeadRows where rows are not independent, the last one filled up.
at::Tensor head_product_by_groups(const Network& network, const at::Tensor& states);
/// That as fp32 on the host.
at::Tensor head_logits(const Network& network, const at::Tensor& states);

}  // namespace vrp

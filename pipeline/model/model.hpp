#pragma once
// The model interface that stages use. No torch types: views are raw fp32 on the host.
//
//   Model model = Model::load(folder, options);
//   PreparedItem item = model.prepare(image, question, style);      // any thread, no torch
//   Answer answer = model.greedy(item, generation, &observer);      // compute thread
//   std::vector<Answer> paths = model.sample(item, generation, sampling, rng);
//
// Same arguments, same bits: greedy, sample and logits do not depend on earlier calls, on observers
// that only read, or on what other processes do, for one build, kind of hardware and thread count.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/lens_statistics.hpp"
#include "pipeline/base/rng.hpp"
#include "pipeline/model/edit.hpp"
#include "pipeline/model/loading.hpp"
#include "pipeline/model/memory_ladder.hpp"
#include "pipeline/model/prompt.hpp"

namespace vrp {

// ------------------------------------------------------------------------------------ observers
enum class Site {
  embedding,       ///< h(-1): merged embeddings, layer = -1
  attention_row,   ///< one answer query's softmax weights over the image columns: [heads, S]
  attention_out,   ///< what the attention block adds to the residual stream: [positions, D]
  mlp_act,         ///< input of the down projection: [positions, intermediate]; editable
  mlp_out,         ///< what the MLP block adds: [positions, D]; editable
  residual,        ///< h(l): residual stream after block l: [positions, D]; editable
  image_features,  ///< projected image features: [S, D], layer = -1; editable
  head_out,        ///< what each head adds at the query that yields y_0, through its slice of the
                   ///< output projection: [heads, D]; their sum is attention_out
  image_update,    ///< what a block changes at the image positions s, [1, 2]: mean over s of
                 ///< ||h(l)_s - h(l-1)_s||, and of that divided by ||h(l-1)_s|| (NaN when one is 0)
};

/// Which positions of a forward pass an observer wants. A prompt is run in two pieces, up to and
/// with the last image token and the rest: `all` gets a view of each, in this order; `image` gets
/// one view; `last` one view of the prompt's last position. An answer token is one row for `last`
/// and `all`, none for `image`. image_features are always whole, attention_row is always one query,
/// head_out that of the prompt's last position; image_update has one view a block, after the image
/// was run or its kept numbers were looked up.
enum class Rows { last, image, all };

struct SiteView {
  Site site;
  int layer = -1;
  std::int64_t first_position = 0;  ///< of row 0; rows are consecutive unless Rows::image (for
                                    ///< attention_row: position of the query)
  std::int64_t rows = 0, cols = 0;
  std::span<float> data;  ///< [rows, cols]; writing has effect only where the request said edit
  int step = 0;  ///< 0 = prefill (the query that yields y_0), t = the query that yields y_t
  int path = 0;  ///< sampled path, 0 in greedy runs
};

struct SiteRequest {
  Site site;
  int layer = kAllLayers;
  Rows rows = Rows::last;
  bool edit = false;
  static constexpr int kAllLayers = -2;
};

/// Capture, lens and interventions are observers handed to the model, not branches inside it. Views
/// of a pass come block by block (on an accelerator those that only read come after the pass).
/// A request for a block that is not there, or an edit of a site that is not editable, is an Error.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual std::vector<SiteRequest> requests() const = 0;
  virtual void at(const SiteView& view) = 0;
  /// A pass ran out of memory and is to be run again in smaller parts: forgets what was shown so
  /// far. False = it cannot; the pass then fails.
  virtual bool restart() { return false; }
};

// ----------------------------------------------------------------------------------- generation
struct GenerationParams {
  int max_new_tokens = 16;
  std::vector<std::int32_t> eos;  ///< end tokens; empty = the checkpoint's own
  bool final_state = false;  ///< also run the last answer token, so that its states are observed
};

struct SamplingParams {
  int samples = 10;
  double temperature = 0.7;
  double top_p = 0.9;
  bool share_prefix = true;  ///< false: every path runs its own prefill (the same answers, slower)
};

/// Statistics of the distribution a token was chosen from (temperature 1, untruncated).
struct TokenStep {
  std::int32_t token = 0;
  double logprob = 0;  ///< ln P(token)
  double entropy = 0;  ///< nats, over the whole vocabulary
  double max_probability = 0;
  float top1 = 0, top2 = 0;  ///< the two largest logits
};

struct Answer {
  std::vector<std::int32_t> tokens;  ///< [T] without the end token
  std::vector<TokenStep> steps;      ///< [T] + 1 when the end token was produced
  bool ended = false;                ///< an end token was produced within max_new_tokens
  std::string text;                  ///< decoded without special tokens, trimmed
};

/// One prompt's greedy answer and its K sampled ones.
struct GreedyAndPaths {
  Answer greedy;
  std::vector<Answer> paths;
};

/// A prompt of a batch and what is wanted of it.
struct ModelQuestion {
  const PreparedItem* item = nullptr;
  bool greedy = true;            ///< its greedy answer
  Observer* observer = nullptr;  ///< sees what it would see in Model::greedy
  const Rng* paths = nullptr;    ///< its K sampled answers, drawn with this; null = none
};
struct ModelReply {
  GreedyAndPaths answers;
  std::string problem;  ///< why there are none, an Error's text; the batch's others have theirs
};

// ----------------------------------------------------------------------------------- logit lens
/// What a state is divided by before the head.
enum class UnembedNorm {
  own,    ///< the final norm: the state's own rms, and the norm's weight
  fixed,  ///< another state's rms (UnembedOptions::rms), and the norm's weight
  none,   ///< nothing: the head reads the raw state
};
struct UnembedOptions {
  UnembedNorm norm = UnembedNorm::own;
  double rms = 0;  ///< of `fixed`: sqrt(mean(h^2) + eps)
  bool log_sum_exp = false;
};

struct FinalNorm {
  std::vector<float> weight;  ///< [D] what the normed state is multiplied by (Gemma: 1 + w)
  double eps = 0;
};

/// What was computed rather than looked up, since the model was loaded.
struct ModelCounters {
  std::int64_t images_encoded = 0;   ///< runs of the vision tower
  std::int64_t prefixes_reused = 0;  ///< prompts whose part up to the image was looked up
  std::int64_t out_of_memory = 0;    ///< tries that ran out of memory (memory_ladder.hpp)
};

/// What an edited run leaves.
struct EditedAnswer {
  Answer answer;
  std::vector<float> state;  ///< h(L-1) at the prompt's last position, before the final norm [D]
};

struct ModelOptions {
  std::string device = "cpu";  ///< "cpu" | "cuda" | "cuda:N"
  std::string dtype = "fp32";  ///< compute type: "fp32" | "bf16" | "fp16"; fp32 on the CPU
  int threads = 1;             ///< intra-op threads of this process; fixed, so results repeat
  /// "auto" = the project's own; "aten" = libtorch's alone (to compare); "device" = what "auto" is
  /// on a GPU: on the CPU by the specifications of its kernels, slow (to test that way).
  std::string kernels = "auto";
  int batch = 1;          ///< questions that Model::answer decodes together on an accelerator
  int pictures_kept = 2;  ///< keys and values of so many pictures' prompts wait for more questions
  /// Other bounds of a resized picture's area, 0 = the checkpoint's (set_pixel_bounds).
  std::int64_t min_pixels = 0, max_pixels = 0;
  /// What is known of this model's memory, for when it is loaded again; empty = nothing yet.
  std::shared_ptr<MemoryLadder> ladder;
};

/// Every pass that runs out of memory is run again in smaller parts (memory_ladder.hpp), and is an
/// Error (bad_input) "out of memory: ..." when that does not help.
class Model {
 public:
  /// Loads a checkpoint folder. Error (bad_input) for missing or misshapen tensors: file, tensor,
  /// found, expected. `loading` changes where weights come from and lie, and no result.
  static Model load(const std::filesystem::path& checkpoint, const ModelOptions& options,
                    const WeightLoading& loading = {});
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  ~Model();

  const ModelSpec& spec() const;
  const Tokenizer& tokenizer() const;

  /// Image processing and tokenising, as prepare_item (prompt.hpp); thread-safe.
  PreparedItem prepare(const RgbImage& image, std::string_view question,
                       const PromptStyle& style) const;

  /// Greedy decoding: arg max, lowest id on ties. Error("non-finite logits ...") when a step's
  /// logits are not all finite.
  Answer greedy(const PreparedItem& item, const GenerationParams& params,
                Observer* observer = nullptr) const;

  /// K answers from one prefill whose key/value store all paths share. Path k, step t draws with
  /// rng.uniform(k, t): temperature, top-p over descending probability (ties by lowest id; the
  /// crossing token kept), renormalised, inverse CDF in ascending id order. `steps` statistics are
  /// at temperature 1, untruncated. Paths are the same whether shared or run one by one.
  std::vector<Answer> sample(const PreparedItem& item, const GenerationParams& params,
                             const SamplingParams& sampling, const Rng& rng) const;

  /// The same with given uniforms u(k, t) in [0, 1): the golden cases drive paths this way.
  std::vector<Answer> sample(const PreparedItem& item, const GenerationParams& params,
                             const SamplingParams& sampling,
                             const std::function<double(int, int)>& uniforms) const;

  /// What `greedy` with `params` and `sample` with `path_params` give, bit for bit, from one
  /// prefill and one batch of K + 1 rows a token (on an accelerator: of 16 rows, for up to 15
  /// paths). The observer sees what it would see in `greedy`. Error when either of them would fail.
  GreedyAndPaths greedy_and_paths(const PreparedItem& item, const GenerationParams& params,
                                  const GenerationParams& path_params,
                                  const SamplingParams& sampling, const Rng& rng,
                                  Observer* observer = nullptr) const;

  /// How many questions `answer` takes at once to the device's advantage: ModelOptions::batch, 1 on
  /// the CPU's own kernels, whose rows gain nothing from others.
  int batch() const;

  /// The replies to some questions, in their order: `greedy` with `params`, `sample` with
  /// `path_params`, both from one prefill. On an accelerator all answers are rows of one batch, so
  /// that a step reads the weights once for all of them; a reply's last bits then depend on which
  /// questions stand beside it (how many, how long, which ask about the same picture), and neither
  /// on which answers are wanted nor on what was asked before. Throws Error (internal) alone; all
  /// other errors are their reply's problem.
  std::vector<ModelReply> answer(std::span<const ModelQuestion> questions,
                                 const GenerationParams& params,
                                 const GenerationParams& path_params,
                                 const SamplingParams& sampling) const;

  /// The greedy answer under each condition, in their order. What lies below a condition's first
  /// edit is computed once for all of them, the rest in batches. A condition without edits gives
  /// the answer of `greedy`; a condition's result does not depend on the others of the call (bit
  /// for bit on the CPU's own kernels). Error (usage) for an edit that this model or image has no
  /// place for, before anything runs; Error (bad_input) naming the condition when its logits are
  /// not finite or it hides all that a position could attend to; Error (internal) when an edit
  /// changed another number of rows than it should have.
  std::vector<EditedAnswer> edited(const PreparedItem& item, const GenerationParams& params,
                                   std::span<const EditCondition> conditions,
                                   const EditLimits& limits = {}) const;

  /// How unlikely given answers are: for each, the mean of -ln P over its tokens and the end token
  /// behind them (the first of the checkpoint's), each given the prompt and the tokens before it,
  /// in nats; the softmax is in fp64. The mean, not the sum, makes answers of other lengths
  /// comparable. The prompt is run once for all of them. A value does not depend on the others of
  /// the call (bit for bit on the CPU's own kernels; elsewhere it may depend on how many there are
  /// and how long). Error (usage) for an answer without tokens or with an id outside of the
  /// vocabulary; Error (bad_input) when prompt and answer do not fit the model's positions or
  /// logits are not finite.
  std::vector<double> answer_losses(const PreparedItem& item,
                                    std::span<const std::vector<std::int32_t>> answers) const;

  /// One forward over the prompt (plus `continuation`): logits of the last `tail` positions
  /// [tail, V]. For tests, the lens and likelihood scoring. Observers get every view with step 0,
  /// `last` being the last position of this pass, except attention_row: one view for each query
  /// from the prompt's last position on, with steps 0, 1, ...
  std::vector<float> logits(const PreparedItem& item, std::span<const std::int32_t> continuation,
                            int tail, Observer* observer = nullptr) const;

  /// The logit lens: statistics of head(norm(h)) for each row of `states` [R, D], raw residual
  /// states (h(L-1) included: the norm is applied once). A row's logits have the bits that greedy
  /// chooses from. A few rows of logits are there at a time; on a device they stay there. Error
  /// (bad_input) when logits are not finite; Error (internal) when `states` is no whole number of
  /// rows.
  std::vector<LensRow> unembed(std::span<const float> states, const LensTokens& tokens,
                               const UnembedOptions& options = {}) const;
  /// The logits themselves, [R, V], to compare or for a few rows: they are all kept at once.
  std::vector<float> unembed_logits(std::span<const float> states,
                                    const UnembedOptions& options = {}) const;
  /// Rows of the head, W_U[id]: [n, D]. Error (usage) for an id outside of the vocabulary.
  std::vector<float> head_rows(std::span<const std::int32_t> ids) const;
  FinalNorm final_norm() const;
  /// Tokens that show nothing (tokenizer_blank.hpp), found on the first call. Thread-safe.
  const std::vector<std::int32_t>& blank_tokens() const;
  ModelCounters counters() const;
  /// What was learned of memory since the last call, a line each (MemoryLadder::take_remarks).
  std::vector<std::string> take_remarks() const;

  struct Impl;  ///< of this folder

 private:
  explicit Model(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vrp

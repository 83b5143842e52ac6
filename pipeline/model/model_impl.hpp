#pragma once
// Private to pipeline/model: what a Model holds, and the way from an item to states and tokens.
#include <ATen/ATen.h>

#include <algorithm>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "kernels/top_p.hpp"
#include "pipeline/model/forward.hpp"
#include "pipeline/model/model.hpp"

namespace vrp {

/// What questions about one image share: its projected features, and, unless the whole prompt sees
/// itself (prefix-LM), keys and values of the prompt up to its last image token. They have the same
/// bits as if computed again, since a prompt is always run in the same pieces.
struct ImagePrefix {
  std::vector<float> pixels;
  int rows = 0, cols = 0;
  at::Tensor features;            ///< [S, D]; undefined = nothing kept
  std::vector<std::int32_t> ids;  ///< up to the last image token
  SharedPrompt prompt;            ///< of a prompt that begins with them; empty = nothing kept
  /// [layers, 2] of Site::image_update; undefined: nobody has asked for it yet.
  at::Tensor image_update;
  bool shows(const PreparedImage& image) const {
    return features.defined() && rows == image.geometry.rows && cols == image.geometry.cols &&
           pixels == image.pixels;
  }
};

/// The pictures asked about last: two where a picture and its blank twin take turns.
class ImagePrefixes {
 public:
  explicit ImagePrefixes(int pictures) : kept_(static_cast<std::size_t>(pictures)) {}
  /// The entry that shows the picture, or the one not used for longest, emptied.
  ImagePrefix& of(const PreparedImage& image) {
    const auto found =
        std::ranges::find_if(kept_, [&](const ImagePrefix& kept) { return kept.shows(image); });
    if (found != kept_.end()) {
      std::rotate(kept_.begin(), found, found + 1);
    } else {
      kept_.pop_back();
      kept_.emplace(kept_.begin());
    }
    return kept_.front();
  }
  void clear() { std::ranges::fill(kept_, ImagePrefix()); }

 private:
  std::vector<ImagePrefix> kept_;  ///< the newest first
};

/// What a checkpoint's configuration and the options say; weights and tables are still to be made.
/// Error (usage, bad_input) as Model::load.
Network network_of(const std::filesystem::path& checkpoint, const ModelOptions& options);

struct Model::Impl {
  Impl(Network net, Tokenizer tok, const ModelOptions& options)
      : network(std::move(net)),
        tokenizer(std::move(tok)),
        threads(options.threads),
        batch(network.ops->rows_independent() ? 1 : options.batch),
        prefixes(options.pictures_kept) {}
  Network network;
  Tokenizer tokenizer;
  int threads;
  int batch;                   ///< Model::batch
  mutable std::mutex compute;  ///< one pass at a time
  mutable ImagePrefixes prefixes;
  std::shared_ptr<MemoryLadder> ladder = std::make_shared<MemoryLadder>();
  mutable std::once_flag blank_once;
  mutable std::vector<std::int32_t> blank;
};

/// Held during every pass: alone, without autograd, with the model's number of threads.
class ComputeScope {
 public:
  explicit ComputeScope(const Model::Impl& model);

 private:
  std::lock_guard<std::mutex> lock_;
  c10::InferenceMode inference_;
};

/// Projected features [S, D] of the item's picture, from `prefix` where it shows the same one, else
/// kept there. `pixels`: upload_image's, or undefined. Error when image tokens and features do not
/// match.
at::Tensor image_features(const Network& network, ImagePrefix* prefix, const PreparedItem& item,
                          const at::Tensor& pixels = {});

/// Embeddings of the first ids with `features` in the places of the image tokens: [ids, D].
at::Tensor merge_image(const Network& network, const PreparedItem& item,
                       std::span<const std::int32_t> ids, const at::Tensor& features);

/// Positions of the first piece a prompt is run in: what a prefix-LM sees at once, else up to the
/// last image token, which questions about an image share.
std::int64_t first_piece(const TextSpec& text, const PreparedItem& item);

/// The item's rotary positions, continued for tokens behind its prompt: [axes, total].
std::vector<std::int32_t> all_positions(const TextSpec& text, const PreparedItem& item,
                                        std::int64_t total);

struct Prompt {
  SharedPrompt shared;  ///< of all positions; empty when not asked for
  at::Tensor states;    ///< [tail, D], h(L-1) of the last positions
};
/// Runs ids (the item's, perhaps continued). `prefix` may be null: nothing is reused or kept.
/// `answers`: keys and values are wanted for answers.
/// Error when image tokens and features do not match.
Prompt run_whole_prompt(const Network& network, ImagePrefix* prefix, const PreparedItem& item,
                        std::span<const std::int32_t> ids, std::int64_t tail, bool answers,
                        const Taps& taps);

/// One row of host logits [V]. Error("non-finite logits ...") naming the step.
std::span<const float> checked_row(const at::Tensor& logits, std::int64_t row, int step);

/// Error unless prompt and answer fit the model's positions and max_new_tokens >= 1.
void check_generation(const Network& network, const PreparedItem& item,
                      const GenerationParams& params);

/// The greedy answer behind a prompt that was run with `answers`.
Answer greedy_answer(const Model::Impl& model, const Prompt& prompt, const GenerationParams& params,
                     const Taps& taps);

/// One answer as it grows.
class AnswerBuilder {
 public:
  AnswerBuilder(const ModelSpec& spec, const GenerationParams& params)
      : eos_(params.eos.empty() ? spec.eos : params.eos), limit_(params.max_new_tokens) {}
  /// Takes the chosen token and what its distribution was.
  void take(std::int32_t token, const TokenStatistics& statistics);
  bool finished() const { return answer_.ended || std::ssize(answer_.tokens) >= limit_; }
  std::int32_t last_token() const { return answer_.steps.back().token; }
  bool ended() const { return answer_.ended; }
  int limit() const { return limit_; }
  const Answer& answer() const { return answer_; }
  Answer finish(const Tokenizer& tokenizer);

 private:
  std::vector<std::int32_t> eos_;
  int limit_;
  Answer answer_;
};

}  // namespace vrp

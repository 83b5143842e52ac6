#pragma once
// Private to pipeline/model: a prompt on its way to its states, keys and values, by itself or
// beside others.
#include <span>
#include <string>

#include "pipeline/model/model_impl.hpp"

namespace vrp {

struct PromptRequest {
  const PreparedItem* item = nullptr;
  std::span<const std::int32_t> ids;  ///< the item's, perhaps continued
  std::int64_t tail = 1;              ///< states of so many last positions are wanted
  bool answers = false;               ///< keys and values are wanted for answers
  const Taps* taps = nullptr;
  ImagePrefix* prefix = nullptr;  ///< looked up and kept there; null = nothing is
  at::Tensor pixels = {};         ///< upload_image's, or undefined
};

/// The steps of run_whole_prompt, in this order: take_kept or (embed_first, the first piece), or
/// take_first_of; embed_rest, the rest, if there is one; finish.
class PromptRun {
 public:
  /// Error when the ids' image tokens are not where the item says.
  PromptRun(const Network& network, const PromptRequest& request);
  PromptRun(const PromptRun&) = delete;  // pieces point here

  /// The part up to the image, from the kept prefix; false: there is none that fits.
  bool take_kept();
  /// Whether another prompt of a batch begins with the same picture and ids.
  bool takes_first_of(const PromptRun& other) const;
  /// The part up to the image, from a prompt whose first piece was run.
  void take_first_of(const PromptRun& other);
  /// Error when image tokens and features do not match.
  void embed_first();
  PieceRun first_piece_run();
  /// False: the prompt ends with its first piece.
  bool embed_rest();
  PieceRun rest_piece_run();
  /// Rows of the piece that is run: embeddings before, states behind it.
  at::Tensor& rows() { return x_; }
  Prompt finish();

 private:
  std::span<const std::int32_t> head() const;  ///< ids of the first piece

  const Network& network_;
  PromptRequest request_;
  std::int64_t total_, split_;  ///< positions, and those of the first piece
  std::vector<std::int32_t> positions_;
  bool states_needed_ = false, shares_ = false, watched_ = false;
  KeyValues store_;
  at::Tensor x_, first_states_, update_;
};

/// All steps but finish() of the prompts without a problem; what fails for one is its problem. All
/// products are of the rows of all of them; a picture that several ask about is run once, and what
/// is kept of other questions is left alone, so that a state depends on the batch and on nothing
/// before it.
void run_prompts(const Network& network, std::span<PromptRun* const> prompts,
                 std::span<std::string> problems);

}  // namespace vrp

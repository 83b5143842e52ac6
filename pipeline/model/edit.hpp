#pragma once
// Causal edits as data: what is changed in the network, where, and at which positions. No torch.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/model/spec.hpp"

namespace vrp {

enum class EditSite {
  mlp_act,         ///< input of a block's down projection; indices are its columns
  mlp_out,         ///< what a block's MLP adds to the residual stream; indices are dimensions of D
  residual,        ///< the residual stream after a block; indices are dimensions of D
  image_features,  ///< projected image features before they join the prompt; indices are cells
  attention,       ///< no query of any block may attend to these cells of the image
};

enum class EditOperation {
  set,      ///< := value; of attention: the cells are hidden
  replace,  ///< := values, one for each index
  mean,     ///< image_features only: := the mean over all cells of this item's features
  bypass,   ///< mlp_out only: the whole output := 0; takes no indices
};

/// Which positions an edit of a block's site acts on. Edits of the image act on the whole of it.
enum class EditScope {
  all,          ///< of the prompt, and every generated token
  last,         ///< the last one of each pass: of the prompt, and every generated token
  last_prompt,  ///< the last one of the prompt alone
};

struct Edit {
  EditSite site = EditSite::mlp_out;
  int layer = -1;  ///< block; -1 for image_features and attention
  EditOperation operation = EditOperation::set;
  /// What is edited; none = nothing, although the run then takes the edited path.
  std::vector<std::int64_t> indices;
  float value = 0;
  std::vector<float> values;  ///< of `replace`, [indices]
  EditScope scope = EditScope::all;
};

/// Edits made together, in this order; none = the network as it is.
struct EditCondition {
  std::string name;  ///< for messages
  std::vector<Edit> edits;
};

/// How much may be held at once, in bytes, for conditions that run together. At least one runs,
/// whatever it takes; results do not depend on it.
struct EditLimits {
  std::int64_t bytes = std::int64_t{1} << 30;
};

/// Error (usage) naming condition, index and valid range unless every edit is one that can be made
/// in a model of this shape on an image of `cells` image tokens.
void check_condition(const EditCondition& condition, const TextSpec& text, std::int64_t cells);

/// Where an edited run leaves the unedited one: the lowest edited block, -1 = before the first
/// (edits of the image), `layers` = nowhere.
int fork_layer(const EditCondition& condition, int layers);

/// Rows that an edit must have changed in a run over a prompt of `prompt` positions and then
/// `steps` tokens. In the last block only the prompt's last position counts: nobody reads what it
/// leaves at others. For edits of the image: the indices.
std::int64_t expected_rows(const Edit& edit, int layers, std::int64_t prompt, std::int64_t steps);

/// Error (internal) unless found == expected: an edit that was not made must not look like one
/// without effect.
void require_fired(const EditCondition& condition, std::size_t edit, std::int64_t found,
                   std::int64_t expected);

}  // namespace vrp

#include "pipeline/model/edit.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace vrp {
namespace {

bool of_image(EditSite site) {
  return site == EditSite::image_features || site == EditSite::attention;
}

const char* name_of(EditSite site) {
  switch (site) {
    case EditSite::mlp_act:
      return "mlp_act";
    case EditSite::mlp_out:
      return "mlp_out";
    case EditSite::residual:
      return "residual";
    case EditSite::image_features:
      return "image_features";
    case EditSite::attention:
      break;
  }
  return "attention";
}

void check_operation(const Edit& edit, const std::string& where) {
  const bool possible =
      edit.operation == EditOperation::set ||
      (edit.operation == EditOperation::replace && !of_image(edit.site)) ||
      (edit.operation == EditOperation::mean && edit.site == EditSite::image_features) ||
      (edit.operation == EditOperation::bypass && edit.site == EditSite::mlp_out);
  if (!possible) {
    fail_usage(where, ": the operation cannot be done at this site; set: at every site, replace: ",
               "at mlp_act, mlp_out and residual, mean: at image_features, bypass: at mlp_out");
  }
  if (edit.operation == EditOperation::bypass && !edit.indices.empty()) {
    fail_usage(where, ": bypass has ", edit.indices.size(), " indices, expected none");
  }
  const std::size_t values =
      edit.operation == EditOperation::replace ? edit.indices.size() : std::size_t{0};
  if (edit.values.size() != values) {
    fail_usage(where, ": ", edit.values.size(), " values, expected ", values);
  }
}

void check_edit(const Edit& edit, const TextSpec& text, std::int64_t cells,
                const std::string& where) {
  check_operation(edit, where);
  if (of_image(edit.site)) {
    if (edit.layer != -1) fail_usage(where, ": layer ", edit.layer, ", expected -1 at this site");
  } else if (edit.layer < 0 || edit.layer >= text.layers) {
    fail_usage(where, ": layer ", edit.layer, ", expected 0 to ", text.layers - 1,
               " for this model");
  }
  const std::int64_t width = of_image(edit.site)              ? cells
                             : edit.site == EditSite::mlp_act ? text.intermediate
                                                              : text.hidden;
  std::vector<std::int64_t> sorted = edit.indices;
  std::ranges::sort(sorted);
  for (const std::int64_t index : sorted) {
    if (index < 0 || index >= width) {
      fail_usage(where, ": index ", index, ", expected 0 to ", width - 1,
                 of_image(edit.site) ? " for this image" : " for this model");
    }
  }
  if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
    fail_usage(where, ": index ", *twice, " is listed twice");
  }
}

}  // namespace

void check_condition(const EditCondition& condition, const TextSpec& text, std::int64_t cells) {
  for (std::size_t i = 0; i < condition.edits.size(); ++i) {
    const Edit& edit = condition.edits[i];
    check_edit(edit, text, cells,
               concat("condition '", condition.name, "', edit ", i, " (", name_of(edit.site), ")"));
  }
}

int fork_layer(const EditCondition& condition, int layers) {
  int fork = layers;
  for (const Edit& edit : condition.edits) {
    fork = std::min(fork, of_image(edit.site) ? -1 : edit.layer);
  }
  return fork;
}

std::int64_t expected_rows(const Edit& edit, int layers, std::int64_t prompt, std::int64_t steps) {
  if (of_image(edit.site)) return std::ssize(edit.indices);
  const bool whole = edit.scope == EditScope::all && edit.layer + 1 < layers;
  return (whole ? prompt : 1) + (edit.scope == EditScope::last_prompt ? 0 : steps);
}

void require_fired(const EditCondition& condition, std::size_t edit, std::int64_t found,
                   std::int64_t expected) {
  if (found == expected) return;
  throw Error(ExitCode::internal,
              concat("condition '", condition.name, "', edit ", edit, " (",
                     name_of(condition.edits[edit].site), ", layer ", condition.edits[edit].layer,
                     ") changed ", found, " rows, expected ", expected));
}

}  // namespace vrp

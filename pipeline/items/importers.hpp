#pragma once
// Benchmark files to item tables. All errors are bad_input and name file, line or index, field and
// the offending text.
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/items/table_builder.hpp"

namespace vrp {

/// POPE (benchmarks section 2): the published split files (JSON Lines or an array, LF or CRLF),
/// older copies, LLaVA's merged question file (field `category`), and POPEv2.
struct PopeOptions {
  /// Split files that hold the labels of a merged file without `label`: joined by split (from the
  /// file's name), image and question.
  std::vector<std::filesystem::path> labels;
  /// COCO instances: items answered "yes" get the annotations of the asked category as regions.
  std::filesystem::path instances;
};
/// Keys are pope/SPLIT/question_id (or NAME/... when a name is given); the table is called
/// pope_SPLIT when it has one split, else pope. Type = the asked category. A merged file's
/// short-answer line is taken off the question (prompts add their own). Count and SHA-256 are
/// recorded as facts; what differs from the published files is a warning. With options.split a
/// merged file is cut down to that category.
Imported import_pope(const ImportOptions& options, const PopeOptions& pope);

/// The split that a POPE file name announces: adversarial, popular, random, or "".
std::string pope_split_of(const std::filesystem::path& file);
/// The category that a POPE question asks for ("Is there a kettle in the image?" -> kettle), or "".
/// Reads the older copies' "an traffic light" and "imange" too.
std::string pope_category(const std::string& question);

/// Generic JSON Lines (benchmarks section 10): question_id, image, text, optional category, label
/// or answer or answers, choices. Type = category ("all" without one). `kind` = yes_no | integer |
/// relation | text, or "auto": the narrowest kind that all references have.
Imported import_jsonl(const ImportOptions& options, const std::string& kind);

/// A counting or spatial set as the paper's code reads it, with or without VRP's further fields
/// (benchmarks section 5). `family` = "counting" | "spatial". Type = field `type`, or what the
/// question asks: the counted noun, the relation.
Imported import_set(const ImportOptions& options, const std::string& family);
/// The same for rows already read; `source` names them in messages.
Imported import_set_rows(const ImportOptions& options, const std::string& family,
                         const std::vector<JsonRow>& rows);

}  // namespace vrp

#pragma once
// Benchmark files to item tables. All errors are bad_input and name file, line or index, field and
// the offending text.
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/items/table_builder.hpp"
#include "pipeline/items/tsv_pictures.hpp"

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
/// or answer or answers, choices. Type = category ("all" without one). `kind` = one of
/// item_table.hpp, or "auto": the narrowest kind that all references have (letters of their
/// choices, ten answers, yes/no, integers, relations, else text).
Imported import_jsonl(const ImportOptions& options, const std::string& kind);

/// VQAv2 (benchmarks section 6): a questions file and, but for the test splits, its annotations.
/// Both are streamed. Keys are vqav2/DATA_SUBTYPE/question_id, type = question_type, answer =
/// multiple_choice_answer, answers = the ten human ones. Questions and annotations must be the same
/// set of ids with the same images.
Imported import_vqav2(const ImportOptions& options, const std::filesystem::path& answers);

/// TextVQA 0.5.1 (benchmarks section 7). Images are looked for in the folder and in its
/// train_images/ and test_images/. Keys are textvqa/SET_NAME/question_id, type = "all". With `ocr`
/// (Rosetta's tokens) "\nReference OCR token: A, B" stands behind each question, in the split
/// SET_NAME_ocr: another set.
Imported import_textvqa(const ImportOptions& options, const std::filesystem::path& ocr);

/// Files beside LLaVA-Bench's questions; "" = found there by their published names.
struct LlavaBenchFiles {
  std::filesystem::path references, context;
};
/// LLaVA-Bench, COCO (90) and in the wild (60) (benchmarks section 3). Keys are
/// llava_bench/coco|in_the_wild/question_id, type = category, answer = the reference answer;
/// metadata holds "context", what a judge reads of the picture.
Imported import_llava_bench(const ImportOptions& options, const LlavaBenchFiles& files);

/// MM-Vet (benchmarks section 4), and of version 2 the items with one image; others are malformed.
/// Keys are mm_vet/test/ID, type = the capabilities in the benchmark's order ("rec,ocr"), answer
/// with its <AND> and <OR>.
Imported import_mm_vet(const ImportOptions& options);

/// MME (benchmarks section 8): options.annotations is the published folder, or the one that holds
/// it; options.images = "" means that the pictures lie in it too, as published. `categories` = a
/// subset, empty for all. Keys are mme/test/CATEGORY/IMAGE/LINE, type = category, metadata
/// {"category", "pair", "line"}. Both questions of an image are read or neither. Questions keep
/// their ending " Please answer yes or no.", which is counted; prompts with a request of their own
/// put it in its place. Counts that differ from the published ones are warnings.
Imported import_mme(const ImportOptions& options, const std::vector<std::string>& categories);

/// SEED-Bench and the single images of SEED-Bench-2 (benchmarks section 9). Items of another
/// data_type (video, several images) are left out and counted; `types` = names or ids of the
/// question types to take, empty for all. Keys are seed_bench/test/question_id, type = the name of
/// the question type.
Imported import_seed_bench(const ImportOptions& options, const std::vector<std::string>& types);

/// What a table of VLMEvalKit may need besides.
struct TsvOptions {
  std::string kind = "auto";      ///< a kind of item_table.hpp, or auto: from the answers
  bool reference_reader = false;  ///< missing values and numbers as the reference reads them
  PictureCheck check_picture;     ///< decodes a picture; none = only its first bytes are looked at
};
/// A tab-separated table as VLMEvalKit uses it (benchmarks section 10). Pictures inside the table
/// are written to options.images as image_path or INDEX.png says, whole or not at all; a file of
/// that name with another content is an error. Keys are NAME/SPLIT/index; type = category ("all"
/// without one); metadata holds the other columns, and "categories" where category is a comma list.
/// Rows whose image cell is empty are left out, counted and listed (fact "missing_image"). An
/// option that is absent before one that is there (a gap) is an empty text in `choices`.
Imported import_tsv(const ImportOptions& options, const TsvOptions& tsv);

/// A counting or spatial set as the paper's code reads it, with or without VRP's further fields
/// (benchmarks section 5). `family` = "counting" | "spatial". Type = field `type`, or what the
/// question asks: the counted noun, the relation.
Imported import_set(const ImportOptions& options, const std::string& family);
/// The same for rows already read; `source` names them in messages.
Imported import_set_rows(const ImportOptions& options, const std::string& family,
                         const std::vector<JsonRow>& rows);

}  // namespace vrp

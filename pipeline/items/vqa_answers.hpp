#pragma once
// The human answers of VQAv2 and TextVQA.
#include <string>
#include <vector>

#include "pipeline/items/json_rows.hpp"
#include "pipeline/items/table_builder.hpp"

namespace vrp {

constexpr std::size_t kHumanAnswers = 10;

/// Field `answers`: ten texts, or ten objects {"answer", "answer_confidence", "answer_id"} whose
/// answer_ids are 1..10, each once (benchmarks section 6: without them equal answers would exclude
/// each other). Byte for byte, in file order. Error names the field and what it holds.
std::vector<std::string> ten_texts(const Json& object, const std::string& where);
std::vector<std::string> ten_answer_objects(const Json& object, const std::string& where);

/// Ten answers in little memory, and back.
std::string pack(const std::vector<std::string>& texts);
std::vector<std::string> unpack(const std::string& packed);

/// Warns of questions that stand twice about one image: both are kept, with keys of their own.
void warn_of_repeats(TableBuilder& builder);

/// Names with versions, for scorer lists of tables.
std::vector<std::string> scorer_labels(const std::vector<std::string>& names);

}  // namespace vrp

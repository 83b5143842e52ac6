#include "pipeline/items/tsv_row.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/list_literal.hpp"

namespace vrp {
namespace {

bool is_letter(const std::string& answer) { return is_reference_of("choice", answer); }

bool has_option(const std::string& letter, const std::vector<std::string>& choices) {
  const auto at = static_cast<std::size_t>(letter[0] - 'A');
  return at < choices.size() && !choices[at].empty();
}

bool is_ten_answers(const std::string& answer) {
  const auto list = parse_list_literal(answer);
  return list && list->size() == 10;
}

std::string letters_of(const std::vector<std::string>& choices) {
  std::string out;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (!choices[i].empty()) out += concat(out.empty() ? "" : ", ", static_cast<char>('A' + i));
  }
  return out.empty() ? "none" : out;
}

}  // namespace

const std::string& KeptRow::cell(int column) const {
  static const std::string kNone;
  return column == TsvHeader::kAbsent ? kNone : cells[static_cast<std::size_t>(column)];
}

std::vector<std::string> tsv_choices(const TsvHeader& header, const KeptRow& row) {
  std::vector<std::string> out;
  for (const int column : header.options) out.push_back(row.cell(column));
  while (!out.empty() && out.back().empty()) out.pop_back();
  return out;
}

std::string decide_tsv_kind(const TsvHeader& header, const std::vector<KeptRow>& rows) {
  bool answered = false, options = !header.options.empty();
  bool letters = options, yes_no = true, lists = true;
  for (const KeptRow& row : rows) {
    options = options && !tsv_choices(header, row).empty();
    const std::string& answer = row.cell(header.answer);
    if (answer.empty()) continue;
    answered = true;
    letters = letters && is_letter(answer);
    yes_no = yes_no && is_reference_of("yes_no", to_lower_ascii(answer));
    lists = lists && looks_like_list(answer) && is_ten_answers(answer);
  }
  if (!answered) return options ? "choice" : "text";
  return letters ? "choice" : yes_no ? "yes_no" : lists ? "vqa" : "text";
}

void set_tsv_answer(SourceRow& row, const TsvHeader& header, const KeptRow& kept,
                    const std::string& kind) {
  const std::string& answer = kept.cell(header.answer);
  if (answer.empty()) return;
  const auto refuse = [&](const char* expected) {
    fail(row.where, ": column 'answer' is '", excerpt(answer), "', expected ", expected);
  };
  if (kind != "open" && (kind == "vqa" || looks_like_list(answer))) {
    auto list = parse_list_literal(answer);
    if (!list) refuse("a list of strings ['...', ...]");
    if (kind == "vqa" && list->size() != 10) {
      fail(row.where, ": column 'answer' has ", list->size(), " answers, expected ten: '",
           excerpt(answer), "'");
    }
    if (kind == "vqa" || kind == "text") {
      row.answers = std::move(*list);
      return;
    }
  }
  row.answer = kind == "yes_no" || kind == "relation" ? to_lower_ascii(answer) : answer;
  if (!is_reference_of(kind, row.answer)) {
    refuse(kind == "yes_no"     ? "Yes or No"
           : kind == "choice"   ? "an option's letter"
           : kind == "integer"  ? "a whole number"
           : kind == "relation" ? "left, right, above or below"
                                : "a reference");
  }
  const bool letter = kind == "choice" || (kind == "text" && !header.options.empty() &&
                                           is_letter(answer) && !row.choices.empty());
  if (letter && !has_option(answer, row.choices)) {
    fail(row.where, ": column 'answer' is '", answer, "', which is no option of the row (",
         letters_of(row.choices), ")");
  }
}

Json tsv_metadata(const TsvHeader& header, const KeptRow& row) {
  Json out = Json::object();
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    if (header.is_plain(i) && !row.cells[i].empty()) out[header.names[i]] = row.cells[i];
  }
  const std::string& category = row.cell(header.category);
  if (category.find(',') != std::string::npos) {
    Json list = Json::array();
    for (const auto& piece : split(category, ',')) list.push_back(trim(piece));
    out["categories"] = list;
  }
  return out;
}

std::vector<std::string> tsv_answer_warnings(const ItemTable& table, const std::string& kind) {
  std::vector<std::string> out;
  const auto count = [&](const auto& is) {
    std::size_t rows = 0;
    for (std::size_t i = 0; i < table.size(); ++i) rows += is(i) ? 1 : 0;
    return rows;
  };
  const auto none =
      count([&](std::size_t i) { return table.answer[i].empty() && table.answers[i].empty(); });
  if (none > 0) out.push_back(concat(none, " of ", table.size(), " items have no reference"));
  const auto other = count(
      [&](std::size_t i) { return !table.answers[i].empty() && table.answers[i].size() != 10; });
  if (other > 0) out.push_back(concat(other, " items have a list of other than ten answers"));
  const auto yes_no = count(
      [&](std::size_t i) { return is_reference_of("yes_no", to_lower_ascii(table.answer[i])); });
  if (kind == "text" && 2 * yes_no > table.size()) {
    out.push_back(concat("kind text, though ", yes_no, " of ", table.size(),
                         " references are yes or no; --kind yes_no shows the others"));
  }
  const auto letters =
      count([&](std::size_t i) { return !table.choices[i].empty() && is_letter(table.answer[i]); });
  if (kind == "text" && 2 * letters > table.size()) {
    out.push_back(concat("kind text, though ", letters, " of ", table.size(),
                         " references are letters of options; --kind choice shows the others"));
  }
  return out;
}

}  // namespace vrp

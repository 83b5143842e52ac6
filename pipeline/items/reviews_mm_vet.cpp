#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/base/text.hpp"
#include "pipeline/items/review_rows.hpp"

namespace vrp {
namespace {

/// Grades by table row and run.
using Grades = std::map<std::size_t, std::map<std::int64_t, double>>;

double grade_of(const Json& value, const std::string& where) {
  const double grade = value.is_number() ? value.get<double>() : -1;
  if (!(grade >= 0 && grade <= 1)) {
    fail(where, ": field 'score' has ", excerpt(value.dump()), ", expected a grade in 0..1");
  }
  return grade;
}

/// Error unless all entries have the runs of the first one.
void check_runs(const Grades& grades, const ReviewRows& rows) {
  const auto& [first_row, expected] = *grades.begin();
  for (const auto& [row, runs] : grades) {
    const bool same = std::equal(runs.begin(), runs.end(), expected.begin(), expected.end(),
                                 [](const auto& a, const auto& b) { return a.first == b.first; });
    if (!same) {
      fail(rows.file(), ": '", excerpt(rows.items().id[row]), "' has ", runs.size(),
           " runs, expected the ", expected.size(), " of '", excerpt(rows.items().id[first_row]),
           "'");
    }
  }
}

/// Means over runs, and the totals of the runs as facts.
void add_grades(const Grades& grades, ReviewRows& rows) {
  std::set<std::size_t> seen;
  rows.out.facts["format"] = "MM-Vet grades";
  if (!grades.empty()) {
    check_runs(grades, rows);
    std::vector<double> totals(grades.begin()->second.size(), 0);
    for (const auto& [row, runs] : grades) {
      double sum = 0;
      std::size_t run = 0;
      for (const auto& [number, grade] : runs) {
        sum += grade;
        totals[run++] += 100 * grade / static_cast<double>(grades.size());
      }
      rows.out.reviews[row].score = sum / static_cast<double>(runs.size());
      seen.insert(row);
    }
    const auto n = static_cast<double>(totals.size());
    double mean = 0, squares = 0;
    for (const double total : totals) mean += total / n;
    for (const double total : totals) squares += (total - mean) * (total - mean);
    std::vector<std::string> texts;
    for (const double total : totals) texts.push_back(concat(total));
    rows.out.facts["runs"] = std::to_string(totals.size());
    rows.out.facts["run_totals"] = join(texts, ", ");
    rows.out.facts["spread"] = concat(std::sqrt(squares / n));
  }
  rows.out.published = rows.out.reviews;
  rows.finish(seen);
}

/// Error when the document names an id twice (a JSON object keeps one of them only).
void check_ids_once(std::string_view text, const std::string& file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::set<std::string> ids;
  std::string twice;
  const Json::parser_callback_t watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::key && depth == 1 &&
        !ids.insert(value.get<std::string>()).second) {
      twice = value.get<std::string>();
    }
    return true;
  };
  [[maybe_unused]] const Json document = Json::parse(text.begin(), text.end(), watch);
  if (!twice.empty()) fail(file, ": '", excerpt(twice), "' is there twice");
}

/// The judge of one entry: its `model` list names one, for every run.
void read_judge(const Json& entry, const std::string& where, ReviewRows& rows) {
  const auto model = entry.find("model");
  if (model == entry.end()) return;
  const Json list = model->is_array() ? *model : Json::array({*model});
  for (const Json& name : list) {
    if (!name.is_string()) {
      fail(where, ": field 'model' has ", excerpt(name.dump()), ", expected a judge's name");
    }
    rows.judged_by(name.get<std::string>(), where);
  }
}

}  // namespace

void read_mm_vet_object(const Json& document, std::string_view text, ReviewRows& rows) {
  rows.require_scorer("grade", "MM-Vet grades (0..1)");
  check_ids_once(text, rows.file());
  Grades grades;
  for (const auto& [id, entry] : document.items()) {
    const std::string where = concat(rows.file(), ": '", excerpt(id), "'");
    if (entry.is_object()) read_judge(entry, where, rows);
    rows.row([&, &id = id, &entry = entry] {
      const std::size_t row = rows.find(id, where);
      const Json& scores = json_at(entry, "score", where);
      if (!scores.is_array() || scores.empty()) {
        fail(where, ": field 'score' is ", excerpt(scores.dump()),
             ", expected a list with one grade per run");
      }
      std::map<std::int64_t, double> runs;
      for (const Json& score : scores) {
        runs.emplace(static_cast<std::int64_t>(runs.size()), grade_of(score, where));
      }
      grades[row] = std::move(runs);
    });
  }
  add_grades(grades, rows);
}

void read_mm_vet_lines(const std::vector<JsonRow>& lines, ReviewRows& rows) {
  rows.require_scorer("grade", "MM-Vet grades (0..1)");
  Grades grades;
  for (const JsonRow& line : lines) {
    read_judge(line.value, line.where, rows);
    rows.row([&] {
      const std::size_t row = rows.find(json_id(line.value, "question_id", line.where), line.where);
      const std::int64_t run =
          line.value.contains("run") ? json_integer(line.value, "run", line.where) : 0;
      const double grade = grade_of(json_at(line.value, "score", line.where), line.where);
      if (!grades[row].emplace(run, grade).second) {
        fail(line.where, ": question '", excerpt(rows.items().id[row]),
             "' has a second grade of run ", run);
      }
    });
  }
  add_grades(grades, rows);
}

}  // namespace vrp

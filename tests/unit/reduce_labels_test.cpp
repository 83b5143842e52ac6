#include <algorithm>
#include <catch2/catch.hpp>

#include "pipeline/items/labels.hpp"
#include "reduce_fixture.hpp"
#include "stages/reduce/format_confound.hpp"
#include "stages/reduce/label_audit.hpp"

using namespace vrp;
using namespace vrp::testing;

namespace {

/// References and answers of a yes/no set; the answers are labelled by the real scorers.
struct Asked {
  std::string reference, answer;
  double confidence;
  bool failed = false;
};

void make_asked(TestCell& cell, const std::vector<Asked>& asked) {
  Rows rows;
  std::vector<std::string> reason, text;
  std::vector<std::int32_t> status, length;
  std::vector<std::uint8_t> ended;
  std::vector<double> confidence, entropy;
  for (const Asked& one : asked) {
    rows.y.push_back(1);
    rows.type.push_back(one.reference);
    rows.group.push_back("image-" + std::to_string(rows.y.size()));
    status.push_back(one.failed);
    reason.emplace_back(one.failed ? "image is truncated" : "");
    text.push_back(one.answer);
    length.push_back(static_cast<std::int32_t>(one.answer.size()));
    ended.push_back(1);
    confidence.push_back(one.failed ? kNan : one.confidence);
    entropy.push_back(one.failed ? kNan : 1 - one.confidence);
  }
  fill_items(cell.items, "demo_pope", rows);
  cell.items.scorers = {"yes_no@1", "exact@1", "pope_official@1"};
  cell.data.model = "demo";
  cell.data.benchmark = "demo_pope";
  cell.data.items = &cell.items;
  Record& capture = cell.data.capture;
  capture.add(column("item/key", cell.items.key));
  capture.add(column("item/status", status));
  capture.add(column("item/reason", reason));
  capture.add(column("answer/text", text));
  capture.add(column("answer/length", length));
  capture.add(column("answer/ended", ended));
  capture.add(signal_array("output/confidence", confidence, 1, "probability", "first token"));
  capture.add(signal_array("output/logit_entropy", entropy, -1, "nats", "first token"));
  add_labels(capture, cell.items);
}

const std::vector<Asked> kFive = {{"yes", "yes", 0.9},       {"yes", "Yes, there is", 0.8},
                                  {"no", "I can tell", 0.7}, {"no", "no", 0.6},
                                  {"yes", "no", 0.5},        {"no", "", 0.1, true}};

/// N answers of random length to different pictures, with labels by `right(i, long answer)`.
template <class Right>
CellColumns answers_of_length(std::size_t n, Right&& right) {
  const Rng rng(5, "format test");
  CellColumns cell;
  cell.model = "demo";
  cell.benchmark = "demo_text";
  LabelColumn label;
  label.scorer = "exact@1";
  label.primary = true;
  SignalColumn signal;
  signal.name = signal.path = "output/confidence";
  signal.orientation = 1;
  for (std::size_t i = 0; i < n; ++i) {
    const bool is_long = rng.uniform(i, 0) < 0.5;
    cell.key.push_back(std::to_string(100000 + i));
    cell.group.push_back("image-" + std::to_string(i / 2));
    cell.type.emplace_back("kettle");
    cell.question.emplace_back("What is it?");
    cell.reference.emplace_back("kettle");
    cell.image_hash.emplace_back("");
    cell.kind.emplace_back("text");
    cell.answer.push_back(is_long ? "a long answer of many words" : "kettle");
    cell.reason.emplace_back("");
    cell.failed.push_back(0);
    cell.answer_tokens.push_back(is_long ? 6 : 1);
    cell.ended.push_back(1);
    label.y.push_back(right(rng.uniform(i, 1), is_long) ? 1 : 0);
    label.unparsed.push_back(0);
    signal.value.push_back(rng.uniform(i, 2));
  }
  cell.labels.push_back(label);
  cell.signals.push_back(signal);
  return cell;
}

}  // namespace

TEST_CASE("figures of each scorer by hand", "[reduce][labels]") {
  TestCell cell;
  make_asked(cell, kFive);
  const auto rows = scorer_rows(columns_of(cell.data), quick());
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].scorer == "yes_no@1");
  CHECK(rows[0].primary == 1);
  for (const ScorerRow& row : rows) {
    CHECK(row.items == 6);
    CHECK(row.n == 5);
    CHECK(row.invalid == 1);
    CHECK(row.yes_share == Approx(0.6));
    CHECK(row.precision == Approx(row.scorer == "pope_official@1" ? 2.0 / 3 : 1));
    CHECK(row.score_mean == Approx(row.accuracy));
    CHECK(row.low < row.accuracy);
    CHECK(row.high > row.accuracy);
  }
  CHECK(rows[0].correct == 3);
  CHECK(rows[0].unparsed == 1);  // "I can tell"
  CHECK(rows[0].unparsed_share == Approx(0.2));
  CHECK(rows[0].recall == Approx(2.0 / 3));
  CHECK(rows[0].f1 == Approx(0.8));
  CHECK(rows[0].yes_ratio == Approx(0.4));
  CHECK(rows[1].scorer == "exact@1");
  CHECK(rows[1].correct == 2);
  CHECK(rows[1].unparsed == 2);  // also "Yes, there is": the text is neither yes nor no
  CHECK(rows[1].recall == Approx(1.0 / 3));
  CHECK(rows[1].f1 == Approx(0.5));
  CHECK(rows[1].yes_ratio == Approx(0.2));
  CHECK(rows[1].only_primary == 1);
  CHECK(rows[1].p == Approx(1));
  CHECK(rows[2].scorer == "pope_official@1");
  CHECK(rows[2].correct == 3);
  CHECK(rows[2].unparsed == 0);  // whatever does not deny counts as yes
  CHECK(rows[2].recall == Approx(2.0 / 3));
  CHECK(rows[2].f1 == Approx(2.0 / 3));
  CHECK(rows[2].yes_ratio == Approx(0.6));
}

TEST_CASE("agreement of each pair of scorers by hand", "[reduce][labels]") {
  TestCell cell;
  make_asked(cell, kFive);
  const auto rows = scorer_pair_rows(columns_of(cell.data), quick());
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].scorer_a == "yes_no@1");
  CHECK(rows[0].scorer_b == "exact@1");
  CHECK(rows[0].n == 5);
  CHECK(rows[0].equal == Approx(0.8));
  CHECK(rows[0].kappa == Approx((0.8 - 0.48) / 0.52));
  CHECK(rows[0].only_a == 1);
  CHECK(rows[0].only_b == 0);
  CHECK(rows[0].p == Approx(1));
  CHECK(rows[1].scorer_b == "pope_official@1");
  CHECK(rows[1].equal == Approx(1));
  CHECK(rows[1].kappa == Approx(1));
}

TEST_CASE("the AUROC of a signal under each scorer, oriented as declared", "[reduce][labels]") {
  TestCell cell;
  make_asked(cell, kFive);
  const auto rows = label_signal_rows(columns_of(cell.data), {}, quick());
  const auto found = [&](const std::string& signal, const std::string& scorer) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const LabelSignalRow& one) {
      return one.signal == signal && one.scorer == scorer;
    });
    REQUIRE(row != rows.end());
    return *row;
  };
  for (const char* signal : {"confidence", "logit_entropy"}) {
    CHECK(found(signal, "yes_no@1").auroc == Approx(5.0 / 6));
    CHECK(found(signal, "exact@1").auroc == Approx(4.0 / 6));
    CHECK(found(signal, "yes_no@1").n == 5);
    CHECK(found(signal, "yes_no@1").invalid == 1);
    CHECK(found(signal, "yes_no@1").beats_format == -1);
    CHECK(found(signal, "yes_no@1").low <= found(signal, "yes_no@1").auroc);
  }
}

TEST_CASE("a balanced yes/no set far below chance is flagged as an extraction failure",
          "[reduce][labels]") {
  std::vector<Asked> asked;
  for (int i = 0; i < 40; ++i)
    asked.push_back({i % 2 ? "yes" : "no", i % 2 ? "Yes, there is." : "No, there is not.", 0.5});
  const auto flags = [](const std::vector<Asked>& of) {
    TestCell cell;
    make_asked(cell, of);
    return scorer_rows(columns_of(cell.data), quick());
  };
  const auto balanced = flags(asked);
  CHECK(balanced[0].flags.empty());
  CHECK(balanced[0].accuracy == 1);
  CHECK(balanced[1].flags == kExtractionFailure);
  CHECK(balanced[1].note.find("100.0 % of them are unparsed") != std::string::npos);
  CHECK(balanced[2].flags.empty());
  for (Asked& one : asked) one.reference = "no", one.answer = "No, there is not.";
  CHECK(flags(asked)[1].flags.empty());  // 0 % yes: a constant answer may be far below one half
}

TEST_CASE("labels of all scorers lie side by side in the record of reduce", "[reduce][labels]") {
  TestCell cell;
  make_asked(cell, kFive);
  const Record record = reduce_cell(cell.data, quick(), 1);
  CHECK(record.values<std::string>("labels/key") == cell.items.key);
  CHECK(record.values<std::string>("labels/answer")[1] == "Yes, there is");
  using Y = std::vector<std::int32_t>;
  CHECK(record.values<std::int32_t>("label/yes_no") == Y{1, 1, 0, 1, 0, -1});
  CHECK(record.values<std::int32_t>("label/exact") == Y{1, 0, 0, 1, 0, -1});
  CHECK(record.at("label/yes_no").attributes.at("primary") == "1");
  CHECK(record.at("label/exact").attributes.at("primary") == "0");
  CHECK(record.values<std::string>("label_parsed/exact")[1] == "yes there is");
  CHECK(record.values<std::uint8_t>("label_invalid/yes_no")[2] == 1);
  CHECK(std::isnan(record.values<double>("label_score/yes_no")[5]));
  CHECK(read_frame<ScorerRow>(record, "scorer").size() == 3);
  CHECK(read_frame<FormatRow>(record, "format_confound").size() == 3);
}

TEST_CASE("form of an answer: length, case, period, digits, comma, first word",
          "[reduce][labels]") {
  REQUIRE(form_features().size() == answer_form("", kNan, kNan).size());
  const auto value = [](const std::string& answer, const std::string& feature) {
    const auto& names = form_features();
    const auto at = std::find(names.begin(), names.end(), feature) - names.begin();
    return answer_form(answer, 3, 1)[static_cast<std::size_t>(at)];
  };
  CHECK(value("Yes, it is.", "log_characters") == Approx(std::log(12)));
  CHECK(value("Yes, it is.", "log_words") == Approx(std::log(4)));
  CHECK(value("Yes, it is.", "log_tokens") == Approx(std::log(4)));
  CHECK(value("Yes, it is.", "first_word_yes") == 1);
  CHECK(value("Yes, it is.", "comma") == 1);
  CHECK(value("Yes, it is.", "final_period") == 1);
  CHECK(value("Yes, it is.", "upper_start") == 1);
  CHECK(value("no", "first_word_no") == 1);
  CHECK(value("no", "upper_start") == 0);
  CHECK(value("three cups", "first_word_number") == 1);
  CHECK(value("12", "first_word_number") == 1);
  CHECK(value("12", "digits") == 1);
  CHECK(value("kettle", "first_word_number") == 0);
  CHECK(value("", "empty") == 1);
  CHECK(value("a", "ended") == 1);
}

TEST_CASE("labels that follow the answer's length are found by the format probe, others are not",
          "[reduce][labels]") {
  const auto planted = answers_of_length(
      400, [](double draw, bool is_long) { return draw < (is_long ? 0.15 : 0.85); });
  const FormatProbe found = format_probe(planted, quick(), 1);
  REQUIRE(found.rows.size() == 1);
  CHECK(found.rows[0].n == 400);
  CHECK(found.rows[0].auroc > 0.75);
  CHECK(found.rows[0].low > 0.7);
  CHECK(found.rows[0].flags == "confound");
  CHECK(found.rows[0].interval.find("groups") != std::string::npos);
  const auto signals = label_signal_rows(planted, found.scores, quick());
  REQUIRE(signals.size() == 1);
  CHECK(signals[0].beats_format == 0);  // an uninformative signal
  CHECK(signals[0].over_high < 0);
  auto knows = planted;
  for (std::size_t i = 0; i < knows.size(); ++i)
    knows.signals[0].value[i] += 3 * knows.labels[0].y[i];
  CHECK(label_signal_rows(knows, found.scores, quick())[0].auroc == 1);

  const auto independent = answers_of_length(400, [](double draw, bool) { return draw < 0.6; });
  const FormatProbe nothing = format_probe(independent, quick(), 1);
  CHECK(nothing.rows[0].low < 0.5);
  CHECK(nothing.rows[0].high > 0.5);
  CHECK(nothing.rows[0].flags.empty());
}

TEST_CASE("a signal that says more than the answer's form is marked as such", "[reduce][labels]") {
  auto cell = answers_of_length(
      400, [](double draw, bool is_long) { return draw < (is_long ? 0.4 : 0.6); });
  for (std::size_t i = 0; i < cell.size(); ++i)
    cell.signals[0].value[i] += 0.8 * cell.labels[0].y[i];
  const FormatProbe format = format_probe(cell, quick(), 1);
  const auto rows = label_signal_rows(cell, format.scores, quick());
  CHECK(rows[0].over_low > 0);
  CHECK(rows[0].beats_format == 1);
}

TEST_CASE("a set whose answers are all right has no format probe, and says why",
          "[reduce][labels]") {
  const auto cell = answers_of_length(40, [](double, bool) { return true; });
  const FormatProbe format = format_probe(cell, quick(), 1);
  CHECK(std::isnan(format.rows[0].auroc));
  CHECK(format.rows[0].n == 0);
  CHECK_FALSE(format.rows[0].note.empty());
  const auto rows = label_signal_rows(cell, format.scores, quick());
  CHECK(rows[0].beats_format == -1);
  CHECK_FALSE(rows[0].note.empty());
}

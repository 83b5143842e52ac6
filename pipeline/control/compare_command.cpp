// vrp compare: two runs, models or settings, item by item.
#include <algorithm>
#include <deque>
#include <iostream>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/compare_options.hpp"
#include "pipeline/control/compare_report.hpp"

namespace vrp {
namespace {

constexpr const char* kPooledName = "pooled";
/// Printed where no --signal chooses: the signals of the paper's tables.
const std::vector<std::string> kMainSignals = {
    "h_s",       "c_k",  "mass",           "iou",         "p_tok", "confidence", "logit_entropy",
    "top2_last", "s_sc", "answer_entropy", "hidden_probe"};

/// A cell of one side, read.
struct Side {
  const CellWork* work = nullptr;
  ItemTable table;
  CellColumns columns;
  Progress progress;
  CompareSide view() const { return {&table, &columns}; }
};

struct ReadSet {
  Side a, b;
  Match match;
};

class Compare {
 public:
  explicit Compare(const CompareArguments& arguments)
      : arguments_(arguments),
        run_a_(arguments.run_a),
        run_b_(arguments.run_b),
        cells_a_(cells_of(run_a_.manifest())),
        cells_b_(cells_of(run_b_.manifest())) {
    for (const std::string& name : arguments_.benchmarks) {
      run_a_.require_benchmark(name);
      run_b_.require_benchmark(name);
    }
    report_.run_a = arguments.run_a;
    report_.run_b = arguments.run_b;
    report_.limited_a = run_a_.partial();
    report_.limited_b = run_b_.partial();
    report_.replicates = arguments.replicates;
    report_.seed = static_cast<std::uint64_t>(arguments.seed);
  }

  int work() {
    if (!arguments_.one_run())
      add_run_differences(run_a_.manifest(), run_b_.manifest(), report_.settings);
    for (const auto& [a, b] : model_pairs()) compare_models(a, b);
    if (report_.cells.empty()) fail_nothing_shared();
    check_signals();
    choose_shown();
    adjust(report_);
    print_compare(std::cout, report_);
    if (!arguments_.json.empty())
      write_atomically(arguments_.json, compare_json(report_).dump(2) + "\n");
    if (!arguments_.csv.empty()) write_atomically(arguments_.csv, compare_csv(csv_sets_, wanted()));
    return static_cast<int>(ExitCode::complete);
  }

 private:
  std::vector<std::string> wanted() const {
    const auto& names = arguments_.signals;
    return names == std::vector<std::string>{"all"} ? std::vector<std::string>() : names;
  }

  std::vector<std::pair<std::string, std::string>> model_pairs() const {
    const std::vector<std::string> a = run_a_.models(), b = run_b_.models();
    if (!arguments_.model.empty()) {
      const std::string& with = arguments_.with.empty() ? arguments_.model : arguments_.with;
      run_a_.require_model(arguments_.model);
      run_b_.require_model(with);
      return {{arguments_.model, with}};
    }
    std::vector<std::pair<std::string, std::string>> out;
    for (const std::string& name : a)
      if (std::find(b.begin(), b.end(), name) != b.end()) out.emplace_back(name, name);
    if (out.empty() && a.size() == 1 && b.size() == 1) out.emplace_back(a.front(), b.front());
    if (out.empty())
      fail_usage("vrp compare: the runs share no model: ", arguments_.run_a, " has ", join(a, ", "),
                 "; ", arguments_.run_b, " has ", join(b, ", "),
                 "; choose with --model M --with N");
    return out;
  }

  static const CellWork* find(const std::vector<CellWork>& cells, const std::string& model,
                              const std::string& benchmark) {
    for (const CellWork& cell : cells)
      if (cell.model == model && cell.benchmark == benchmark) return &cell;
    return nullptr;
  }

  bool is_wanted(const std::string& benchmark) const {
    const auto& names = arguments_.benchmarks;
    return names.empty() || std::find(names.begin(), names.end(), benchmark) != names.end();
  }

  Side read(const StoredRun& run, const CellWork& work) const {
    Side out;
    out.work = &work;
    out.table = labelled_table(run, work.benchmark, arguments_.scorer);
    out.columns = read_columns(run, work, out.table);
    out.progress = progress_of(run, work);
    return out;
  }

  void compare_models(const std::string& a, const std::string& b) {
    std::vector<const ReadSet*> sets;
    for (const CellWork& cell_a : cells_a_) {
      const CellWork* cell_b = find(cells_b_, b, cell_a.benchmark);
      if (cell_a.model != a || cell_b == nullptr || !is_wanted(cell_a.benchmark)) continue;
      if (const ReadSet* set = read_set(cell_a, *cell_b)) {
        add_setting_differences(cell_a, *cell_b, report_.settings);
        add_cell(*set);
        sets.push_back(set);
      }
    }
    if (sets.size() > 1) add_pooled(sets);
  }

  /// Null when no item of the set can be compared (a note says why).
  const ReadSet* read_set(const CellWork& a, const CellWork& b) {
    const std::string name = a.model == b.model
                                 ? a.model + " on " + a.benchmark
                                 : a.model + " and " + b.model + " on " + a.benchmark;
    for (const bool first : {true, false}) {
      const StoredRun& run = first ? run_a_ : run_b_;
      if (run.finished((first ? a : b).model, a.benchmark) > 0) continue;
      report_.notes.push_back(concat("not compared: ", name, ": ", first ? "A" : "B",
                                     " has no finished unit of stage capture"));
      return nullptr;
    }
    ReadSet& set = sets_.emplace_back();
    set.a = read(run_a_, a);
    set.b = read(run_b_, b);
    set.match = match_items(set.a.view(), set.b.view());
    const MatchCounts& c = set.match.counts;
    if (c.compared > 0) {
      csv_sets_.push_back({a.model, b.model, a.benchmark, &set.match, set.a.view(), set.b.view()});
      return &set;
    }
    report_.notes.push_back(concat(
        "not compared: ", name, ": no item was answered in both: ", c.only_a, " only in A, ",
        c.only_b, " only in B, ", c.other_content, " ask something else",
        set.match.first_other.empty() ? "" : ", the first " + set.match.first_other, ", ",
        c.not_computed, " not computed, ", c.failed_a + c.failed_b + c.failed_both, " failed"));
    sets_.pop_back();
    return nullptr;
  }

  static std::string scorer(const CellColumns& columns) {
    return columns.labels.empty() ? "" : columns.labels.front().scorer;
  }

  void keep_wanted(PairedColumns& columns) {
    for (const PairedSignal& signal : columns.signals) known_signals_.insert(signal.name);
    const std::vector<std::string> names = wanted();
    if (names.empty()) return;
    std::erase_if(columns.signals, [&](const PairedSignal& signal) {
      return std::find(names.begin(), names.end(), signal.name) == names.end();
    });
  }

  CompareOptions options(const std::string& a, const std::string& b,
                         const std::string& benchmark) const {
    return {.replicates = report_.replicates,
            .level = report_.level,
            .seed = report_.seed,
            .purpose = concat("compare/", a, "/", b, "/", benchmark)};
  }

  void add_cell(const ReadSet& set) {
    ComparedCell& cell = report_.cells.emplace_back();
    cell.model_a = set.a.work->model;
    cell.model_b = set.b.work->model;
    cell.benchmark = set.a.work->benchmark;
    cell.scorer_a = scorer(set.a.columns);
    cell.scorer_b = scorer(set.b.columns);
    cell.progress_a = set.a.progress;
    cell.progress_b = set.b.progress;
    cell.counts = set.match.counts;
    cell.first_other = set.match.first_other;
    PairedColumns columns = paired_columns(set.match, set.a.view(), set.b.view());
    keep_wanted(columns);
    cell.result = compare_columns(columns, options(cell.model_a, cell.model_b, cell.benchmark));
    add_flips(set, cell);
  }

  void add_flips(const ReadSet& set, ComparedCell& cell) const {
    if (set.a.columns.labels.empty() || set.b.columns.labels.empty()) return;
    for (const ItemMatch& item : set.match.items) {
      if (static_cast<std::int64_t>(cell.flips.size()) >= arguments_.flips) return;
      if (!item.compared()) continue;
      const int a = set.a.columns.labels.front().y[*item.row_a];
      const int b = set.b.columns.labels.front().y[*item.row_b];
      if (a < 0 || b < 0 || a == b) continue;
      cell.flips.push_back({item.key, set.a.table.question[*item.table_a],
                            set.a.table.answer[*item.table_a], set.a.columns.answer[*item.row_a],
                            set.b.columns.answer[*item.row_b], a == 1});
    }
  }

  void add_pooled(const std::vector<const ReadSet*>& sets) {
    std::vector<ComparedSet> pooled;
    ComparedCell cell;
    cell.pooled = true;
    cell.benchmark = kPooledName;
    std::set<std::string> scorers_a, scorers_b;
    for (const ReadSet* set : sets) {
      cell.model_a = set->a.work->model;
      cell.model_b = set->b.work->model;
      pooled.push_back({&set->match, set->a.view(), set->b.view()});
      cell.counts += set->match.counts;
      scorers_a.insert(scorer(set->a.columns));
      scorers_b.insert(scorer(set->b.columns));
      for (const bool first : {true, false}) {
        Progress& to = first ? cell.progress_a : cell.progress_b;
        const Progress& from = first ? set->a.progress : set->b.progress;
        to.units += from.units;
        to.finished += from.finished;
      }
    }
    cell.scorer_a = join({scorers_a.begin(), scorers_a.end()}, "+");
    cell.scorer_b = join({scorers_b.begin(), scorers_b.end()}, "+");
    PairedColumns columns = pooled_columns(pooled);
    keep_wanted(columns);
    cell.result = compare_columns(columns, options(cell.model_a, cell.model_b, kPooledName));
    report_.cells.push_back(std::move(cell));
  }

  void check_signals() const {
    const std::vector<std::string> known(known_signals_.begin(), known_signals_.end());
    for (const std::string& name : wanted()) {
      if (known_signals_.contains(name)) continue;
      const std::string near = nearest(name, known);
      fail_usage("vrp compare: the runs share no signal '", excerpt(name), "'",
                 near.empty() ? "; they share " + excerpt(join(known, ", "), 600)
                              : "; did you mean '" + near + "'?");
    }
  }

  /// The main signals where none is named; everything when the runs share none of those.
  void choose_shown() {
    if (!arguments_.signals.empty()) return;
    for (const std::string& name : kMainSignals)
      if (known_signals_.contains(name)) report_.shown.push_back(name);
  }

  [[noreturn]] void fail_nothing_shared() const {
    for (const std::string& note : report_.notes) std::cerr << "vrp: " << note << "\n";
    const auto has = [](const StoredRun& run) {
      return concat(run.root().string(), " has ", join(run.models(), ", "), " on ",
                    join(run.benchmarks(), ", "));
    };
    fail_usage("vrp compare: nothing to compare: ", has(run_a_), "; ", has(run_b_));
  }

  CompareArguments arguments_;
  StoredRun run_a_, run_b_;
  std::vector<CellWork> cells_a_, cells_b_;
  std::deque<ReadSet> sets_;  // stay where they are
  std::vector<CompareCsvSet> csv_sets_;
  std::set<std::string> known_signals_;
  ComparisonReport report_;
};

}  // namespace

int compare_command(const Arguments& arguments) {
  const CompareArguments options = parse_compare_options(arguments);
  if (options.help) {
    std::cout << compare_help();
    return 0;
  }
  return Compare(options).work();
}

}  // namespace vrp

// vrp export RUN: what a run knows of its items as CSV or JSON Lines.
#include <algorithm>
#include <iostream>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/export_list.hpp"
#include "pipeline/control/export_output.hpp"
#include "pipeline/control/export_write.hpp"

namespace vrp {
namespace {

constexpr double kWarnBytes = 1e9, kBytesPerNumber = 19;

bool is_chosen(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

std::string scorer_of(const std::string& name) {
  try {
    return find_scorer(name).label();
  } catch (const Error& error) {
    fail_usage("vrp export: ", error.what());
  }
}

/// Items of a cell that the run asks.
std::int64_t items_of(const CellWork& cell) {
  std::int64_t out = 0;
  const WorkEntry& work = cell.stages.at("capture");
  for (std::size_t u = 0; u < work.files.size(); ++u) out += work.last[u] - work.first[u];
  return out;
}

class Export {
 public:
  explicit Export(const ExportOptions& options)
      : options_(options), run_(options.run), cells_(cells_of(run_.manifest())) {
    for (const std::string& name : options_.models) run_.require_model(name);
    for (const std::string& name : options_.benchmarks) run_.require_benchmark(name);
    std::erase_if(cells_, [&](const CellWork& cell) {
      return !cell.stages.contains("capture") || !is_chosen(options_.models, cell.model) ||
             !is_chosen(options_.benchmarks, cell.benchmark);
    });
    if (cells_.empty())
      fail_usage("vrp export: ", options_.run,
                 " has none of the chosen models on none of the "
                 "chosen sets; it has ",
                 join(run_.models(), ", "), " on ", join(run_.benchmarks(), ", "));
    for (const CellWork& cell : cells_) fields_.push_back(fields_of(run_, cell));
  }

  int list() {
    std::vector<ListedCell> cells;
    for (std::size_t c = 0; c < cells_.size(); ++c)
      cells.push_back({&cells_[c], fields_[c], scorers_of(cells_[c].benchmark),
                       progress_of(run_, cells_[c]), items_of(cells_[c])});
    print_export_list(std::cout, cells);
    return 0;
  }

  int work() {
    choose_names();
    describe();
    check(table_);
    warn_of_size();
    ExportOutput output(options_.out);
    output.write(export_header(table_));
    std::int64_t rows = 0;
    for (std::size_t c = 0; c < cells_.size(); ++c) {
      std::vector<const ExportField*> fields;
      for (const std::string& name : names_) fields.push_back(fields_[c].find(name));
      const ItemTable items = table_of(cells_[c].benchmark);
      ExportReader reader(run_, cells_[c], items, std::move(fields), options_.paths);
      reader.read([&](const ExportItem& item) {
        output.write(export_lines(table_, item));
        ++rows;
      });
    }
    output.commit();
    if (!options_.out.empty())
      std::cout << rows << " items of " << cells_.size() << " cells to " << options_.out << "\n";
    warn_of_partial();
    return 0;
  }

 private:
  /// The set's table with every scorer that labels are asked of.
  ItemTable table_of(const std::string& benchmark) const {
    ItemTable out = labelled_table(run_, benchmark, options_.scorer);
    ScoreFile::Choice choice;
    for (const std::string& name : options_.labels)
      if (name != "all") choice.added.push_back(scorer_of(name));
    out.scorers = scorers_with(std::move(out.scorers), choice);
    return out;
  }

  const std::vector<std::string>& scorers_of(const std::string& benchmark) {
    const auto known = scorers_.find(benchmark);
    if (known != scorers_.end()) return known->second;
    return scorers_.emplace(benchmark, table_of(benchmark).scorers).first->second;
  }

  /// Names of fields: those given, "all" or none standing for every signal.
  void choose_names() {
    const auto add_signals = [&] {
      for (const CellFields& cell : fields_)
        for (const ExportField& field : cell.fields)
          if (field.signal && std::find(names_.begin(), names_.end(), field.name) == names_.end())
            names_.push_back(field.name);
    };
    if (options_.signals.empty()) add_signals();
    for (const std::string& name : options_.signals) {
      if (name == "all") {
        add_signals();
        continue;
      }
      const bool found = std::any_of(fields_.begin(), fields_.end(), [&](const CellFields& cell) {
        return cell.find(name) != nullptr;
      });
      if (!found) fail_unknown(name);
      if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
    }
  }

  [[noreturn]] void fail_unknown(const std::string& name) const {
    std::vector<std::string> known;
    for (const CellFields& cell : fields_)
      for (const ExportField& field : cell.fields) {
        known.push_back(field.name);
        known.push_back(field.array.name);
      }
    const std::string near = nearest(name, known);
    fail_usage("vrp export: the chosen cells have no signal or array '", excerpt(name), "'",
               near.empty() ? concat("; vrp export ", options_.run, " --list names them")
                            : "; did you mean '" + near + "'?");
  }

  void describe() {
    for (const std::string& name : names_) {
      ExportColumn& column = table_.columns.emplace_back();
      column.name = name;
      bool seen = false;
      for (const CellFields& cell : fields_) {
        const ExportField* field = cell.find(name);
        if (field == nullptr) continue;
        const std::vector<std::int64_t> shape = field->item_shape();
        if (!seen) {
          column.dims = field->item_dims();
          column.shape = shape;
        } else if (field->item_dims() != column.dims) {
          fail(options_.run, ": '", name, "' has the dimensions (", join(column.dims, ", "),
               ") in one cell and (", join(field->item_dims(), ", "),
               ") in another; export them one after the other");
        }
        for (std::size_t d = 0; d < shape.size(); ++d)
          column.shape[d] =
              shape[d] < 0 || column.shape[d] < 0 ? -1 : std::max(column.shape[d], shape[d]);
        seen = true;
      }
    }
    for (const CellWork& cell : cells_)
      for (const std::string& scorer : scorers_of(cell.benchmark))
        if (is_asked(scorer) &&
            std::find(table_.scorers.begin(), table_.scorers.end(), scorer) == table_.scorers.end())
          table_.scorers.push_back(scorer);
    if (options_.paths) {
      for (const CellFields& cell : fields_)
        if (const ExportField* field = cell.find("path/text"))
          table_.paths = std::max(table_.paths, field->item_shape().front());
      if (table_.paths == 0)
        fail_usage("vrp export: --paths: the chosen cells have no sampled answers");
    }
    table_.answers = options_.answers;
    table_.questions = options_.questions;
    table_.long_form = options_.long_form;
    table_.json_lines = options_.json_lines();
  }

  bool is_asked(const std::string& scorer) const {
    return std::any_of(options_.labels.begin(), options_.labels.end(), [&](const auto& name) {
      return name == "all" || scorer_of(name) == scorer;
    });
  }

  /// Values of all cells by the sizes of their first files.
  void warn_of_size() const {
    double values = 0;
    for (std::size_t c = 0; c < cells_.size(); ++c)
      for (const std::string& name : names_) {
        const ExportField* field = fields_[c].find(name);
        if (field == nullptr) continue;
        double each = 1;
        for (std::size_t d = 0; d < field->array.dims.size(); ++d)
          if (field->array.dims[d] != "item" && field->array.dims[d] != field->ragged_dim)
            each *= static_cast<double>(field->array.shape[d]);
        if (!field->ragged_dim.empty()) each *= ragged_mean(c, *field);
        values += each * static_cast<double>(items_of(cells_[c]));
      }
    const double bytes = values * kBytesPerNumber * (options_.long_form ? 6 : 1);
    if (bytes > kWarnBytes)
      std::cerr << "vrp: about " << static_cast<std::int64_t>(bytes / 1e9 + 0.5)
                << " GB of text; fewer --model, --benchmark or --signal make it less\n";
  }

  /// Mean length of the ragged dimension over the items of the first finished file.
  double ragged_mean(std::size_t c, const ExportField& field) const {
    const WorkEntry& work = cells_[c].stages.at(field.stage);
    for (std::size_t u = 0; u < work.files.size(); ++u) {
      if (!std::filesystem::exists(run_.root() / work.files[u])) continue;
      const auto items =
          static_cast<double>(std::max<std::int64_t>(1, work.last[u] - work.first[u]));
      for (std::size_t d = 0; d < field.array.dims.size(); ++d)
        if (field.array.dims[d] == field.ragged_dim)
          return static_cast<double>(field.array.shape[d]) / items;
    }
    return 1;
  }

  void warn_of_partial() const {
    Progress all;
    for (const CellWork& cell : cells_) {
      const Progress one = progress_of(run_, cell);
      all.units += one.units;
      all.finished += one.finished;
    }
    if (all.partial())
      std::cerr << "vrp: PARTIAL: " << all.finished << " of " << all.units
                << " units are finished\n";
    if (run_.partial()) std::cerr << "vrp: PARTIAL: the run was started with --limit\n";
  }

  ExportOptions options_;
  StoredRun run_;
  std::vector<CellWork> cells_;
  std::vector<CellFields> fields_;  ///< of each cell
  std::vector<std::string> names_;
  std::map<std::string, std::vector<std::string>> scorers_;  ///< by benchmark
  ExportTable table_;
};

}  // namespace

int export_command(const Arguments& arguments) {
  const ExportOptions options = parse_export_options(arguments);
  if (options.help) {
    std::cout << export_help();
    return 0;
  }
  Export work(options);
  return options.list ? work.list() : work.work();
}

}  // namespace vrp

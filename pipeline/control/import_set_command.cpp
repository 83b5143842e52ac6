#include "pipeline/control/import_set_command.hpp"

#include <ostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/config/fields.hpp"
#include "pipeline/items/set_files.hpp"

namespace vrp {
namespace {

/// The number per stratum that makes up n items.
std::int64_t per_stratum(std::int64_t n, std::size_t strata, const std::string& format) {
  const auto parts = static_cast<std::int64_t>(strata);
  if (n % parts != 0) {
    fail_usage("vrp import ", format, ": --n is ", n, ", expected a multiple of its ", parts,
               " strata");
  }
  return n / parts;
}

/// FILE.json -> FILE<ending>.
std::filesystem::path beside(const std::filesystem::path& file, const std::string& ending) {
  std::filesystem::path out = file;
  return out.replace_extension().concat(ending);
}

bool same_text(const std::filesystem::path& path, const std::string& text) {
  return std::filesystem::exists(path) && read_text(path) == text;
}

class DrawnSet {
 public:
  DrawnSet(const ImportCommand& command, std::ostream& print)
      : command_(command), print_(print), set_json_(command.set_json) {
    if (set_json_.empty()) set_json_ = beside(command.out, ".json");
  }

  void run() {
    read_exclusions();
    draw();
    report_shortages();
    Imported imported = to_table();
    require_own_table(command_.out, imported.table, command_.force);
    if (!command_.force && std::filesystem::exists(set_json_) &&
        !same_text(set_json_, set_text(set_.rows))) {
      throw Error(ExitCode::foreign_folder,
                  concat(set_json_.string(),
                         ": exists and holds another set; choose another name "
                         "or replace it with --force"));
    }
    make_folders(std::filesystem::absolute(set_json_).parent_path());
    write_atomically(set_json_, set_text(set_.rows));
    write_atomically(beside(set_json_, ".balance.json"), balance_report(set_).dump(1) + "\n");
    write_sheet(imported);
    for (const auto& line : set_.log) print_ << "  caps raised: " << line << "\n";
    write_and_summarise(command_, imported, print_);
  }

 private:
  void read_exclusions() {
    for (const ExcludedFile& file : command_.exclude) {
      const auto images = images_used_by(file.path, file.first);
      exclusions_.images.insert(images.begin(), images.end());
    }
    if (!command_.veto.empty()) vetoes_ = read_vetoes(command_.veto);
    exclusions_.vetoes = vetoes_.items;
  }

  void draw() {
    const CocoInstances instances = read_coco_instances(command_.instances);
    if (command_.format == "counting") {
      CountingParams params = command_.counting;
      const std::size_t strata = split(params.answers, ',').size();
      if (command_.n > 0) params.per_answer = per_stratum(command_.n, strata, command_.format);
      parameters_ = canonical_text(params);
      seed_ = params.seed;
      set_ = build_counting_set(instances, params, exclusions_);
    } else {
      SpatialParams params = command_.spatial;
      const std::size_t strata = params.form == "open" ? 4 : 8;
      if (command_.n > 0) params.per_stratum = per_stratum(command_.n, strata, command_.format);
      parameters_ = canonical_text(params);
      seed_ = params.seed;
      set_ = build_spatial_set(instances, params, exclusions_);
    }
  }

  void report_shortages() const {
    if (set_.shortages.empty() || command_.allow_short) return;
    fail(command_.instances.string(), ": too few candidates: ", join(set_.shortages, "; "),
         "; ask for fewer items, loosen a filter, or accept it with --allow-short");
  }

  Imported to_table() {
    std::vector<JsonRow> rows;
    for (const Json& row : set_.rows) {
      rows.push_back({row, concat(command_.instances.string(), ": item '",
                                  row.at("question_id").get<std::string>(), "'")});
    }
    Imported imported = import_set_rows(command_.common, command_.format, rows);
    auto& facts = imported.table.facts;
    const FileHashes source = hash_file_both(command_.instances);
    facts["source"] = command_.instances.filename().string();
    facts["source_sha256"] = source.sha256;
    facts["source_bytes"] = std::to_string(source.bytes);
    facts["parameters"] = parameters_;
    facts["raised_caps"] = join(set_.log, "\n");
    facts["excluded_images"] = std::to_string(exclusions_.images.size());
    facts["manual_check"] = vetoes_.checked == 0
                                ? "not manually verified"
                                : concat(vetoes_.checked, " items checked, ", vetoes_.items.size(),
                                         " vetoed and replaced");
    if (vetoes_.checked == 0) imported.warnings.emplace_back("not manually verified");
    if (command_.exclude.empty()) {
      imported.warnings.emplace_back(
          "no images are left out: --exclude-images keeps the sets of a sweep disjoint");
    }
    for (const auto& shortage : set_.shortages) imported.warnings.push_back(shortage);
    return imported;
  }

  /// A sheet that somebody has filled in is kept.
  void write_sheet(Imported& imported) const {
    const Json sheet = check_sheet(set_.rows, command_.check_share, seed_);
    const auto json_file = beside(set_json_, ".check.json");
    const std::string text = set_text(sheet);
    if (!command_.force && std::filesystem::exists(json_file) && !same_text(json_file, text)) {
      imported.warnings.push_back(concat(json_file.string(), ": kept as it is"));
      return;
    }
    std::map<std::string, std::string> file_of;  // question id -> file name in the image folder
    for (std::size_t row = 0; row < imported.table.size(); ++row) {
      file_of[imported.table.id[row]] = imported.table.image[row];
    }
    const auto folder = std::filesystem::absolute(json_file).parent_path();
    std::vector<std::string> files;
    for (const Json& row : sheet) {
      const auto path = std::filesystem::absolute(command_.common.images) /
                        file_of[row.at("question_id").get<std::string>()];
      files.push_back(path.lexically_normal().lexically_proximate(folder).generic_string());
    }
    write_atomically(json_file, text);
    write_atomically(beside(set_json_, ".check.html"),
                     check_sheet_html(sheet, imported.table.benchmark + ": manual check", files));
  }

  const ImportCommand& command_;
  std::ostream& print_;
  std::filesystem::path set_json_;
  Exclusions exclusions_;
  Vetoes vetoes_;
  BuiltSet set_;
  std::string parameters_;
  std::uint64_t seed_ = 0;
};

}  // namespace

void import_drawn_set(const ImportCommand& command, std::ostream& print) {
  DrawnSet(command, print).run();
}

}  // namespace vrp

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/mme_categories.hpp"
#include "pipeline/items/reference_reader.hpp"
#include "pipeline/items/tsv_header.hpp"
#include "pipeline/items/tsv_reader.hpp"
#include "pipeline/items/tsv_row.hpp"

namespace vrp {
namespace {

constexpr std::size_t kShown = 12;  ///< ids that a warning names

std::ifstream open_table(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) fail(path.string(), ": is a folder, expected a file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(path.string(), ": cannot be opened: ", std::strerror(errno));
  return in;
}

class TsvImporter {
 public:
  TsvImporter(const ImportOptions& options, const TsvOptions& tsv)
      : options_(options),
        tsv_(tsv),
        name_(options.name.empty() ? options.annotations.stem().string() : options.name),
        in_(open_table(options.annotations)),
        reader_(in_, options.annotations.string()),
        header_(reader_),
        pictures_(options.images, tsv.check_picture),
        builder_(with_folder(options, header_), name_) {
    if (tsv.kind != "auto") default_scorers(tsv.kind);
  }

  Imported run() {
    TsvRow row;
    while (reader_.next(row)) {
      ++rows_;
      const std::string where = reader_.where(row), id = header_.id_of(row, where);
      try {
        read_row(row, where);
      } catch (const Error& error) {
        builder_.add(id, [&]() -> SourceRow { throw error; });
      }
    }
    if (rows_ == 0) fail(options_.annotations.string(), ": the table has a header and no row");
    if (tsv_.reference_reader) convert_columns();
    const std::string kind = tsv_.kind == "auto" ? decide_tsv_kind(header_, kept_) : tsv_.kind;
    const bool is_mme = kind == "yes_no" && holds_mme();
    for (auto& kept : kept_) {
      builder_.add(kept.cell(header_.index), [&] { return make_row(kept, kind, is_mme); });
    }
    if (builder_.table().size() == 0) {
      fail(options_.annotations.string(), ": no row is left",
           missing_.empty() ? "" : concat("; ", missing_.size(), " rows have an empty image cell"));
    }
    record_facts(kind);
    Imported imported = builder_.finish(name_, kind);
    if (is_mme) imported.table.scorers = mme_scorers();
    return imported;
  }

 private:
  /// Pictures of the table go to the image folder, which need not be there before.
  static const ImportOptions& with_folder(const ImportOptions& options, const TsvHeader& header) {
    if (header.image != TsvHeader::kAbsent && !options.images.empty()) make_folders(options.images);
    return options;
  }

  void read_row(TsvRow& row, const std::string& where) {
    header_.check_cells(row, where);
    KeptRow kept{where, std::move(row.cells), {}};
    kept.index = kept.cell(header_.index);
    const std::string& index = kept.index;
    if (const auto [first, fresh] = indices_.emplace(index, where); !fresh) {
      fail(where, ": index '", excerpt(index), "' was there before, at ", first->second);
    }
    if (header_.image != TsvHeader::kAbsent) {
      std::string image = std::move(kept.cells[static_cast<std::size_t>(header_.image)]);
      kept.cells[static_cast<std::size_t>(header_.image)].clear();
      if (image.empty() || (tsv_.reference_reader && is_missing_cell(image))) {
        missing_.push_back(index);
        return;
      }
      pictures_.add(index, image, picture_name(kept), where);
    }
    kept_.push_back(std::move(kept));
  }

  /// The name that the row's picture is stored under.
  std::string picture_name(const KeptRow& row) const {
    const std::string& path = row.cell(header_.image_path);
    const bool none = path.empty() || (tsv_.reference_reader && is_missing_cell(path));
    return none ? row.cell(header_.index) + ".png" : single_of(path, "image_path", row.where);
  }

  void convert_columns() {
    for (std::size_t column = 0; column < header_.names.size(); ++column) {
      std::vector<std::string*> cells;
      for (KeptRow& row : kept_) cells.push_back(&row.cells[column]);
      if (static_cast<int>(column) != header_.image) read_as_reference(std::move(cells));
    }
  }

  SourceRow make_row(const KeptRow& kept, const std::string& kind, bool is_mme) {
    SourceRow out;
    out.where = kept.where;
    out.id = kept.cell(header_.index);
    out.question = kept.cell(header_.question);
    out.hint = kept.cell(header_.hint);
    out.split = !options_.split.empty() ? options_.split : kept.cell(header_.split);
    if (out.split.empty()) out.split = "test";
    out.type = kept.cell(header_.category);
    if (out.type.empty()) out.type = "all";
    out.choices = tsv_choices(header_, kept);
    set_tsv_answer(out, header_, kept, kind);
    if (out.id.empty() || trim(out.question).empty()) {
      fail(out.where, ": column '", out.id.empty() ? "index" : "question", "' is empty");
    }
    // Pictures were filed under the index as it stands in the table.
    out.image = header_.image == TsvHeader::kAbsent ? path_of(kept)
                                                    : pictures_.name_of(kept.index, kept.where);
    Json metadata = tsv_metadata(header_, kept);
    if (is_mme && header_.image_path != TsvHeader::kAbsent) {
      const std::string pair = out.type + "/" + kept.cell(header_.image_path);
      metadata["pair"] = pair;
      metadata["line"] = ++lines_of_pair_[pair];
    }
    out.metadata = metadata.dump();
    return out;
  }

  std::string path_of(const KeptRow& kept) const {
    const std::string& path = kept.cell(header_.image_path);
    if (path.empty()) fail(kept.where, ": column 'image_path' is empty, expected a file name");
    return single_of(path, "image_path", kept.where);
  }

  bool holds_mme() const {
    return header_.category != TsvHeader::kAbsent &&
           std::all_of(kept_.begin(), kept_.end(), [&](const KeptRow& row) {
             return is_mme_category(row.cell(header_.category));
           });
  }

  void record_facts(const std::string& kind) {
    ItemTable& table = builder_.table();
    builder_.record_source("source", options_.annotations);
    table.facts["importer"] = "tsv@1";
    table.facts["source_rows"] = std::to_string(rows_);
    table.facts["columns"] = join(header_.names, ", ");
    table.facts["reference_reader"] = tsv_.reference_reader ? "yes" : "no";
    table.facts["missing_image"] = Json(missing_).dump();
    if (header_.image != TsvHeader::kAbsent) {
      table.facts["pictures_in_table"] = std::to_string(pictures_.stored() + pictures_.present());
    }
    if (!missing_.empty()) {
      std::vector<std::string> shown;
      for (const auto& id : missing_) {
        if (shown.size() < kShown) shown.push_back(excerpt(id));
      }
      builder_.warn(concat(missing_.size(), " rows have no image and are left out: ",
                           join(shown, ", "), missing_.size() > kShown ? ", ..." : ""));
    }
    for (auto& text : tsv_answer_warnings(table, kind)) builder_.warn(std::move(text));
    if (kind == "yes_no" && holds_mme() && header_.image_path == TsvHeader::kAbsent) {
      builder_.warn("the categories are MME's, but acc+ needs the column image_path");
    }
  }

  const ImportOptions& options_;
  const TsvOptions& tsv_;
  std::string name_;
  std::ifstream in_;
  TsvReader reader_;
  TsvHeader header_;
  TsvPictures pictures_;
  TableBuilder builder_;
  std::vector<KeptRow> kept_;  ///< all rows to import, without their pictures
  std::vector<std::string> missing_;
  std::map<std::string, std::string> indices_;
  std::map<std::string, int> lines_of_pair_;
  std::size_t rows_ = 0;
};

}  // namespace

Imported import_tsv(const ImportOptions& options, const TsvOptions& tsv) {
  return TsvImporter(options, tsv).run();
}

}  // namespace vrp

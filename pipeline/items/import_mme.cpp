#include <algorithm>
#include <set>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/items/importers.hpp"
#include "pipeline/items/mme_categories.hpp"

namespace vrp {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = " Please answer yes or no.";

/// What comes with archives and is no category.
bool is_other_content(const std::string& name) {
  return name.starts_with('.') || name == "__MACOSX" || name == "eval_tool";
}

/// Names in a folder that are files (or folders), sorted; hidden ones are left out.
std::vector<std::string> names_in(const fs::path& folder, bool folders) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with('.') && entry.is_directory() == folders) out.push_back(name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// The folder that holds the categories: the one given, or up to two levels deeper by the archives'
/// own names.
fs::path folder_of_categories(const fs::path& given) {
  if (!fs::is_directory(given)) fail(given.string(), ": is not a folder, expected MME's");
  const fs::path version = "MME_Benchmark_release_version", inner = "MME_Benchmark";
  for (const fs::path& folder : {given, given / inner, given / version, given / version / inner}) {
    if (!fs::is_directory(folder)) continue;
    for (const MmeCategory& c : kMmeCategories) {
      if (fs::is_directory(folder / c.name)) return folder;
    }
  }
  fail(given.string(), ": holds no folder of an MME category, expected some of ",
       join(mme_category_names(), ", "));
}

/// Where a category keeps its files, as names below the folder of categories.
struct Layout {
  std::string texts, images;
};

Layout layout_of(const fs::path& root, const std::string& category) {
  const bool images = fs::is_directory(root / category / "images");
  const bool texts = fs::is_directory(root / category / "questions_answers_YN");
  if (images != texts) {
    fail((root / category).string(), ": has the folder ",
         images ? "images but not questions_answers_YN" : "questions_answers_YN but not images",
         ", expected both or neither");
  }
  if (!images) return {category, category};
  return {category + "/questions_answers_YN", category + "/images"};
}

/// One question line of a pair.
struct Line {
  std::string question, answer;
};

class MmeImporter {
 public:
  MmeImporter(const ImportOptions& options, const std::vector<std::string>& categories)
      : options_(with_images(options)),
        name_(options.name.empty() ? "mme" : options.name),
        chosen_(categories.begin(), categories.end()),
        builder_(options_, name_) {
    for (const auto& name : categories) {
      if (is_mme_category(name)) continue;
      const std::string near = nearest(name, mme_category_names());
      fail_usage("--categories: unknown category '", excerpt(name), "'",
                 near.empty() ? "; known: " + join(mme_category_names(), ", ")
                              : "; did you mean " + near + "?");
    }
  }

  Imported run() {
    check_folders();
    for (const MmeCategory& category : kMmeCategories) {
      if (is_chosen(category.name)) read_category(category);
    }
    if (builder_.table().size() == 0) fail(options_.annotations.string(), ": no row is left");
    record_facts();
    Imported imported = builder_.finish(name_, "yes_no");
    imported.table.scorers = mme_scorers();
    return imported;
  }

 private:
  static ImportOptions with_images(ImportOptions options) {
    options.annotations = folder_of_categories(options.annotations);
    if (options.images.empty()) options.images = options.annotations;
    return options;
  }

  bool is_chosen(const std::string& category) const {
    return chosen_.empty() || chosen_.count(category) > 0;
  }

  void check_folders() {
    for (const auto& name : names_in(options_.annotations, true)) {
      if (is_mme_category(name) || is_other_content(name)) continue;
      refuse(name,
             Error(ExitCode::bad_input,
                   concat((options_.annotations / name).string(), ": unknown category '",
                          excerpt(name), "', expected one of ", join(mme_category_names(), ", "))));
    }
  }

  /// Stops the import, or lists what `id` names as left out.
  void refuse(const std::string& id, const Error& error) {
    builder_.add(id, [&]() -> SourceRow { throw error; });
  }

  void read_category(const MmeCategory& category) {
    const fs::path& root = options_.annotations;
    if (!fs::is_directory(root / category.name)) {
      if (!chosen_.empty()) fail(root.string(), ": has no folder of category ", category.name);
      builder_.warn(concat("no folder of category ", category.name));
      return;
    }
    const Layout layout = layout_of(root, category.name);
    std::set<std::string> used;
    std::size_t questions = 0;
    for (const auto& file : names_in(root / layout.texts, false)) {
      if (!file.ends_with(".txt")) continue;
      try {
        used.insert(read_pair(category.name, layout, file));
        questions += 2;
      } catch (const Error& error) {
        refuse(concat(category.name, "/", fs::path(file).stem().string()), error);
      }
    }
    const auto images = names_in(options_.images / layout.images, false);
    unused_ += std::count_if(images.begin(), images.end(), [&](const auto& image) {
      return !image.ends_with(".txt") && used.count(layout.images + "/" + image) == 0;
    });
    builder_.table().facts[concat("questions_", category.name)] = std::to_string(questions);
    if (questions != category.questions) {
      builder_.warn(concat("category ", category.name, " has ", questions,
                           " questions, the published one has ", category.questions));
    }
  }

  /// Adds both questions of a text file, or none (Error). Returns the image's name.
  std::string read_pair(const std::string& category, const Layout& layout,
                        const std::string& file) {
    const fs::path path = options_.annotations / layout.texts / file;
    const std::vector<Line> lines = read_lines(path);
    const std::string image = image_of(layout, file, path.string());
    const std::string base = fs::path(image).filename().string();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      builder_.add(image, [&] {
        SourceRow row;
        row.where = concat(path.string(), ":", i + 1);
        row.id = concat(category, "/", base, "/", i + 1);
        row.split = options_.split.empty() ? "test" : options_.split;
        row.image = image;
        row.question = lines[i].question;
        count_request(row.question);
        row.answer = to_lower_ascii(lines[i].answer);
        row.type = category;
        row.metadata =
            Json{{"category", category}, {"pair", category + "/" + base}, {"line", i + 1}}.dump();
        return row;
      });
    }
    source_.add(layout.texts + "/" + file).add(read_text(path));
    return image;
  }

  std::vector<Line> read_lines(const fs::path& path) const {
    std::string text = read_text(path);
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (trim(text).empty()) fail(path.string(), ": the file is empty, expected two questions");
    std::vector<std::string> lines = split(text, '\n');
    while (trim(lines.back()).empty()) lines.pop_back();
    std::vector<Line> out;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      out.push_back(read_line(lines[i], concat(path.string(), ":", i + 1)));
    }
    if (out.size() != 2) {
      fail(path.string(), ": has ", out.size(), " questions, expected two for its image");
    }
    if (out[0].question == out[1].question && !options_.allow_duplicates) {
      fail(path.string(), ":2: question '", excerpt(out[1].question),
           "' was there before, at line 1; --allow-duplicates accepts that");
    }
    return out;
  }

  static Line read_line(const std::string& text, const std::string& where) {
    if (std::size_t bad = 0; !valid_utf8(text, &bad)) {
      fail(where, ": invalid UTF-8 at byte ", bad + 1, " of '", excerpt(text), "'");
    }
    std::vector<std::string> cells = split(text, '\t');
    if (cells.size() != 2) {
      fail(where, ": '", excerpt(text), "' has ", cells.size(),
           " cells, expected question TAB Yes or No");
    }
    cells[1] = trim(cells[1]);  // a CR, blanks at the line's end
    if (cells[1] != "Yes" && cells[1] != "No") {
      fail(where, ": the truth is '", excerpt(cells[1]), "', expected Yes or No");
    }
    std::string question = cells[0];
    if (question.ends_with(kEnding)) question.resize(question.size() - kEnding.size());
    if (trim(question).empty() || question.find('\0') != std::string::npos) {
      fail(where, ": the question is empty: '", excerpt(cells[0]), "'");
    }
    return {cells[0], cells[1]};
  }

  /// Questions stay as published; prompts with a request of their own put it in the place of the
  /// ending (benchmarks section 1).
  void count_request(std::string_view question) {
    if (!question.ends_with(kEnding)) {
      ++without_ending_;
      return;
    }
    question.remove_suffix(kEnding.size());
    ++endings_;
    if (question.ends_with(' ')) ++two_spaces_;
  }

  std::string image_of(const Layout& layout, const std::string& file,
                       const std::string& where) const {
    const std::string stem = fs::path(file).stem().string();
    std::vector<std::string> found;
    for (const char* extension : {".jpg", ".png", ".jpeg", ".JPG", ".PNG", ".JPEG"}) {
      const std::string name = layout.images + "/" + stem + extension;
      if (fs::is_regular_file(options_.images / name)) found.push_back(name);
    }
    if (found.size() == 1) return found.front();
    fail(where, ": ", found.empty() ? "no image '" : "several images '", excerpt(stem, 120),
         ".jpg|png' in ", (options_.images / layout.images).string(),
         found.empty() ? "" : ": " + join(found, ", "));
  }

  void record_facts() {
    auto& facts = builder_.table().facts;
    facts["importer"] = "mme@1";
    facts["source"] = options_.annotations.filename().string();
    facts["source_xxh3"] = source_.finish().hex();
    facts["endings"] = std::to_string(endings_);
    facts["endings_with_two_spaces"] = std::to_string(two_spaces_);
    if (!chosen_.empty()) {
      facts["categories"] = join({chosen_.begin(), chosen_.end()}, ",");
    }
    if (without_ending_ > 0) {
      builder_.warn(concat(without_ending_, " questions do not end in '", kEnding, "'"));
    }
    if (unused_ > 0) builder_.warn(concat(unused_, " images have no text file"));
  }

  ImportOptions options_;
  std::string name_;
  std::set<std::string> chosen_;
  TableBuilder builder_;
  Hasher source_;  ///< of the names and bytes of the text files read
  std::ptrdiff_t unused_ = 0;
  std::size_t endings_ = 0, two_spaces_ = 0, without_ending_ = 0;
};

}  // namespace

bool is_mme_category(std::string_view name) {
  return std::any_of(kMmeCategories.begin(), kMmeCategories.end(),
                     [&](const MmeCategory& category) { return name == category.name; });
}

std::vector<std::string> mme_category_names() {
  std::vector<std::string> out;
  for (const MmeCategory& category : kMmeCategories) out.emplace_back(category.name);
  return out;
}

std::vector<std::string> mme_scorers() {
  std::vector<std::string> out;
  for (const char* name : {"mme", "yes_no", "vlmevalkit", "mme_lmms_eval", "exact"}) {
    out.push_back(find_scorer(name).label());
  }
  return out;
}

Imported import_mme(const ImportOptions& options, const std::vector<std::string>& categories) {
  return MmeImporter(options, categories).run();
}

}  // namespace vrp

#include "pipeline/driver/score_file.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

namespace vrp {
namespace fs = std::filesystem;
namespace {

constexpr int kScoreVersion = 1;

/// "name@version" of a scorer of this build; Error naming where it was found.
std::string known_scorer(const Json& name, const std::string& where) {
  if (!name.is_string()) fail(where, ": a scorer is ", name.dump(), ", expected a name");
  try {
    return find_scorer(name.get<std::string>()).label();
  } catch (const Error& error) {
    fail(where, ": ", error.what(), "; vrp score RUN --reset forgets the added scorers");
  }
}

ScoreFile::Choice choice_of(const Json& json, const std::string& where) {
  ScoreFile::Choice out;
  if (!json.is_object()) fail(where, ": is ", json.type_name(), ", expected an object");
  const Json added = json.value("added", Json::array());
  if (!added.is_array()) fail(where, ": 'added' is ", added.type_name(), ", expected an array");
  for (const Json& name : added) out.added.push_back(known_scorer(name, where));
  if (json.contains("primary")) out.primary = known_scorer(json.at("primary"), where);
  return out;
}

}  // namespace

fs::path score_file_path(const fs::path& run) { return run / "score.json"; }

ScoreFile score_file_of(const Json& json, const std::string& where) {
  ScoreFile out;
  const std::int64_t version = json_integer(json, "version", where);
  if (version != kScoreVersion)
    fail(where, ": version ", version, ", this build reads version ", kScoreVersion);
  const Json benchmarks = json.value("benchmarks", Json::object());
  const Json reviews = json.value("reviews", Json::object());
  if (!benchmarks.is_object() || !reviews.is_object())
    fail(where, ": 'benchmarks' and 'reviews' must be objects");
  for (const auto& [name, choice] : benchmarks.items())
    out.benchmarks[name] = choice_of(choice, concat(where, ": benchmark '", name, "'"));
  for (const auto& [cell, file] : reviews.items()) {
    if (!file.is_string()) fail(where, ": reviews of '", cell, "' are no file name");
    inside(".", file.get<std::string>());
    out.reviews[cell] = file;
  }
  return out;
}

ScoreFile read_score_file(const fs::path& run) {
  const fs::path file = score_file_path(run);
  if (!fs::exists(file)) return {};
  return score_file_of(read_json(file), file.string());
}

Json to_json(const ScoreFile& file) {
  Json out = {
      {"version", kScoreVersion}, {"benchmarks", Json::object()}, {"reviews", file.reviews}};
  for (const auto& [name, choice] : file.benchmarks) {
    out["benchmarks"][name] = {{"added", choice.added}};
    if (!choice.primary.empty()) out["benchmarks"][name]["primary"] = choice.primary;
  }
  return out;
}

void write_score_file(const fs::path& run, const ScoreFile& file) {
  if (!file.empty()) {
    write_atomically(score_file_path(run), to_json(file).dump(1) + "\n");
    return;
  }
  std::error_code error;
  fs::remove(score_file_path(run), error);
  if (error) fail(score_file_path(run).string(), ": cannot be removed: ", error.message());
}

std::vector<std::string> scorers_with(std::vector<std::string> scorers,
                                      const ScoreFile::Choice& choice) {
  const auto add = [&](const std::string& scorer) {
    if (std::find(scorers.begin(), scorers.end(), scorer) == scorers.end())
      scorers.push_back(scorer);
  };
  for (const std::string& scorer : choice.added) add(scorer);
  if (choice.primary.empty()) return scorers;
  add(choice.primary);
  const auto first = std::find(scorers.begin(), scorers.end(), choice.primary);
  std::rotate(scorers.begin(), first, first + 1);
  return scorers;
}

void apply(const ScoreFile& file, const fs::path& run, Sweep& sweep,
           std::vector<ItemTable>& tables) {
  for (std::size_t b = 0; b < sweep.benchmarks.size(); ++b) {
    const auto found = file.benchmarks.find(sweep.benchmarks[b].name);
    if (found != file.benchmarks.end())
      tables[b].scorers = scorers_with(std::move(tables[b].scorers), found->second);
  }
  for (const auto& [cell, name] : file.reviews) {
    if (!fs::exists(run / name))
      fail((run / name).string(), ": the reviews of ", cell, " that ",
           score_file_path(run).string(),
           " names are not there; give them again (vrp score --reviews) or forget them (--reset)");
    sweep.reviews[cell] = (run / name).string();
  }
}

}  // namespace vrp

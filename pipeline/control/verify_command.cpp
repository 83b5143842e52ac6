// vrp verify RUN [--digest]: every file whole, every item exactly once; digests of the results.
#include <iostream>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/control/commands.hpp"
#include "pipeline/driver/manifest.hpp"
#include "pipeline/items/item_table.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {
namespace {

class Verifier {
 public:
  explicit Verifier(std::filesystem::path root)
      : root_(std::move(root)), manifest_(read_manifest(root_)) {}

  void run() {
    for (const auto& [name, facts] : manifest_.at("benchmarks").items()) {
      check_table(name, facts);
    }
    for (const auto& work : work_of(manifest_)) check_work(work);
  }

  bool clean() const { return problems_ == 0; }
  std::size_t files() const { return files_; }
  std::size_t problems() const { return problems_; }
  const std::map<std::string, Hash128>& digests() const { return digests_; }

 private:
  void problem(const std::string& text) {
    ++problems_;
    std::cout << text << "\n";
  }

  void check_table(const std::string& name, const Json& facts) {
    const auto file = root_ / facts.at("table").get<std::string>();
    try {
      tables_[name] = read_item_table(file);
      if (tables_[name].hash().hex() != facts.at("table_hash").get<std::string>()) {
        problem(file.string() + ": holds other items than the manifest says");
      }
    } catch (const Error& error) {
      problem(error.what());
    }
  }

  void check_work(const WorkEntry& work) {
    Hasher stage;
    std::vector<std::string> keys;
    for (const auto& name : work.files) {
      const auto file = root_ / name;
      if (!std::filesystem::exists(file)) {
        problem(file.string() + ": missing");
        continue;
      }
      try {
        const Record record = read_record(file).record;
        ++files_;
        stage.add(record.digest().hex());
        if (const Array* key = record.find("item/key"); key != nullptr && !work.pooled) {
          const auto& values = std::get<std::vector<std::string>>(key->data);
          keys.insert(keys.end(), values.begin(), values.end());
        }
      } catch (const Error& error) {
        problem(error.what());
      }
    }
    digests_[work.model + "/" + work.benchmark + "/" + work.stage] = stage.finish();
    if (!keys.empty()) check_keys(work, keys);
  }

  /// The rows of all units, in order, are the rows of the frozen table, each exactly once.
  void check_keys(const WorkEntry& work, const std::vector<std::string>& keys) {
    const auto table = tables_.find(work.benchmark);
    if (table == tables_.end()) return;
    const auto used =
        manifest_.at("benchmarks").at(work.benchmark).at("items_used").get<std::size_t>();
    if (keys.size() != used) {
      problem(concat(work.folder, ": holds ", keys.size(), " items, expected ", used));
      return;
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] == table->second.key[i]) continue;
      problem(concat(work.folder, ": item ", i, " is '", keys[i], "', expected '",
                     table->second.key[i], "'"));
      return;
    }
  }

  std::filesystem::path root_;
  Json manifest_;
  std::map<std::string, ItemTable> tables_;
  std::map<std::string, Hash128> digests_;
  std::size_t files_ = 0, problems_ = 0;
};

}  // namespace

int verify_command(const Arguments& arguments) {
  bool digest = false;
  std::string run;
  for (const auto& argument : arguments) {
    if (argument == "--digest") {
      digest = true;
    } else if (argument == "--help" || argument[0] == '-' || !run.empty()) {
      std::cout
          << "Usage: vrp verify RUN [--digest]\n"
             "Checks every file and that each item is there exactly once; --digest prints a\n"
             "digest of the results per stage and one overall: equal digests, equal results.\n";
      return argument == "--help" ? 0 : static_cast<int>(ExitCode::usage);
    } else {
      run = argument;
    }
  }
  if (run.empty()) fail_usage("vrp verify: expected the output folder of a run");
  Verifier verifier(run);
  verifier.run();
  if (digest) {
    Hasher all;
    for (const auto& [name, hash] : verifier.digests()) {
      std::cout << hash.hex() << "  " << name << "\n";
      all.add(name).add(hash.hex());
    }
    std::cout << all.finish().hex() << "  overall\n";
  }
  std::cout << verifier.files() << " files checked, " << verifier.problems() << " problems\n";
  return static_cast<int>(verifier.clean() ? ExitCode::complete : ExitCode::difference);
}

}  // namespace vrp

// vrp-store-bench FOLDER ITEMS ROUNDS: a unit's record of ITEMS captured items of a 7B model's
// shape (attention 32 x 576, states 33 x 4096 twice) written as results are, against a plain file
// of as many bytes and fsync, in turns; medians as JSON. The folder must exist; what is written is
// removed.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/json.hpp"
#include "pipeline/driver/run_folder.hpp"
#include "tests/benchmarks/samples.hpp"

namespace {

using namespace vrp;
namespace fs = std::filesystem;
constexpr std::int64_t kLayers = 32, kCells = 576, kHidden = 4096;

Record record_of(std::int64_t items) {
  Record record;
  record.add("attention/map", {"item", "layer", "image_token"}, {items, kLayers, kCells},
             speed::numbers(items * kLayers * kCells, 1), "probability", "attention maps");
  const std::int64_t states = items * (kLayers + 1) * kHidden;
  for (const char* name : {"hidden/first", "hidden/last"}) {
    std::vector<Half> values;
    values.reserve(static_cast<std::size_t>(states));
    for (const float x : speed::numbers(states, 2)) values.push_back(Half::from_float(x));
    record.add(name, {"item", "state", "hidden"}, {items, kLayers + 1, kHidden}, std::move(values),
               "1", "states");
  }
  return record;
}

void write_plain(const fs::path& path, const std::vector<char>& bytes) {
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0666);
  if (file < 0) fail(path, ": cannot be created");
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(file, bytes.data() + done, bytes.size() - done);
    if (n <= 0) fail(path, ": cannot be written");
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(file) != 0 || ::close(file) != 0) fail(path, ": cannot be flushed to disk");
}

void run(const fs::path& folder, int items, int rounds) {
  if (items < 1 || rounds < 1) {
    fail_usage("ITEMS ", items, ", ROUNDS ", rounds, ", expected at least 1");
  }
  if (!fs::is_directory(folder)) fail_usage(folder.string(), ": no folder");
  const fs::path root = folder / "vrp-store-bench";
  fs::create_directory(root);
  const Record record = record_of(items);
  std::vector<double> ours, plain;
  std::uintmax_t bytes = 0;
  for (int round = 0; round < rounds; ++round) {
    Unit unit;
    unit.file = "unit-" + std::to_string(round) + ".h5";
    const RunFolder run_folder(root);
    ours.push_back(speed::seconds_once([&] { run_folder.commit(unit, 0, record, {}); }));
    bytes = fs::file_size(root / unit.file);
    const std::vector<char> same(bytes, 'x');
    plain.push_back(speed::seconds_once([&] { write_plain(root / "plain", same); }));
    fs::remove(root / unit.file);
    fs::remove(root / "plain");
  }
  fs::remove_all(root);
  const double mb = static_cast<double>(bytes) / 1e6, one = speed::median(ours),
               other = speed::median(plain);
  std::cout << Json{{"items", items},          {"rounds", rounds}, {"file_mb", mb},
                    {"record_s", one},         {"plain_s", other}, {"record_mb_s", mb / one},
                    {"plain_mb_s", mb / other}}
            << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 4) vrp::fail_usage("vrp-store-bench takes FOLDER ITEMS ROUNDS");
    run(argv[1], std::stoi(argv[2]), std::stoi(argv[3]));
    return 0;
  } catch (const vrp::Error& error) {
    std::cerr << "vrp-store-bench: " << error.what() << "\n";
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::cerr << "vrp-store-bench: " << error.what() << "\n";
    return 1;
  }
}

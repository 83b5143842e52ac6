#include "pipeline/control/submit_site.hpp"

#include <algorithm>
#include <cstdlib>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/capture_program.hpp"
#include "pipeline/control/child.hpp"

#ifndef VRP_SOURCE_FOLDER
#define VRP_SOURCE_FOLDER ""
#endif

namespace vrp {
namespace fs = std::filesystem;
namespace {

enum class Kind { text, number, number_or_nothing };
struct Variable {
  const char* name;
  Kind kind;
};
constexpr Variable kVariables[] = {
    {"PARTITION", Kind::text},
    {"ACCOUNT", Kind::text},
    {"QOS", Kind::text},
    {"CONSTRAINT", Kind::text},
    {"MEMORY", Kind::text},
    {"NODES", Kind::number},
    {"TIME", Kind::text},
    {"GPUS_PER_NODE", Kind::number},
    {"CPUS_PER_RANK", Kind::number},
    {"RANKS_PER_NODE", Kind::number_or_nothing},
    {"MODULES", Kind::text},
    {"BIN", Kind::text},
    {"LAUNCH", Kind::text},
    {"MPI", Kind::text},
    {"SIGNAL_SECONDS", Kind::number},
    {"MAX_REQUEUES", Kind::number},
    {"MAX_CRASHES", Kind::number},
    {"NODE_FAILURES", Kind::number},
    {"WAIT_LIVE", Kind::number_or_nothing},
    {"MIN_NODES", Kind::number_or_nothing},
    {"SILENT_SECONDS", Kind::number},
    {"REPORT", Kind::text},
};
constexpr const char* kArrays[] = {"SBATCH_OPTIONS", "CONTAINER", "SRUN_OPTIONS", "MPIRUN_OPTIONS"};
/// Variables of the environment that a site file may set for other parts of VRP.
constexpr const char* kOthers[] = {"HOME", "PYTHON", "SITE", "LOOK_SECONDS"};

// Prints NAME=VALUE of every variable VRP_* that is set, then the options for sbatch, each ended by
// a NUL. What the file itself prints goes to standard error.
constexpr const char* kReader = R"(
. "$1" 1>&2 || exit 9
for name in $(compgen -v VRP_); do
  declare -n value=$name
  printf '%s=%s\0' "$name" "${value[*]}"
done
declare -p VRP_CONTAINER VRP_SRUN_OPTIONS VRP_MPIRUN_OPTIONS VRP_SBATCH_OPTIONS 2>/dev/null |
  sed -n 's/^declare -a[a-z]* \(VRP_[A-Z_]*\).*/\1/p' | tr '\n' '\0'
declare -F vrp_site_setup >/dev/null && printf 'vrp_site_setup\0'
printf '%s\0' '--' "${VRP_SBATCH_OPTIONS[@]}"
)";

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

void check_value(const ClusterSite& site, const Variable& variable) {
  const auto found = site.values.find(variable.name);
  if (found == site.values.end())
    fail_usage(site.file.string(), ": VRP_", variable.name,
               " is not set; copy slurm/site.sh anew and change that");
  const bool may_be_empty = variable.kind != Kind::number;
  const bool must_count = variable.kind != Kind::text;
  if (must_count && !is_number(found->second) && !(may_be_empty && found->second.empty()))
    fail_usage(site.file.string(), ": VRP_", variable.name, " is '", excerpt(found->second),
               "', expected a number", may_be_empty ? " or nothing" : "");
}

void check_unknown(const ClusterSite& site, const std::string& name) {
  std::vector<std::string> known(std::begin(kArrays), std::end(kArrays));
  known.insert(known.end(), std::begin(kOthers), std::end(kOthers));
  for (const Variable& variable : kVariables) known.emplace_back(variable.name);
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  if (std::getenv(("VRP_" + name).c_str()) != nullptr) return;  // not the file's
  const std::string near = nearest(name, known);
  fail_usage(site.file.string(), ": VRP_", name, " is read by nothing",
             near.empty() ? "" : concat("; did you mean VRP_", near, "?"));
}

}  // namespace

std::int64_t ClusterSite::number(const std::string& name) const {
  const std::string& digits = at(name);
  return digits.empty() ? 0 : std::stoll(digits);
}

ClusterSite read_site(const fs::path& file) {
  ClusterSite site;
  site.file = file;
  if (!fs::is_regular_file(file)) fail_usage(file.string(), ": is no file; expected a site file");
  site.text = read_text(file);
  const fs::path path = fs::absolute(file);
  const ProgramOutput read = capture_program({"bash", "-c", kReader, "vrp-site", path.string()});
  if (read.status != 0)
    fail_usage(file.string(), ": bash cannot read it (exit ", read.status,
               "): ", excerpt(trim(read.errors), 400));
  std::vector<std::string> shapes;
  bool options = false;
  for (const std::string& entry : split(read.output, '\0')) {
    const auto equals = entry.find('=');
    if (options) {
      if (!entry.empty()) site.sbatch_options.push_back(entry);
    } else if (entry == "--") {
      options = true;
    } else if (equals != std::string::npos && entry.rfind("VRP_", 0) == 0) {
      site.values[entry.substr(4, equals - 4)] = entry.substr(equals + 1);
    } else {
      shapes.push_back(entry);
    }
  }
  for (const char* name : kArrays) {
    if (std::find(shapes.begin(), shapes.end(), concat("VRP_", name)) == shapes.end())
      fail_usage(file.string(), ": VRP_", name, " is no list, expected VRP_", name, "=(...)");
  }
  if (std::find(shapes.begin(), shapes.end(), "vrp_site_setup") == shapes.end())
    fail_usage(file.string(), ": the function vrp_site_setup is missing; copy it of slurm/site.sh");
  for (const Variable& variable : kVariables) check_value(site, variable);
  for (const auto& [name, value] : site.values) check_unknown(site, name);
  for (const char* name : {"NODES", "CPUS_PER_RANK"}) {
    if (site.number(name) < 1)
      fail_usage(file.string(), ": VRP_", name, " is 0, expected 1 or more");
  }
  if (site.at("LAUNCH") != "srun" && site.at("LAUNCH") != "mpirun")
    fail_usage(file.string(), ": VRP_LAUNCH is '", excerpt(site.at("LAUNCH")),
               "', expected srun or mpirun");
  return site;
}

fs::path slurm_folder() {
  std::vector<fs::path> places;
  const char* home = std::getenv("VRP_HOME");
  if (home != nullptr && *home != '\0') {
    places = {home};
  } else {
    if (const fs::path folder = program_folder(); !folder.empty())
      places = {folder.parent_path().parent_path()};
    places.emplace_back(VRP_SOURCE_FOLDER);
  }
  std::vector<std::string> tried;
  for (const fs::path& place : places) {
    if (place.empty()) continue;
    if (fs::exists(place / "slurm" / "job.sh")) return place / "slurm";
    tried.push_back((place / "slurm" / "job.sh").string());
  }
  fail("vrp submit: the job script's parts are not there; looked at ", join(tried, ", "),
       "; set VRP_HOME to the folder that holds slurm/");
}

}  // namespace vrp

#pragma once
// A cluster's settings: slurm/site.sh or a copy of it, as bash reads it.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace vrp {

struct ClusterSite {
  std::filesystem::path file;
  std::string text;                           ///< of the file, to go into the job script
  std::map<std::string, std::string> values;  ///< "PARTITION" -> value of VRP_PARTITION
  std::vector<std::string> sbatch_options;    ///< VRP_SBATCH_OPTIONS

  const std::string& at(const std::string& name) const { return values.at(name); }
  std::int64_t number(const std::string& name) const;  ///< checked when the file was read
};

/// Sources the file in bash and reads what it sets. Error (usage) when the file is missing, bash
/// refuses it, a variable of slurm/site.sh is not set or not what it should be, or one is set that
/// nobody reads (then with the nearest that is read).
ClusterSite read_site(const std::filesystem::path& file);

/// The folder slurm/ of the checkout: in VRP_HOME, beside the program, or where it was built from.
std::filesystem::path slurm_folder();

}  // namespace vrp

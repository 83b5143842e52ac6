#pragma once
// The subcommands of `vrp`, one function each: arguments after the subcommand's name in, exit code
// out. They run on a login node: no MPI, no CUDA, no libtorch.
#include <string>
#include <vector>

namespace vrp {

using Arguments = std::vector<std::string>;

int stats_command(const Arguments& arguments);        ///< reduce statistics on anybody's table
int import_command(const Arguments& arguments);       ///< benchmark files to an item table
int plan_command(const Arguments& arguments);         ///< what a sweep would compute
int status_command(const Arguments& arguments);       ///< how far a run is
int failed_command(const Arguments& arguments);       ///< what failed, grouped
int why_command(const Arguments& arguments);          ///< what changed, why a unit is not done
int verify_command(const Arguments& arguments);       ///< digests, each item exactly once
int show_command(const Arguments& arguments);         ///< one item of a run
int submit_command(const Arguments& arguments);       ///< a sweep as jobs of a Slurm cluster
int score_command(const Arguments& arguments);        ///< labels of stored answers, again
int compare_command(const Arguments& arguments);      ///< two runs or models, item by item
int export_command(const Arguments& arguments);       ///< signals, labels, answers as a table
int reduce_command(const Arguments& arguments);       ///< tables of what is finished
int report_command(const Arguments& arguments);       ///< report.html
int check_model_command(const Arguments& arguments);  ///< a checkpoint folder, before a run
int doctor_command(const Arguments& arguments);       ///< what this machine offers

}  // namespace vrp

#pragma once
// Starting the Python scripts of tools/report.
#include <string>
#include <vector>

namespace vrp {

/// Runs a script of tools/report with these arguments and returns its exit status. VRP_HOME names
/// another folder than that of this program, VRP_PYTHON another interpreter than its own. Error
/// when the script or the interpreter is not there. `command`: "vrp report", for messages.
int run_report_script(const std::string& command, const std::string& script,
                      const std::vector<std::string>& arguments);

}  // namespace vrp

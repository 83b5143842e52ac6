#include "pipeline/control/submit_script.hpp"

#include <algorithm>
#include <sstream>

#include "pipeline/base/text.hpp"
#include "pipeline/control/submit_options.hpp"

namespace vrp {
namespace {

/// #SBATCH lines are read like a command line of which ' is no quote: " with \ before " and \.
std::string directive_word(const std::string& word) {
  if (shell_word(word) == word) return word;
  std::string out = "\"";
  for (const char c : word) out += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
  return out + "\"";
}

class Directives {
 public:
  void add(const std::string& option, const std::string& value) {
    if (!value.empty()) text_ << "#SBATCH --" << option << "=" << directive_word(value) << "\n";
  }
  void add(const std::string& word) { text_ << "#SBATCH " << directive_word(word) << "\n"; }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
};

std::string directives(const JobText& job, const ClusterSite& site) {
  Directives out;
  const bool array = !job.elements.empty();
  out.add("job-name", "vrp-" + job.name);
  out.add("chdir", job.folder);
  out.add("output", job.run + "/slurm/" + (array ? "%A_%a.log" : "%j.log"));
  out.add("nodes", std::to_string(job.nodes));
  out.add("time", job.time);
  out.add("ntasks-per-node", std::to_string(ranks_per_node(site)));
  out.add("cpus-per-task", site.at("CPUS_PER_RANK"));
  if (site.number("GPUS_PER_NODE") > 0) out.add("gpus-per-node", site.at("GPUS_PER_NODE"));
  if (array) out.add("array", "0-" + std::to_string(job.elements.size() - 1));
  out.add("partition", site.at("PARTITION"));
  out.add("account", site.at("ACCOUNT"));
  out.add("qos", site.at("QOS"));
  out.add("constraint", site.at("CONSTRAINT"));
  out.add("mem", site.at("MEMORY"));
  out.add("signal", "B:USR2@" + site.at("SIGNAL_SECONDS"));
  out.add("--requeue");
  out.add("--no-kill");
  out.add("open-mode", "append");
  for (const std::string& option : site.sbatch_options) out.add(option);
  return out.text();
}

std::string heading(const std::string& text) { return "\n# ======== " + text + "\n"; }

}  // namespace

std::int64_t ranks_per_node(const ClusterSite& site) {
  if (!site.at("RANKS_PER_NODE").empty()) return site.number("RANKS_PER_NODE");
  return std::max<std::int64_t>(site.number("GPUS_PER_NODE"), 1);
}

std::string job_script(const JobText& job, const ClusterSite& site) {
  std::ostringstream out;
  out << "#!/bin/bash\n"
      << directives(job, site) << "# Written by: " << join(split(job.command, '\n'), " ") << "\n# "
      << job.written << "\n"
      << "VRP_HOME=" << shell_word(job.home) << "\n"
      << heading("site: " + join(split(site.file.string(), '\n'), " ")) << site.text
      << heading("slurm/nodes.sh") << job.nodes_sh << heading("slurm/job.sh") << job.job_sh
      << heading("this job: what the site said when it was submitted, and the sweep");
  for (const char* name : {"GPUS_PER_NODE", "CPUS_PER_RANK", "SIGNAL_SECONDS"})
    out << "VRP_" << name << "=" << site.at(name) << "\n";
  out << "VRP_RANKS_PER_NODE=" << ranks_per_node(site) << "\n";
  out << "VRP_BIN=" << shell_word(site.at("BIN").empty() ? job.bin : site.at("BIN")) << "\n";
  if (job.elements.empty()) {
    out << "vrp_job " << shell_word(job.run) << " " << shell_words(job.arguments) << "\n";
  } else {
    out << "elements=(" << shell_words(job.elements) << ")\n"
        << "element=${elements[$SLURM_ARRAY_TASK_ID]}\n"
        << "vrp_job " << shell_word(job.run) << "/\"$element\" " << shell_words(job.arguments)
        << " " << job.element_option << " \"$element\"\n";
  }
  return out.str();
}

std::vector<std::string> sbatch_command(const std::string& script,
                                        const std::vector<std::string>& after,
                                        std::int64_t links_left) {
  std::vector<std::string> words{"sbatch", "--parsable"};
  if (!after.empty()) words.push_back("--dependency=afterany:" + join(after, ":"));
  if (links_left > 0) words.push_back("--export=ALL,VRP_LINKS_LEFT=" + std::to_string(links_left));
  words.push_back(script);
  return words;
}

}  // namespace vrp

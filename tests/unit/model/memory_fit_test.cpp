// What a host's memory is, from files as Linux writes them, and what is said of a model there.
#include "pipeline/model/memory_fit.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace vrp;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t GB = 1'000'000'000;

/// A root folder with files of one's own.
class Root {
 public:
  Root() {
    fs::remove_all(path);
    write("proc/meminfo",
          "MemTotal:       250000000 kB\nMemFree:  1 kB\nMemAvailable:   200000000 kB\n");
  }
  ~Root() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  fs::path path = fs::temp_directory_path() / ("vrp-host-memory-" + std::to_string(::getpid()));
};

MemoryNeed need(std::int64_t weights, std::int64_t rest) { return {weights, rest / 2, rest / 2}; }

}  // namespace

TEST_CASE("without control groups the machine's memory counts", "[memory]") {
  const Root root;
  const HostMemory memory = host_memory(root.path);
  CHECK(memory.total == 256 * GB);
  CHECK(memory.available == 204'800'000'000);
  CHECK(memory.limit == 0);
  CHECK(memory.most() == memory.total);
  CHECK(memory.now() == memory.available);
  CHECK(host_memory_text(memory) == "machine 256.0 GB, 204.8 available");
}

TEST_CASE("version 2: the lowest limit of all groups above counts, less what is used", "[memory]") {
  const Root root;
  const std::string job = "sys/fs/cgroup/system.slice/slurmstepd.scope/job_7";
  root.write("proc/self/cgroup", "0::/system.slice/slurmstepd.scope/job_7/step_0/task_1\n");
  root.write(job + "/step_0/task_1/memory.max", "max\n");
  root.write(job + "/step_0/memory.max", "80000000000\n");
  root.write(job + "/step_0/memory.current", "10000000000\n");
  root.write(job + "/memory.max", "64000000000\n");
  root.write(job + "/memory.current", "30000000000\n");
  root.write(job + "/memory.stat", "anon 5\nfile 9\ninactive_file 6000000000\n");
  const HostMemory memory = host_memory(root.path);
  CHECK(memory.limit == 64 * GB);
  CHECK(memory.room == 40 * GB);  // 64 less 30 used, of which 6 can go
  CHECK(memory.most() == 64 * GB);
  CHECK(memory.now() == 40 * GB);
  CHECK_THAT(host_memory_text(memory),
             Contains("limit of the job's control group 64.0 GB, 40.0 left"));
}

TEST_CASE("version 1, a limit above the machine, and no limit at all", "[memory]") {
  const Root root;
  root.write("proc/self/cgroup", "9:name=systemd:/x\n4:cpu,memory:/slurm/uid_1/job_2\n0::/\n");
  const std::string group = "sys/fs/cgroup/memory/slurm/uid_1";
  root.write("sys/fs/cgroup/unified/cgroup.procs", "");
  root.write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  root.write(group + "/memory.limit_in_bytes", "900000000000\n");
  root.write(group + "/job_2/memory.limit_in_bytes", "9223372036854771712\n");
  HostMemory memory = host_memory(root.path);
  CHECK(memory.limit == 900 * GB);
  CHECK(memory.most() == 256 * GB);
  CHECK(memory.now() == memory.available);
  root.write(group + "/job_2/memory.limit_in_bytes", "16000000000\n");
  root.write(group + "/job_2/memory.usage_in_bytes", "18000000000\n");
  root.write(group + "/job_2/memory.stat", "inactive_file 1\ntotal_inactive_file 500000000\n");
  memory = host_memory(root.path);
  CHECK(memory.limit == 16 * GB);
  CHECK(memory.room == 0);
}

TEST_CASE("damaged or missing files are nothing known, and no error", "[memory]") {
  const Root root;
  root.write("proc/meminfo", "MemTotal garbage\n\xff\n");
  root.write("proc/self/cgroup", "nonsense\n0::/../../x\n:::\n4:memory\n");
  root.write("sys/fs/cgroup/memory.max", "-5\n");
  const HostMemory memory = host_memory(root.path);
  CHECK(memory.total == 0);
  CHECK(memory.limit == 0);
  CHECK(host_memory("/nowhere").most() == 0);
  const MemoryFit fit = memory_fit("m", need(1000 * GB, GB), {"node1", 4, 4, memory});
  CHECK(fit.refusal.empty());
  CHECK(fit.warning.empty());
  CHECK(host_memory().total > 0);  // this machine's
}

TEST_CASE("a model is refused when its weights alone do not fit, and warned of when all may not",
          "[memory]") {
  struct Row {
    const char* name;
    std::int64_t weights, rest, total, available, limit, room;
    int ranks, copies;
    const char *refusal, *warning;
  };
  const std::vector<Row> rows{
      {"fits", 15, 2, 256, 200, 0, 0, 8, 1, "", ""},
      {"shared fits", 15, 2, 64, 60, 0, 0, 8, 1, "", ""},
      {"a copy each does not", 15, 2, 64, 60, 0, 0, 8, 8,
       "8 copies of its weights take 120.0 GB, the machine has 64.0 GB; ask for more memory, fewer "
       "ranks a node, or one copy for all ([run] load)",
       ""},
      {"one does not", 80, 2, 64, 60, 0, 0, 1, 1, "1 copy of its weights take 80.0 GB", ""},
      {"the group's limit", 15, 2, 256, 200, 12, 11, 1, 1,
       "the job's control group has 12.0 GB; ask for more memory", ""},
      {"weights fit, the rest may not", 15, 4, 64, 60, 0, 0, 16, 1, "",
       "up to 79.0 GB on node1 (1 copy of the weights, 16 ranks of 4.0 GB), 60.0 GB are free"},
      {"others use the machine", 15, 2, 256, 10, 0, 0, 1, 1, "", "10.0 GB are free"},
      {"others use the group", 15, 2, 256, 200, 64, 16, 1, 1, "", "16.0 GB are free"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const HostMemory memory{row.total * GB, row.available * GB, row.limit * GB, row.room * GB};
    const MemoryFit fit = memory_fit("llava", need(row.weights * GB, row.rest * GB),
                                     {"node1", row.ranks, row.copies, memory});
    CHECK(fit.refusal.empty() == std::string(row.refusal).empty());
    CHECK(fit.warning.empty() == std::string(row.warning).empty());
    CHECK_THAT(fit.refusal, Contains(row.refusal));
    CHECK_THAT(fit.warning, Contains(row.warning));
  }
}

TEST_CASE("on a GPU its memory counts, shared or not", "[memory]") {
  const HostMemory host{8 * GB, 8 * GB, 0, 0};
  const auto fit = [&](std::int64_t gpu, int ranks_per_gpu) {
    return memory_fit("llava", need(15 * GB, 4 * GB),
                      {"node1", 4, 4, host, gpu * GB, "A100", ranks_per_gpu});
  };
  CHECK(fit(80, 1).refusal.empty());
  CHECK(fit(80, 1).warning.empty());
  CHECK_THAT(fit(12, 1).refusal,
             Contains("its weights take 15.0 GB a rank, more than A100 on node1"));
  CHECK_THAT(fit(16, 1).warning, Contains("up to 19.0 GB a rank") && Contains("smaller parts"));
  CHECK_THAT(fit(24, 2).refusal, Contains("shared by 2 ranks") && Contains("ranks_per_gpu lower"));
}

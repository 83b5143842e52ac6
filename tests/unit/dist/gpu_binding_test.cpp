#include "pipeline/dist/gpu_binding.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>

#include "pipeline/base/error.hpp"

using namespace vrp;
using Catch::Matchers::Contains;

namespace {

Gpu gpu(const std::string& letter) { return {"GPU-" + letter, "A100", 80'000'000'000}; }

std::vector<Gpu> gpus(const std::string& letters) {
  std::vector<Gpu> out;
  for (const char letter : letters) out.push_back(gpu(std::string(1, letter)));
  return out;
}

/// The ranks of a job: for each node what each of its ranks sees, one letter a GPU.
std::vector<GpuView> job(const std::vector<std::vector<std::string>>& nodes) {
  std::vector<GpuView> ranks;
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const int first = static_cast<int>(ranks.size());
    for (const std::string& letters : nodes[n]) {
      GpuView view{"node" + std::to_string(n),
                   first,
                   static_cast<int>(ranks.size()) - first,
                   gpus(letters),
                   "",
                   std::nullopt,
                   ""};
      if (letters.empty()) view.problem = "CUDA: no CUDA-capable device is detected";
      ranks.push_back(view);
    }
  }
  return ranks;
}

std::string refused(const std::string& asked, int ranks_per_gpu,
                    const std::vector<GpuView>& ranks) {
  try {
    const GpuChoice choice = choose_gpus(asked, ranks_per_gpu, ranks);
    std::string found = "nothing was refused; devices";
    for (const int device : choice.device) found += concat(" ", device);
    return found;
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
}

}  // namespace

TEST_CASE("each rank of a node gets a GPU of its own, whatever the launcher shows it", "[gpu]") {
  struct Row {
    const char* name;
    std::vector<std::vector<std::string>> nodes;
    int ranks_per_gpu;
    std::vector<int> device;
  };
  const std::vector<Row> rows{
      {"one rank, one GPU", {{"a"}}, 1, {0}},
      {"one rank, four GPUs", {{"abcd"}}, 1, {0}},
      {"all ranks see all GPUs", {{"abcd", "abcd", "abcd", "abcd"}}, 1, {0, 1, 2, 3}},
      {"fewer ranks than GPUs", {{"abcd", "abcd"}}, 1, {0, 1}},
      {"--gpus-per-task=1: each sees its own as number 0", {{"a", "b", "c"}}, 1, {0, 0, 0}},
      {"bound by socket", {{"ab", "ab", "cd", "cd"}}, 1, {0, 1, 0, 1}},
      {"bound by socket, tasks dealt out in turn", {{"ab", "cd", "ab", "cd"}}, 1, {1, 0, 0, 1}},
      {"a rank gives way to one that has no choice", {{"ab", "a"}}, 1, {1, 0}},
      {"other orders of the same GPUs", {{"ab", "ba"}}, 1, {1, 1}},
      {"two nodes with GPUs of the same names", {{"ab", "ab"}, {"ab", "ab"}}, 1, {0, 1, 0, 1}},
      {"two nodes of other sizes", {{"abcd", "abcd", "abcd"}, {"a"}}, 1, {0, 1, 2, 0}},
      {"shared evenly", {{"ab", "ab", "ab", "ab"}}, 2, {0, 1, 0, 1}},
      {"sharing allowed but not needed", {{"ab", "ab"}}, 4, {0, 1}},
      {"two tasks bound to one GPU, allowed", {{"a", "a"}}, 2, {0, 0}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(choose_gpus("cuda", row.ranks_per_gpu, job(row.nodes)).device == row.device);
    CHECK(choose_gpus("auto", row.ranks_per_gpu, job(row.nodes)).device == row.device);
    for (const int device : choose_gpus("cpu", 1, job(row.nodes)).device) CHECK(device == -1);
  }
  // Three ranks must move so that the last finds its only GPU: every rank on another one.
  const auto ranks = job({{"ac", "ba", "ab", "a"}});
  CHECK_THAT(refused("cuda", 1, ranks), Contains("node0 has 4 ranks and 3 GPUs"));
  const auto chain = job({{"ac", "bd", "ab", "a"}});
  const GpuChoice choice = choose_gpus("cuda", 1, chain);
  std::set<std::string> used;
  for (std::size_t r = 0; r < 4; ++r) {
    used.insert(chain[r].gpus[static_cast<std::size_t>(choice.device[r])].uuid);
  }
  CHECK(used.size() == 4);
}

TEST_CASE("whether ranks share a GPU is known", "[gpu]") {
  CHECK_FALSE(choose_gpus("cuda", 2, job({{"ab", "ab"}})).shared);
  CHECK(choose_gpus("cuda", 2, job({{"ab", "ab"}, {"a", "a"}})).shared);
}

TEST_CASE("more ranks than GPUs is an error that says how many would fit", "[gpu]") {
  const std::string text = refused("auto", 1, job({{"ab", "ab"}, {"ab", "ab", "ab", "ab"}}));
  CHECK_THAT(text, Contains("node1 has 4 ranks and 2 GPUs: A100 (GPU-a), A100 (GPU-b)") &&
                       Contains("start 2 ranks there, or set [run] ranks_per_gpu = 2"));
  CHECK_THAT(refused("cuda", 2, job({{"a", "a", "a"}})),
             Contains("3 ranks and 1 GPU: ") && Contains("ranks_per_gpu allows 2 on one") &&
                 Contains("ranks_per_gpu = 3"));
}

TEST_CASE("two ranks bound to one physical GPU are refused", "[gpu]") {
  auto ranks = job({{"a", "b", "b"}, {"c"}});
  ranks[0].gpus = gpus("ac");  // the node has GPUs enough
  ranks[2].visible = "1";
  ranks[2].slurm = "0,1,2";
  CHECK_THAT(refused("cuda", 1, ranks),
             Contains("rank 2 on node0 sees only A100 (GPU-b), which rank 1 uses") &&
                 Contains("CUDA_VISIBLE_DEVICES='1'; Slurm gave this step GPU 0,1,2"));
  // MIG instances of one GPU are devices of their own.
  auto parts = job({{"a", "a"}});
  parts[0].gpus[0].uuid = "MIG-1";
  parts[1].gpus[0].uuid = "MIG-2";
  CHECK(choose_gpus("cuda", 1, parts).device == std::vector<int>{0, 0});
}

TEST_CASE("cuda without a GPU is an error that says what was found, auto takes the CPU", "[gpu]") {
  auto ranks = job({{"", ""}});
  ranks[0].visible = "";
  CHECK_THAT(refused("cuda", 1, ranks),
             Contains("rank 0 on node0 has no GPU: CUDA: no CUDA-capable device is detected") &&
                 Contains("CUDA_VISIBLE_DEVICES='' shows none"));
  const GpuChoice choice = choose_gpus("auto", 1, ranks);
  CHECK(choice.device == std::vector<int>{-1, -1});
  CHECK_FALSE(choice.on_gpu());
  CHECK_THAT(choice.line, Contains("cpu (no GPU: CUDA: no CUDA-capable device"));
  CHECK(choice.name(1) == "cpu");
}

TEST_CASE("a job whose ranks would compute on different kinds of device is refused", "[gpu]") {
  for (const char* asked : {"auto", "cuda"}) {
    CHECK_THAT(
        refused(asked, 1, job({{"a"}, {"", "a"}})),
        Contains("rank 1 on node1 has no GPU") && Contains("while rank 0 on node0 has A100"));
  }
  auto ranks = job({{"a"}, {"a"}});
  ranks[1].gpus[0].name = "H100";
  const GpuChoice choice = choose_gpus("auto", 1, ranks);
  CHECK_THAT(choice.line,
             Contains("1 x A100 (80 GB), 1 x H100 (80 GB); results of different GPUs"));
  CHECK(choice.name(1) == "cuda:0");
}

TEST_CASE("the manifest's facts name every rank's GPU", "[gpu]") {
  auto ranks = job({{"ab", "ab"}, {"c"}});
  ranks[2].gpus[0].name = "H100";
  const Json facts = gpu_facts(choose_gpus("cuda", 1, ranks), ranks);
  CHECK(facts == Json::parse(R"([["A100", 80000000000, [[0, "GPU-a"], [1, "GPU-b"]]],
                                 ["H100", 80000000000, [[2, "GPU-c"]]]])"));
  CHECK(gpu_facts(choose_gpus("cpu", 1, ranks), ranks) == Json::array());
}

TEST_CASE("CUDA_VISIBLE_DEVICES is explained as CUDA reads it", "[gpu]") {
  struct Row {
    const char* text;
    std::vector<std::string> entries;
    const char* remark;
  };
  const std::vector<Row> rows{
      {"0", {"0"}, ""},
      {"2,0", {"2", "0"}, ""},
      {" 1 , 3", {"1", "3"}, ""},
      {"", {}, "shows none"},
      {"  ", {}, "shows none"},
      {"-1", {}, "ends for CUDA at '-1'"},
      {"0,-1,2", {"0"}, "ends for CUDA at '-1'"},
      {"0,,2", {"0"}, "ends for CUDA at ''"},
      {"0,x,2", {"0"}, "ends for CUDA at 'x'"},
      {"1gpu2,2ampere", {"1", "2"}, ""},
      {"+1,002", {"1", "2"}, ""},
      {"NoDevFiles", {}, "ends for CUDA at 'NoDevFiles'"},
      {"0,1,0", {}, "names 0 twice"},
      {"GPU-8f6a,GPU-1b2c", {"GPU-8f6a", "GPU-1b2c"}, ""},
      {"GPU-8f6a,1", {"GPU-8f6a"}, "does not begin with GPU-"},
      {"GPU-8f6a,GPU-8f6a", {}, "names GPU-8f6a twice"},
      {"MIG-5c8e", {"MIG-5c8e"}, ""},
      {"MIG-5c8e,MIG-77aa", {"MIG-5c8e"}, "of which CUDA shows a process the first"},
      {"MIG-GPU-8f6a/1/0", {"MIG-GPU-8f6a/1/0"}, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const VisibleDevices found = visible_devices(row.text);
    CHECK(found.entries == row.entries);
    if (std::string(row.remark).empty()) {
      CHECK(found.remark.empty());
    } else {
      CHECK_THAT(found.remark, Contains(row.remark));
    }
  }
}

TEST_CASE("a view goes to the other ranks whole", "[gpu]") {
  setenv("CUDA_VISIBLE_DEVICES", "3,1", 1);
  setenv("SLURM_JOB_GPUS", "1,3", 1);
  unsetenv("SLURM_STEP_GPUS");
  const GpuView view = gpu_view("node7", 8, 3, gpus("xy"), "none");
  CHECK(view.visible == "3,1");
  CHECK(view.slurm == "1,3");
  const GpuView back = gpu_view_of(Json::parse(to_json(view).dump()));
  CHECK(to_json(back) == to_json(view));
  CHECK(back.gpus.at(1).uuid == "GPU-y");
  CHECK(back.first_rank == 8);
  CHECK(back.local_rank == 3);
  setenv("SLURM_STEP_GPUS", "3", 1);
  unsetenv("CUDA_VISIBLE_DEVICES");
  const GpuView other = gpu_view("node7", 8, 3, {}, "");
  CHECK_FALSE(gpu_view_of(to_json(other)).visible);
  CHECK(other.slurm == "3");  // the step's is narrower than the job's
}

// vrp doctor: GPUs and NCCL.
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/child_output.hpp"
#include "pipeline/control/doctor.hpp"

namespace vrp {
namespace {

constexpr double kAskSeconds = 30;
constexpr double kLeastCapability = 8.0;  // sm_80: what CUDA builds hold code for
constexpr int kLeastNccl = 21400;         // non-blocking communicators

struct GpuLine {
  std::string name, driver;
  double capability = 0;
};

std::vector<GpuLine> ask_gpus(std::string& said) {
  const ChildOutput asked = ask_program(
      {"nvidia-smi", "--query-gpu=name,compute_cap,driver_version", "--format=csv,noheader"},
      kAskSeconds);
  said = excerpt(trim(asked.output), 150);
  std::vector<GpuLine> out;
  if (!asked.started || asked.timed_out || asked.status != 0) {
    if (!asked.started) said.clear();
    if (asked.timed_out) said = "nvidia-smi does not answer";
    return out;
  }
  for (const std::string& line : split(asked.output, '\n')) {
    const auto words = split(line, ',');
    if (words.size() != 3) continue;
    out.push_back({trim(words[0]), trim(words[2]), std::atof(trim(words[1]).c_str())});
  }
  return out;
}

/// Devices by CUDA's driver library, for nodes without nvidia-smi; -1 = no driver.
int driver_devices() {
  void* library = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return -1;
  const auto init = reinterpret_cast<int (*)(unsigned)>(::dlsym(library, "cuInit"));
  const auto count = reinterpret_cast<int (*)(int*)>(::dlsym(library, "cuDeviceGetCount"));
  int devices = 0;
  const bool good = init != nullptr && count != nullptr && init(0) == 0 && count(&devices) == 0;
  return good ? devices : 0;
}

Check gpu_check(bool cuda) {
  std::string said;
  const auto gpus = ask_gpus(said);
  const int devices = gpus.empty() ? driver_devices() : static_cast<int>(gpus.size());
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  const std::string bound =
      visible == nullptr ? "" : std::string(", CUDA_VISIBLE_DEVICES=") + visible;
  if (devices <= 0) {
    if (!cuda) return ok("GPU", "none; this build is for the CPU");
    return warning("GPU", said.empty() ? "none: no driver" : "none: " + said,
                   "run this on a GPU node; without one the sweep runs on the CPU");
  }
  if (gpus.empty())
    return cuda ? ok("GPU", concat(devices, " devices", bound))
                : warning("GPU", concat(devices, " devices, but this build is for the CPU"),
                          "tools/setup --cuda builds for them");
  const std::string found = concat(devices, " x ", gpus[0].name, ", compute capability ",
                                   gpus[0].capability, ", driver ", gpus[0].driver, bound);
  if (!cuda)
    return warning("GPU", found + "; this build is for the CPU",
                   "tools/setup --cuda builds for them");
  const auto old = std::find_if(gpus.begin(), gpus.end(), [](const GpuLine& gpu) {
    return gpu.capability < kLeastCapability;
  });
  if (old != gpus.end())
    return problem("GPU", found,
                   concat(old->name,
                          " is older than compute capability 8.0, which this "
                          "build has code for"));
  if (visible != nullptr && *visible == '\0')
    return problem("GPU", found, "CUDA_VISIBLE_DEVICES is empty: no device is visible");
  return ok("GPU", found);
}

/// Path of a library in what ldd says of a program; `name` itself when it says nothing.
std::string library_path(const std::filesystem::path& program, const std::string& name) {
  const ChildOutput ldd = ask_program({"ldd", program.string()}, kAskSeconds);
  for (const std::string& line : split(ldd.output, '\n')) {
    const std::size_t arrow = line.find("=> /");
    if (line.find(name) == line.npos || arrow == line.npos) continue;
    const std::string path = line.substr(arrow + 3);
    return path.substr(0, path.find(" ("));
  }
  return name;
}

Check nccl_check(const std::filesystem::path& program, bool cuda) {
  if (!cuda) return ok("NCCL", "not used by a build for the CPU");
  const std::string path = library_path(program, "libnccl.so.2");
  void* library = ::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) {
    const char* text = ::dlerror();
    return warning("NCCL", text != nullptr ? text : "not found",
                   "weights go over MPI instead; put libtorch's libnccl.so.2 on LD_LIBRARY_PATH");
  }
  const auto get = reinterpret_cast<int (*)(int*)>(::dlsym(library, "ncclGetVersion"));
  int version = 0;
  if (get == nullptr || get(&version) != 0)
    return warning("NCCL", path + " tells no version", "weights go over MPI instead");
  const std::string text = concat(version / 10000, ".", version / 100 % 100, ".", version % 100);
  if (version < kLeastNccl)
    return warning("NCCL", text + " in " + path,
                   "expected 2.14 or later: weights go over MPI instead");
  return ok("NCCL", text + " in " + path);
}

}  // namespace

Checks gpu_checks(const std::filesystem::path& program, bool cuda) {
  return {gpu_check(cuda), nccl_check(program, cuda)};
}

}  // namespace vrp

#include "pipeline/version.hpp"

#include <unistd.h>

#include <boost/version.hpp>
#include <cstdlib>

#include "pipeline/base/files.hpp"
#include "pipeline/driver/events.hpp"
#include "pipeline/store/h5.hpp"

namespace vrp {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string command_line() {
  std::string text;
  try {
    text = read_text("/proc/self/cmdline");
  } catch (const std::exception&) {
    return {};
  }
  for (char& c : text) {
    if (c == '\0') c = ' ';
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace

std::string revision() { return VRP_REVISION; }

Json build_facts() {
  return {{"program", std::string("VRP ") + kVersion},
          {"revision", revision()},
          {"compiler", std::string("g++ ") + __VERSION__},
          {"build", VRP_BUILD_TYPE},
#ifdef VRP_CUDA
          {"cuda", true},
#else
          {"cuda", false},
#endif
          {"libraries",
           {{"hdf5", hdf5_version()}, {"boost", BOOST_LIB_VERSION}, {"torch", VRP_TORCH_VERSION}}}};
}

Json launch_facts(int ranks) {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return {{"time", utc_now()},
          {"host", host},
          {"ranks", ranks},
          {"job", environment("SLURM_JOB_ID")},
          {"command", command_line()}};
}

}  // namespace vrp

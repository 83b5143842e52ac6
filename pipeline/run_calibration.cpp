#include "pipeline/run_calibration.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

#include "pipeline/base/files.hpp"
#include "pipeline/driver/events.hpp"
#include "pipeline/version.hpp"

namespace vrp {

void run_calibration(const Plan& plan, const CalibrationParams& params, const std::string& device,
                     int threads, const std::filesystem::path& root,
                     const std::function<bool()>& service,
                     const std::function<void(const std::string&)>& say) {
  Json out;
  std::exception_ptr problem;
  std::atomic<bool> over{false};
  std::thread compute([&] {
    try {
      out = calibrate(plan, params, say);
    } catch (...) {
      problem = std::current_exception();
    }
    over = true;
  });
  while (!over) {
    if (service && service()) continue;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  compute.join();
  if (problem) std::rethrow_exception(problem);
  out["time"] = utc_now();
  out["host"] = launch_facts(1).at("host");
  out["device"] = device;
  out["threads"] = threads;
  out["peak_bytes"] = peak_resident_bytes();
  out["program"] = concat("vrp-run ", kVersion, " ", revision());
  make_folders(root);
  write_atomically(root / "calibration.json", out.dump(1) + "\n");
  say("calibration in " + (root / "calibration.json").string());
}

}  // namespace vrp

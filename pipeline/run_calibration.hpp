#pragma once
// vrp-run --calibrate: seconds an item of every stage on this machine, for `vrp plan`.
#include <filesystem>
#include <functional>
#include <string>

#include "pipeline/driver/calibrate.hpp"

namespace vrp {

/// Calibrates on a compute thread while the calling one, the main thread, calls `service` (may be
/// empty). Writes RUN/calibration.json: what calibrate() returns, with "time", "host", "device",
/// "threads", "peak_bytes", "program". Errors of the disk; a stage that fails is in the file.
void run_calibration(const Plan& plan, const CalibrationParams& params, const std::string& device,
                     int threads, const std::filesystem::path& root,
                     const std::function<bool()>& service,
                     const std::function<void(const std::string&)>& say);

}  // namespace vrp

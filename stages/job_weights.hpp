#pragma once
// The weights of a job's models: how each rank loads one, and who of a host keeps a copy for all.
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/base/json.hpp"
#include "pipeline/config/sweep.hpp"
#include "pipeline/dist/weight_exchange.hpp"
#include "pipeline/model/model.hpp"

namespace vrp {

struct JobWeightsParams {
  std::string device;                  ///< of this rank: "cpu", "cuda:0" ...
  Json checkpoints;                    ///< by model: what hash_checkpoint found
  std::string program;                 ///< version and revision: copies of others are not shared
  int ranks_per_host = 0;              ///< pretended for tests; 0 = as it is
  std::filesystem::path system = "/";  ///< before /proc and /sys; another for tests
  int pictures_kept = 2;               ///< ModelOptions::pictures_kept
};

class JobWeights : public WeightEnds {
 public:
  /// Collective, main thread. `sweep` must outlive it.
  JobWeights(const Sweep& sweep, JobWeightsParams params);
  ~JobWeights() override;

  /// Any thread but the main one. Error (bad_input) when a file of the checkpoint is not the one
  /// that the fingerprints were made of, among others.
  Model load(const std::string& model);
  /// The same, collective and before any rank works: over the job's GPUs.
  Model load(const std::string& model, DeviceBroadcast& devices);

  /// SafetensorsIndex::layout of the model's files as this rank sees them.
  std::string layout(const std::string& model) const;

  bool service();                      ///< main thread, often; true when something moved
  void give_up();                      ///< any thread: ends the waiting for others; the job aborts
  void close();                        ///< collective, main thread, when no rank loads any more
  std::vector<std::string> remarks();  ///< for the log, since the last call; main thread

 private:
  const ModelConfig& config(const std::string& model) const;
  ModelOptions options(const ModelConfig& config) const;
  /// The options with what is known of the model's memory from earlier loads.
  ModelOptions with_ladder(const std::string& model);
  WeightLoading loading(const std::string& model) const;
  std::unique_ptr<WeightSource> source(int model) override;
  Place place(int model, bool needed, const std::string& layout) override;

  const Sweep& sweep_;
  JobWeightsParams params_;
  LoadMethod method_;
  std::unique_ptr<WeightExchange> exchange_;  ///< of several hosts
  /// The packer's thread: complete copies that this host's leader keeps for ranks to come, oldest
  /// first.
  std::deque<std::shared_ptr<NodeCopy>> kept_;
  mutable std::mutex mutex_;
  mutable std::vector<std::string> remarks_;
  std::map<std::string, std::shared_ptr<MemoryLadder>> ladders_;  ///< by model
};

}  // namespace vrp

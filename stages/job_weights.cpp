#include "stages/job_weights.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/host_memory.hpp"
#include "pipeline/driver/checkpoint_hash.hpp"
#include "pipeline/model/checkpoint_reader.hpp"

namespace vrp {
namespace {

/// A checkpoint for all hosts, read front to back and checked against its hashes.
class CheckpointSource : public WeightSource {
 public:
  CheckpointSource(const std::string& folder, FileDigests digests)
      : index_(SafetensorsIndex::open(folder)),
        chunks_(index_),
        reader_(index_, chunks_, {false, std::move(digests)}) {}
  std::size_t chunks() const override { return chunks_.size(); }
  std::size_t chunk_bytes(std::size_t chunk) const override {
    return static_cast<std::size_t>(chunks_[chunk].bytes);
  }
  std::string layout() const override { return index_.layout(); }
  void read(std::span<std::byte> into) override { reader_.next(into); }

 private:
  SafetensorsIndex index_;
  ChunkList chunks_;
  CheckpointReader reader_;
};

class NodeCopySink : public WeightSink {
 public:
  NodeCopySink(std::shared_ptr<NodeCopy> copy, std::deque<std::shared_ptr<NodeCopy>>& kept)
      : copy_(std::move(copy)), kept_(kept) {}
  void take(std::size_t chunk, std::span<const std::byte> bytes) override {
    copy_->take(chunk, bytes);
  }
  void finish() override {
    copy_->finish();
    kept_.push_back(copy_);
  }

 private:
  std::shared_ptr<NodeCopy> copy_;
  std::deque<std::shared_ptr<NodeCopy>>& kept_;
};

/// What this job may still take on this host, shared memory included; the most there is where the
/// system does not say.
std::uint64_t available_bytes(const std::filesystem::path& root) {
  const std::int64_t now = host_memory(root).now();
  return now > 0 ? static_cast<std::uint64_t>(now) : std::uint64_t{1} << 62;
}

}  // namespace

JobWeights::JobWeights(const Sweep& sweep, JobWeightsParams params)
    : sweep_(sweep), params_(std::move(params)), method_(parse_load_method(sweep.run.load)) {
  if (method_ != LoadMethod::bcast) return;
  exchange_ = std::make_unique<WeightExchange>(*this, params_.ranks_per_host);
  if (exchange_->nodes() == 1) exchange_.reset();
}

// The exchange's threads, which use the rest, end first.
JobWeights::~JobWeights() { exchange_.reset(); }

Model JobWeights::load(const std::string& model) {
  const ModelConfig& c = config(model);
  check_unchanged(c.checkpoint, params_.checkpoints.at(model));
  return Model::load(c.checkpoint, with_ladder(model), loading(model));
}

Model JobWeights::load(const std::string& model, DeviceBroadcast& devices) {
  const ModelConfig& c = config(model);
  check_unchanged(c.checkpoint, params_.checkpoints.at(model));
  WeightLoading how = loading(model);
  how.devices = &devices;
  return Model::load(c.checkpoint, with_ladder(model), how);
}

std::string JobWeights::layout(const std::string& model) const {
  return SafetensorsIndex::open(config(model).checkpoint).layout();
}

bool JobWeights::service() { return exchange_ && exchange_->service(); }

void JobWeights::give_up() {
  if (exchange_) exchange_->give_up();
}

void JobWeights::close() {
  if (exchange_) exchange_->close();
}

std::vector<std::string> JobWeights::remarks() {
  std::vector<std::string> out;
  if (exchange_) out = exchange_->remarks();
  const std::lock_guard lock(mutex_);
  out.insert(out.end(), remarks_.begin(), remarks_.end());
  remarks_.clear();
  return out;
}

const ModelConfig& JobWeights::config(const std::string& model) const {
  return std::find_if(sweep_.models.begin(), sweep_.models.end(),
                      [&](const NamedModel& named) { return named.name == model; })
      ->config;
}

ModelOptions JobWeights::options(const ModelConfig& config) const {
  ModelOptions options;
  options.device = params_.device;
  options.dtype = config.dtype;
  options.threads = sweep_.run.threads;
  options.batch = batch_on_gpu(sweep_.run);
  options.pictures_kept = params_.pictures_kept;
  options.min_pixels = config.min_pixels;
  options.max_pixels = config.max_pixels;
  return options;
}

ModelOptions JobWeights::with_ladder(const std::string& model) {
  ModelOptions out = options(config(model));
  const std::lock_guard lock(mutex_);
  auto& ladder = ladders_[model];
  if (ladder == nullptr) {
    ladder = std::make_shared<MemoryLadder>();
    ladder->tell_by([this, model](const std::string& line) {
      const std::lock_guard telling(mutex_);
      remarks_.push_back(model + ": " + line);
    });
  }
  out.ladder = ladder;
  return out;
}

WeightLoading JobWeights::loading(const std::string& model) const {
  const Json& checkpoint = params_.checkpoints.at(model);
  WeightLoading how;
  how.method = method_;
  for (const auto& [name, facts] : checkpoint.at("files").items()) {
    how.digests[name] = facts.at("xxh3").get<std::string>();
  }
  how.share = concat(params_.program, " ", checkpoint.at("hash").get<std::string>());
  if (exchange_) {
    if (params_.ranks_per_host > 0) how.share += concat(" node ", exchange_->node());
    const auto named =
        std::find_if(sweep_.models.begin(), sweep_.models.end(),
                     [&](const NamedModel& candidate) { return candidate.name == model; });
    const int number = static_cast<int>(named - sweep_.models.begin());
    how.ask = [exchange = exchange_.get(), number] { return exchange->want(number); };
  }
  how.remark = [this, model](const std::string& line) {
    const std::lock_guard lock(mutex_);
    remarks_.push_back(model + ": " + line);
  };
  return how;
}

std::unique_ptr<WeightSource> JobWeights::source(int model) {
  const NamedModel& named = sweep_.models[static_cast<std::size_t>(model)];
  return std::make_unique<CheckpointSource>(named.config.checkpoint, loading(named.name).digests);
}

WeightEnds::Place JobWeights::place(int model, bool needed, const std::string& layout) {
  const NamedModel& named = sweep_.models[static_cast<std::size_t>(model)];
  const ModelOptions how = options(named.config);
  const std::uint64_t bytes = NodeCopy::bytes_needed(named.config.checkpoint, how);
  // For somebody who will want it later, half of what is free at most.
  const auto scarce = [&] { return available_bytes(params_.system) / 2 < bytes; };
  while (scarce() && !kept_.empty()) kept_.pop_front();
  if (!needed && scarce()) return {Keep::not_wanted, nullptr, ""};
  while (true) {
    WeightLoading loading_ = loading(named.name);
    std::string remark;
    loading_.remark = [&](const std::string& line) { remark = named.name + ": " + line; };
    auto copy = std::make_shared<NodeCopy>(named.config.checkpoint, how, loading_);
    if (copy->layout() != layout) {
      fail(named.config.checkpoint,
           ": its tensors lie otherwise than where rank 0 reads them; is it another version of the "
           "checkpoint?");
    }
    switch (copy->state()) {
      case NodeCopy::State::filling:
        return {Keep::yes, std::make_unique<NodeCopySink>(std::move(copy), kept_), ""};
      case NodeCopy::State::complete:
        kept_.push_back(std::move(copy));
        return {Keep::complete, nullptr, ""};
      case NodeCopy::State::others:
        return {Keep::not_here, nullptr, ""};
      case NodeCopy::State::no_room:
        if (kept_.empty()) return {Keep::not_here, nullptr, remark};
        kept_.pop_front();
    }
  }
}

}  // namespace vrp

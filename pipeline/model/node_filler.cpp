// NodeCopy of loading.hpp: what Model::load does for a copy that others will use.
#include <cstring>

#include "pipeline/base/error.hpp"
#include "pipeline/model/model_impl.hpp"
#include "pipeline/model/node_copy.hpp"
#include "pipeline/model/weight_places.hpp"

namespace vrp {

struct NodeCopy::Parts {
  Parts(const std::filesystem::path& folder, const ModelOptions& options)
      : setup(network_of(folder, options)), files(folder, setup.spec) {
    if (setup.device.is_cpu()) {
      places.emplace(setup.spec, files.match, *setup.ops,
                     at::TensorOptions().device(setup.device).dtype(setup.dtype));
    }
  }
  std::string signature() const { return places ? places->signature() : stored_signature(files); }
  std::uint64_t bytes() const { return places ? places->bytes() : files.chunks.bytes(); }

  Network setup;  // without weights
  Checkpoint files;
  std::optional<WeightPlaces> places;  // of a CPU's packed copy
  std::shared_ptr<SharedSegment> segment;
  std::size_t taken = 0;  // chunks
  State state = State::no_room;
};

NodeCopy::NodeCopy(const std::filesystem::path& checkpoint, const ModelOptions& options,
                   const WeightLoading& loading)
    : parts_(std::make_unique<Parts>(checkpoint, options)) {
  Parts& p = *parts_;
  p.segment = node_copy(p.signature(), p.bytes(), loading);
  if (!p.segment) return;
  p.state = p.segment->start_filling() ? State::filling
            : p.segment->complete()    ? State::complete
                                       : State::others;
  if (p.state == State::filling && p.places) {
    p.places->place_in({p.segment, p.segment->writable()});
  }
}

NodeCopy::NodeCopy(NodeCopy&&) noexcept = default;
NodeCopy::~NodeCopy() {
  if (parts_ && parts_->segment) parts_->segment->give_up();
}

NodeCopy::State NodeCopy::state() const { return parts_->state; }
std::string NodeCopy::layout() const { return parts_->files.index.layout(); }

void NodeCopy::take(std::size_t chunk, std::span<const std::byte> bytes) {
  const c10::InferenceMode inference;
  Parts& p = *parts_;
  const std::size_t chunks = p.files.chunks.size();
  if (chunk != p.taken || chunk >= chunks || bytes.size() != p.files.chunks[chunk].bytes) {
    throw Error(ExitCode::internal,
                concat("chunk ", chunk, " of the weights has ", bytes.size(), " bytes, expected ",
                       p.taken < chunks ? concat("chunk ", p.taken, " of ",
                                                 p.files.chunks[p.taken].bytes, " bytes")
                                        : std::string("none behind the last")));
  }
  if (p.places) {
    p.files.each_piece(
        chunk, bytes,
        [&](const TensorInfo& tensor, std::int64_t first, std::span<const std::byte> rows) {
          p.places->fill(tensor, first, rows);
        });
  } else {
    std::memcpy(p.segment->writable() + p.files.chunks[chunk].before, bytes.data(), bytes.size());
  }
  p.segment->state_progress(++p.taken);
}

void NodeCopy::finish() {
  if (parts_->taken != parts_->files.chunks.size()) {
    throw Error(ExitCode::internal, concat(parts_->taken, " chunks of weights came, expected ",
                                           parts_->files.chunks.size()));
  }
  parts_->segment->finish();
  parts_->state = State::complete;
}

std::uint64_t NodeCopy::bytes_needed(const std::filesystem::path& checkpoint,
                                     const ModelOptions& options) {
  return Parts(checkpoint, options).bytes();
}

}  // namespace vrp

#include "pipeline/dist/weight_threads.hpp"

namespace vrp {

WeightReader::WeightReader(WeightEnds& ends, int model, std::uint64_t sequence)
    : ends_(ends), model_(model), sequence_(sequence), thread_([this] { read(); }) {}

WeightReader::~WeightReader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::optional<FramePtr> WeightReader::take() {
  std::optional<FramePtr> frame;
  {
    const std::lock_guard lock(mutex_);
    if (frames_.empty()) return std::nullopt;
    frame = std::move(frames_.front());
    frames_.pop_front();
  }
  changed_.notify_all();
  const FrameKind kind = (*frame)->head().kind;
  finished_ = kind == FrameKind::end || kind == FrameKind::failed;
  return frame;
}

void WeightReader::read() {
  FrameHead head{FrameKind::begin, model_, sequence_};
  bool begun = false;
  const auto failed = [&](int code, const std::string& text) {
    if (!begun && !put(std::make_shared<Frame>(head, 0))) return;
    head.code = code;
    head.kind = FrameKind::failed;
    put(text_frame(head, text));
  };
  try {
    const auto source = ends_.source(model_);
    if (!put(text_frame(head, source->layout()))) return;
    begun = true;
    head.kind = FrameKind::chunk;
    for (head.chunk = 0; head.chunk < source->chunks(); ++head.chunk) {
      const std::size_t bytes = source->chunk_bytes(head.chunk);
      if (bytes > kLongestPayload) {
        fail("chunk ", head.chunk, " of the weights, rows of a tensor, has ", bytes,
             " bytes, expected at most ", kLongestPayload,
             " between hosts; [run] load = read does without");
      }
      auto frame = std::make_shared<Frame>(head, bytes);
      source->read(frame->payload());
      head.digest = hash_bytes(frame->payload().data(), frame->payload().size());
      frame->set_head(head);
      if (!put(std::move(frame))) return;
    }
    head.kind = FrameKind::end;
    put(std::make_shared<Frame>(head, 0));
  } catch (const Error& error) {
    failed(static_cast<int>(error.code()), error.what());
  } catch (const std::exception& error) {
    failed(static_cast<int>(ExitCode::internal), error.what());
  }
}

/// False: nobody wants it any more.
bool WeightReader::put(FramePtr frame) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || frames_.size() < kFramesAhead; });
  if (stopping_) return false;
  frames_.push_back(std::move(frame));
  return true;
}

WeightPacker::WeightPacker(WeightEnds& ends) : ends_(ends), thread_([this] { pack(); }) {}

WeightPacker::~WeightPacker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = discarding_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::size_t WeightPacker::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void WeightPacker::give(FramePtr frame, bool needed) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(frame), needed});
  }
  changed_.notify_all();
}

std::optional<PackerResult> WeightPacker::result() {
  const std::lock_guard lock(mutex_);
  if (results_.empty()) return std::nullopt;
  PackerResult result = std::move(results_.front());
  results_.pop_front();
  return result;
}

void WeightPacker::discard() {
  const std::lock_guard lock(mutex_);
  discarding_ = true;
}

void WeightPacker::pack() {
  while (true) {
    Job job;
    bool discard = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || !jobs_.empty(); });
      if (jobs_.empty()) break;
      job = jobs_.front();  // counted by waiting() until it is dealt with
      discard = discarding_;
    }
    if (!discard) deal_with(job);
    const std::lock_guard lock(mutex_);
    jobs_.pop_front();
  }
  sink_.reset();
}

void WeightPacker::deal_with(const Job& job) {
  using Kind = PackerResult::Kind;
  const FrameHead head = job.frame->head();
  switch (head.kind) {
    case FrameKind::begin:
      begin(head.model, job.needed, job.frame->text());
      break;
    case FrameKind::chunk:
      if (sink_) chunk(*job.frame, head);
      break;
    case FrameKind::end:
      if (sink_) finish();
      report(outcome_);
      break;
    case FrameKind::failed:
      report(Kind::failed, static_cast<int>(head.code), job.frame->text());
      break;
    case FrameKind::cancelled:
      report(Kind::cancelled);
      break;
    case FrameKind::bye:
      break;
  }
}

void WeightPacker::begin(int model, bool needed, const std::string& layout) {
  using Kind = PackerResult::Kind;
  model_ = model;
  sink_.reset();
  remark_.clear();
  outcome_ = Kind::not_here;
  try {
    WeightEnds::Place place = ends_.place(model, needed, layout);
    sink_ = std::move(place.sink);
    remark_ = std::move(place.remark);
    if (place.keep == WeightEnds::Keep::complete) outcome_ = Kind::here;
    if (place.keep == WeightEnds::Keep::not_wanted) outcome_ = Kind::not_wanted;
  } catch (const std::exception& error) {
    remark_ = error.what();  // whoever needs the model meets the same error and says it
  }
}

void WeightPacker::chunk(Frame& frame, const FrameHead& head) {
  const auto payload = frame.payload();
  try {
    if (hash_bytes(payload.data(), payload.size()) != head.digest) {
      throw Error(ExitCode::internal,
                  concat("chunk ", head.chunk, " of the weights arrived damaged"));
    }
    sink_->take(head.chunk, payload);
  } catch (const std::exception& error) {
    sink_.reset();
    remark_ = concat(error.what(), "; this host reads the checkpoint itself");
  }
}

void WeightPacker::finish() {
  try {
    sink_->finish();
    outcome_ = PackerResult::Kind::here;
  } catch (const std::exception& error) {
    remark_ = concat(error.what(), "; this host reads the checkpoint itself");
  }
}

void WeightPacker::report(PackerResult::Kind kind, int code, const std::string& text) {
  sink_.reset();
  const std::lock_guard lock(mutex_);
  results_.push_back({kind, model_, code, text, remark_});
}

}  // namespace vrp

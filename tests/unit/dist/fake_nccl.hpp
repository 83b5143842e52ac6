#pragma once
// An NCCL whose troubles are written down beforehand, with a clock of its own.
#include <string>
#include <vector>

#include "pipeline/dist/nccl_communicator.hpp"

namespace vrp {

class FakeNccl : public NcclLibrary {
 public:
  static constexpr int kSystemError = 2, kRemoteError = 6;

  // What happens.
  std::string ours = "2.28.9";
  int id_code = kSuccess, init_code = kInProgress, broadcast_code = kInProgress;
  int finalize_code = kInProgress;
  bool makes_handle = true;
  int busy_states = 3;          ///< questions answered with kInProgress after every call
  int broken_state = kSuccess;  ///< what it then turns out to be
  int busy_streams = 4;         ///< questions answered with busy
  int state_while_busy = kSuccess;
  std::string stream_problem;

  // What was done.
  std::vector<std::string> calls;
  std::string key;
  double clock = 0;

  NcclParams params(double connect_seconds = 10, double seconds = 20) {
    NcclParams out;
    out.connect_seconds = connect_seconds;
    out.seconds = seconds;
    out.now = [this] { return clock; };
    out.pause = [this] { clock += 0.5; };
    return out;
  }
  std::size_t count(const std::string& call) const {
    std::size_t n = 0;
    for (const auto& done : calls) n += done == call ? 1 : 0;
    return n;
  }

  std::string version() const override { return ours; }
  int unique_id(std::string& id) override {
    calls.push_back("unique_id");
    id = "key of rank 0";
    return id_code;
  }
  int init(void*& communicator, int, const std::string& id, int) override {
    calls.push_back("init");
    key = id;
    communicator = makes_handle ? this : nullptr;
    left_ = busy_states;
    return init_code;
  }
  int state(void*, int& now) override {
    if (asking_stream_) {
      now = state_while_busy;
    } else {
      now = left_-- > 0 ? kInProgress : broken_state;
    }
    return kSuccess;
  }
  int broadcast(void*, void*, std::size_t, int, void*) override {
    calls.push_back("broadcast");
    left_ = busy_states;
    return broadcast_code;
  }
  int finalize(void*) override {
    calls.push_back("finalize");
    asking_stream_ = false;
    left_ = busy_states;
    return finalize_code;
  }
  int destroy(void*) override {
    calls.push_back("destroy");
    return kSuccess;
  }
  int abort(void*) override {
    calls.push_back("abort");
    return kSuccess;
  }
  std::string text(int code, void* communicator) override {
    return concat("code ", code, communicator == nullptr ? "" : " (link is down)");
  }
  StreamState stream(void*, std::string& problem) override {
    problem = stream_problem;
    if (!problem.empty()) return StreamState::failed;
    asking_stream_ = busy_streams-- > 0;
    return asking_stream_ ? StreamState::busy : StreamState::done;
  }

 private:
  int left_ = 0;
  bool asking_stream_ = false;
};

}  // namespace vrp

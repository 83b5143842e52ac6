#include "pipeline/dist/nccl_communicator.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace vrp {
namespace {

constexpr const char* kHint =
    "; NCCL_DEBUG=INFO makes NCCL tell more, NCCL_SOCKET_IFNAME names the network to use, [run] "
    "nccl = "
    "off does without";

/// The first text that is not empty, with its rank; "" when all are.
std::string first_problem(const std::vector<std::string>& texts) {
  for (std::size_t rank = 0; rank < texts.size(); ++rank) {
    if (!texts[rank].empty()) return concat("rank ", rank, ": ", texts[rank]);
  }
  return {};
}

}  // namespace

NcclCommunicator::NcclCommunicator(std::shared_ptr<NcclLibrary> library, const std::string& id,
                                   int rank, int size, std::string host, NcclParams params)
    : library_(std::move(library)),
      params_(std::move(params)),
      rank_(rank),
      size_(size),
      host_(std::move(host)) {
  const std::string what = concat("connecting ", size_, " ranks");
  const int code = library_->init(handle_, size_, id, rank_);
  if (code != NcclLibrary::kSuccess && code != NcclLibrary::kInProgress) check(code, what);
  if (handle_ == nullptr) fail_with(what, "NCCL made no communicator");
  until_ready(what, params_.connect_seconds);
}

NcclCommunicator::~NcclCommunicator() {
  if (handle_ == nullptr) return;
  try {
    check(library_->finalize(handle_), "closing");
    until_ready("closing", params_.connect_seconds);
    library_->destroy(handle_);
  } catch (const std::exception&) {
    // Aborted; a destructor has nobody to tell.
  }
}

void NcclCommunicator::broadcast(void* data, std::size_t bytes, int root, void* stream) {
  const std::string what = concat("broadcast of ", bytes, " bytes from rank ", root);
  if (handle_ == nullptr) fail_with(what, "this communicator has failed before");
  if (root < 0 || root >= size_) fail_with(what, concat("expected rank 0 to ", size_ - 1));
  check(library_->broadcast(handle_, data, bytes, root, stream), what);
  until_ready(what, params_.seconds);
}

void NcclCommunicator::wait(void* stream) {
  const std::string what = "waiting for a broadcast";
  if (handle_ == nullptr) fail_with(what, "this communicator has failed before");
  const double end = now() + params_.seconds;
  while (true) {
    std::string problem;
    const StreamState state = library_->stream(stream, problem);
    if (state == StreamState::failed) fail_with(what, problem);
    if (state == StreamState::done) return;
    // The kernel of a broken broadcast spins for ever: only NCCL's own thread knows.
    int doing = NcclLibrary::kSuccess;
    check(library_->state(handle_, doing), what);
    check(doing, what);
    if (now() >= end) fail_with(what, concat("nothing within ", params_.seconds, " s"));
    pause();
  }
}

void NcclCommunicator::abandon() {
  if (handle_ != nullptr) library_->abort(std::exchange(handle_, nullptr));
}

void NcclCommunicator::until_ready(const std::string& what, double seconds) {
  const double end = now() + seconds;
  while (true) {
    int doing = NcclLibrary::kSuccess;
    check(library_->state(handle_, doing), what);
    if (doing == NcclLibrary::kSuccess) return;
    check(doing, what);
    if (now() >= end) fail_with(what, concat("nothing within ", seconds, " s"));
    pause();
  }
}

void NcclCommunicator::check(int code, const std::string& what) {
  if (code == NcclLibrary::kSuccess || code == NcclLibrary::kInProgress) return;
  fail_with(what, library_->text(code, handle_));
}

void NcclCommunicator::fail_with(const std::string& what, const std::string& problem) {
  abandon();
  throw Error(ExitCode::internal,
              concat("NCCL, ", what, ", rank ", rank_, " on ", host_, ": ", problem, kHint));
}

double NcclCommunicator::now() const {
  if (params_.now) return params_.now();
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void NcclCommunicator::pause() const {
  if (params_.pause) return params_.pause();
  std::this_thread::sleep_for(std::chrono::microseconds(200));
}

std::unique_ptr<NcclCommunicator> connect_nccl(MpiSession& mpi,
                                               std::shared_ptr<NcclLibrary> library,
                                               std::string& why, const NcclParams& params) {
  // Every rank takes part in every exchange, whatever it has met itself.
  if (library == nullptr && why.empty()) why = "NCCL is not there";
  why = first_problem(mpi.gather_all(library == nullptr ? why : std::string()));
  if (!why.empty()) return nullptr;
  const auto versions = mpi.gather_all(library->version());
  for (std::size_t rank = 0; rank < versions.size(); ++rank) {
    if (versions[rank] == versions.front()) continue;
    why = concat("rank ", rank, " has NCCL ", versions[rank], ", rank 0 ", versions.front());
    return nullptr;
  }
  std::string id, problem;
  if (mpi.rank() == 0) {
    const int code = library->unique_id(id);
    if (code != NcclLibrary::kSuccess) {
      id.clear();
      problem = "NCCL, making the job's key: " + library->text(code, nullptr) + kHint;
    }
  }
  why = first_problem(mpi.gather_all(problem));
  id = mpi.broadcast(id);
  if (!why.empty()) return nullptr;
  std::unique_ptr<NcclCommunicator> communicator;
  try {
    communicator = std::make_unique<NcclCommunicator>(std::move(library), id, mpi.rank(),
                                                      mpi.size(), mpi.place().host, params);
  } catch (const std::exception& error) {
    problem = error.what();
  }
  why = first_problem(mpi.gather_all(problem));
  if (!why.empty() && communicator != nullptr) {
    communicator->abandon();
    communicator.reset();
  }
  return communicator;
}

}  // namespace vrp

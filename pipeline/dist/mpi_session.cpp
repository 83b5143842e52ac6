#include "pipeline/dist/mpi_session.hpp"

#include <mpi.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace vrp {
namespace {

constexpr const char* kFinalize =
    "all ranks to end (MPI_Finalize): another one has died or hangs there";

void mpi_check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  MPI_Error_string(code, text.data(), &length);
  throw Error(ExitCode::internal, concat(call, " failed: ", text.data()));
}

int exit_code_of(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) return static_cast<int>(ours->code());
  return static_cast<int>(ExitCode::internal);
}

}  // namespace

class MpiSession::MpiTransport : public Transport {
 public:
  MpiTransport() {
    mpi_check(MPI_Comm_dup(MPI_COMM_WORLD, &handle_), "MPI_Comm_dup");
    mpi_check(MPI_Comm_set_errhandler(handle_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    mpi_check(MPI_Comm_rank(handle_, &rank_), "MPI_Comm_rank");
    mpi_check(MPI_Comm_size(handle_, &size_), "MPI_Comm_size");
  }
  MpiTransport(const MpiTransport&) = delete;
  MpiTransport& operator=(const MpiTransport&) = delete;
  ~MpiTransport() override { MPI_Comm_free(&handle_); }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  void send(int to, const Message& message) override {
    std::vector<char> bytes(sizeof(Numbers) + message.text.size());
    const Numbers numbers{message.a, message.b, message.seconds};
    std::memcpy(bytes.data(), &numbers, sizeof numbers);
    std::memcpy(bytes.data() + sizeof numbers, message.text.data(), message.text.size());
    mpi_check(MPI_Send(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to,
                       static_cast<int>(message.kind), handle_),
              "MPI_Send");
  }

  std::optional<Message> receive() override {
    int there = 0;
    MPI_Status status;
    mpi_check(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, handle_, &there, &status), "MPI_Iprobe");
    if (there == 0) return std::nullopt;
    int count = 0;
    mpi_check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
    std::vector<char> bytes(static_cast<std::size_t>(count));
    mpi_check(MPI_Recv(bytes.data(), count, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, handle_,
                       MPI_STATUS_IGNORE),
              "MPI_Recv");
    Message message;
    message.kind = static_cast<MessageKind>(status.MPI_TAG);
    message.from = status.MPI_SOURCE;
    Numbers numbers;
    std::memcpy(&numbers, bytes.data(), sizeof numbers);
    message.a = numbers.a;
    message.b = numbers.b;
    message.seconds = numbers.seconds;
    message.text.assign(bytes.begin() + sizeof numbers, bytes.end());
    return message;
  }

 private:
  struct Numbers {  // ahead of the text
    std::int64_t a = 0, b = 0;
    double seconds = 0;
  };
  MPI_Comm handle_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
};

MpiSession::MpiSession(int& argc, char**& argv) {
  int provided = 0;
  mpi_check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  mpi_check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  if (provided < MPI_THREAD_FUNNELED) {
    throw Error(ExitCode::internal, "this MPI does not offer MPI_THREAD_FUNNELED");
  }
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  find_place();
  exit_watch_ = std::make_unique<ExitWatch>(concat("rank ", rank_, " on ", place_.host));
  transport_ = std::make_unique<MpiTransport>();
}

void MpiSession::find_place() {
  std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
  int length = 0;
  mpi_check(MPI_Get_processor_name(name.data(), &length), "MPI_Get_processor_name");
  place_.host.assign(name.data(), static_cast<std::size_t>(length));
  MPI_Comm node = MPI_COMM_NULL;
  mpi_check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node),
            "MPI_Comm_split_type");
  MPI_Comm_rank(node, &place_.local_rank);
  MPI_Comm_size(node, &place_.local_size);
  place_.first_rank = rank_;
  mpi_check(MPI_Bcast(&place_.first_rank, 1, MPI_INT, 0, node), "MPI_Bcast");
  MPI_Comm_free(&node);
  std::vector<char> all(rank_ == 0 ? static_cast<std::size_t>(size_) * name.size() : 0);
  const int width = static_cast<int>(name.size());
  mpi_check(
      MPI_Gather(name.data(), width, MPI_CHAR, all.data(), width, MPI_CHAR, 0, MPI_COMM_WORLD),
      "MPI_Gather");
  for (std::size_t at = 0; at < all.size(); at += name.size()) hosts_.emplace_back(&all[at]);
}

MpiSession::~MpiSession() {
  exit_watch_->go_on(kFinalize);
  transport_.reset();
  MPI_Finalize();
}

Transport& MpiSession::transport() { return *transport_; }

int MpiSession::agree(const std::function<void()>& setup) {
  int code = 0;
  std::string message;
  try {
    setup();
  } catch (const std::exception& error) {
    code = exit_code_of(error);
    message = error.what();
  }
  const std::array<int, 1> mine{code != 0 ? rank_ : size_};
  std::array<int, 1> lowest{size_};
  mpi_check(MPI_Allreduce(mine.data(), lowest.data(), 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD),
            "MPI_Allreduce");
  if (lowest[0] == size_) return 0;
  if (lowest[0] == rank_) std::fprintf(stderr, "vrp-run: %s\n", message.c_str());
  mpi_check(MPI_Bcast(&code, 1, MPI_INT, lowest[0], MPI_COMM_WORLD), "MPI_Bcast");
  return code;
}

std::string MpiSession::broadcast(std::string text) {
  long long length = static_cast<long long>(text.size());
  mpi_check(MPI_Bcast(&length, 1, MPI_LONG_LONG, 0, MPI_COMM_WORLD), "MPI_Bcast");
  text.resize(static_cast<std::size_t>(length));
  mpi_check(MPI_Bcast(text.data(), static_cast<int>(length), MPI_BYTE, 0, MPI_COMM_WORLD),
            "MPI_Bcast");
  return text;
}

std::vector<std::string> MpiSession::gather_all(const std::string& text) {
  const auto ranks = static_cast<std::size_t>(size_);
  const int mine = static_cast<int>(text.size());
  std::vector<int> length(ranks), begin(ranks, 0);
  mpi_check(MPI_Allgather(&mine, 1, MPI_INT, length.data(), 1, MPI_INT, MPI_COMM_WORLD),
            "MPI_Allgather");
  for (std::size_t r = 1; r < ranks; ++r) begin[r] = begin[r - 1] + length[r - 1];
  std::string all(static_cast<std::size_t>(begin.back()) + static_cast<std::size_t>(length.back()),
                  '\0');
  mpi_check(MPI_Allgatherv(text.data(), mine, MPI_BYTE, all.data(), length.data(), begin.data(),
                           MPI_BYTE, MPI_COMM_WORLD),
            "MPI_Allgatherv");
  std::vector<std::string> texts;
  for (std::size_t r = 0; r < ranks; ++r) {
    texts.push_back(
        all.substr(static_cast<std::size_t>(begin[r]), static_cast<std::size_t>(length[r])));
  }
  return texts;
}

void MpiSession::ends(int code, double seconds, const std::string& awaited) {
  exit_watch_->begin(code, seconds, awaited);
}

void MpiSession::leave(int code) {
  ends(code, 0, kFinalize);
  transport_.reset();
  MPI_Finalize();
  std::_Exit(code);
}

void MpiSession::abort(int code, const std::string& message) {
  std::fprintf(stderr, "vrp-run: rank %d: %s\n", rank_, message.c_str());
  std::fflush(stderr);
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

}  // namespace vrp

#include "pipeline/dist/weight_notes.hpp"

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "pipeline/dist/mpi_check.hpp"

namespace vrp {
namespace {
constexpr int kNoteTag = 1;
constexpr std::size_t kNumbers = 4 * sizeof(std::int64_t);
}  // namespace

NoteBoard::NoteBoard(int colour) {
  int world_rank = 0;
  mpi_check(MPI_Comm_rank(MPI_COMM_WORLD, &world_rank), "MPI_Comm_rank");
  mpi_check(MPI_Comm_split(MPI_COMM_WORLD, colour, world_rank, &handle_), "MPI_Comm_split");
  if (handle_ == MPI_COMM_NULL) return;
  mpi_check(MPI_Comm_set_errhandler(handle_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  mpi_check(MPI_Comm_rank(handle_, &rank_), "MPI_Comm_rank");
  mpi_check(MPI_Comm_size(handle_, &size_), "MPI_Comm_size");
}

NoteBoard::NoteBoard(NoteBoard&& other) noexcept
    : handle_(std::exchange(other.handle_, MPI_COMM_NULL)),
      rank_(other.rank_),
      size_(other.size_) {}

NoteBoard& NoteBoard::operator=(NoteBoard&& other) noexcept {
  std::swap(handle_, other.handle_);
  rank_ = other.rank_;
  size_ = other.size_;
  return *this;
}

NoteBoard::~NoteBoard() {
  if (handle_ != MPI_COMM_NULL) MPI_Comm_free(&handle_);
}

void NoteBoard::send(int to, const Note& note) {
  const std::array<std::int64_t, 4> numbers{static_cast<std::int64_t>(note.kind), note.a, note.b,
                                            note.c};
  std::vector<char> bytes(kNumbers + note.text.size());
  std::memcpy(bytes.data(), numbers.data(), kNumbers);
  std::memcpy(bytes.data() + kNumbers, note.text.data(), note.text.size());
  mpi_check(MPI_Send(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to, kNoteTag, handle_),
            "MPI_Send");
}

std::optional<Note> NoteBoard::receive() {
  int there = 0;
  MPI_Status status;
  mpi_check(MPI_Iprobe(MPI_ANY_SOURCE, kNoteTag, handle_, &there, &status), "MPI_Iprobe");
  if (there == 0) return std::nullopt;
  int count = 0;
  mpi_check(MPI_Get_count(&status, MPI_BYTE, &count), "MPI_Get_count");
  std::vector<char> bytes(static_cast<std::size_t>(count));
  mpi_check(MPI_Recv(bytes.data(), count, MPI_BYTE, status.MPI_SOURCE, kNoteTag, handle_,
                     MPI_STATUS_IGNORE),
            "MPI_Recv");
  std::array<std::int64_t, 4> numbers{};
  if (bytes.size() < kNumbers) throw Error(ExitCode::internal, "a note between ranks is cut short");
  std::memcpy(numbers.data(), bytes.data(), kNumbers);
  return Note{static_cast<NoteKind>(numbers[0]),       numbers[1],       numbers[2], numbers[3],
              {bytes.begin() + kNumbers, bytes.end()}, status.MPI_SOURCE};
}

NodeRanks::NodeRanks(int ranks_per_host) {
  int rank = 0;
  mpi_check(MPI_Comm_rank(MPI_COMM_WORLD, &rank), "MPI_Comm_rank");
  int lowest = rank;
  if (ranks_per_host > 0) {
    lowest = rank / ranks_per_host * ranks_per_host;
  } else {
    MPI_Comm host = MPI_COMM_NULL;
    mpi_check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &host),
              "MPI_Comm_split_type");
    mpi_check(MPI_Bcast(&lowest, 1, MPI_INT, 0, host), "MPI_Bcast");
    MPI_Comm_free(&host);
  }
  node = NoteBoard(lowest);
  leaders = NoteBoard(lowest == rank ? 0 : MPI_UNDEFINED);
  std::array<int, 2> place{leaders.size(), leaders.rank()};
  mpi_check(MPI_Bcast(place.data(), 2, MPI_INT, 0, node.get()), "MPI_Bcast");
  nodes = place[0];
  index = place[1];
}

}  // namespace vrp

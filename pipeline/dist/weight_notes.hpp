#pragma once
// Private to pipeline/dist: which ranks share a host, and small messages between them.
#include <mpi.h>

#include <cstdint>
#include <optional>
#include <string>

namespace vrp {

enum class NoteKind : int {
  want,     ///< a = model; to rank 0 also b = loads that the leader has seen begin
  answer,   ///< a = model, b = answer, c = exit code, text
  closing,  ///< this rank sends nothing more
  closed,   ///< everything is off the wire
};

struct Note {
  NoteKind kind = NoteKind::want;
  std::int64_t a = 0, b = 0, c = 0;
  std::string text;
  int from = 0;
};

/// A communicator of its own: owned, not collective but for being made. Move only.
class NoteBoard {
 public:
  NoteBoard() = default;  ///< of no rank
  /// Collective over the world: a board for each colour, ordered by rank; MPI_UNDEFINED = none.
  explicit NoteBoard(int colour);
  NoteBoard(NoteBoard&& other) noexcept;
  NoteBoard& operator=(NoteBoard&& other) noexcept;
  ~NoteBoard();

  int rank() const { return rank_; }
  int size() const { return size_; }
  MPI_Comm get() const { return handle_; }
  void send(int to, const Note& note);
  std::optional<Note> receive();  ///< without waiting

 private:
  MPI_Comm handle_ = MPI_COMM_NULL;
  int rank_ = -1, size_ = 0;
};

/// The ranks of this rank's node, and the leaders of all nodes.
struct NodeRanks {
  explicit NodeRanks(int ranks_per_host);  ///< collective
  bool leader() const { return node.rank() == 0; }
  int nodes = 1, index = 0;
  NoteBoard node;
  NoteBoard leaders;  ///< of no rank where this one is no leader
};

}  // namespace vrp

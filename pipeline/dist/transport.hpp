#pragma once
// Messages between the ranks of a job: small, in order between two ranks, never collective.
#include <cstdint>
#include <optional>
#include <string>

namespace vrp {

enum class MessageKind : int {
  request,     ///< worker, once: a = units it takes at a time; each report frees one place
  assign,      ///< coordinator: a = unit, b = one to be computed together with it, or -1
  done,        ///< worker: a = unit, b = failed items, seconds = what it took
  failed,      ///< worker: a = unit, b = exit code, text = reason
  damaged,     ///< worker: a = unit, b = damaged upstream unit, text = reason
  storage,     ///< worker: a = unit; its record cannot be written, text = reason
  fatal,       ///< worker: b = exit code, text = reason; nothing can go on
  progress,    ///< worker: a = items finished since start, b = resident bytes
  stop_asked,  ///< worker: this rank got a stop signal
  stop,        ///< coordinator: start nothing more, give back what has not started
  returned,    ///< worker: a = unit, not started and given back
  quit,        ///< coordinator: b = exit code; leave
  alive,       ///< worker: a = unit at work on or -1, b = how many are computed together, seconds =
               ///< for so long; coordinator: answer
  give_back,   ///< coordinator: a = unit or -1 for all; give back what has not started
  left,        ///< worker: last message after quit
};

struct Message {
  MessageKind kind = MessageKind::request;
  int from = 0;
  std::int64_t a = 0, b = 0;
  std::string text;
  double seconds = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual void send(int to, const Message& message) = 0;
  virtual std::optional<Message> receive() = 0;  ///< the next message, without waiting
};

}  // namespace vrp

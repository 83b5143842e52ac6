#pragma once
// Messages between the ranks of a job: small, in order between two ranks, never collective.
#include <cstdint>
#include <optional>
#include <string>

namespace vrp {

enum class MessageKind : int {
  request,     ///< worker: may I have a unit?
  assign,      ///< coordinator: a = unit
  done,        ///< worker: a = unit, b = failed items, text = file
  failed,      ///< worker: a = unit, b = exit code, text = reason
  damaged,     ///< worker: a = unit, b = damaged upstream unit, text = reason
  storage,     ///< worker: a = unit; its record cannot be written, text = reason
  fatal,       ///< worker: b = exit code, text = reason; nothing can go on
  progress,    ///< worker: a = items finished since start, b = resident bytes
  stop_asked,  ///< worker: this rank got a stop signal
  stop,        ///< coordinator: start nothing more, give back what has not started
  returned,    ///< worker: a = unit, not started after a stop
  quit,        ///< coordinator: b = exit code; leave
};

struct Message {
  MessageKind kind = MessageKind::request;
  int from = 0;
  std::int64_t a = 0, b = 0;
  std::string text;
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

#include "pipeline/dist/weight_exchange.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "pipeline/dist/weight_chain.hpp"
#include "pipeline/dist/weight_notes.hpp"
#include "pipeline/dist/weight_threads.hpp"

namespace vrp {

/// The main thread's side.
class WeightExchange::Desk {
 public:
  Desk(WeightExchange& owner, WeightEnds& ends, int ranks_per_host)
      : owner_(owner), ends_(ends), ranks_(ranks_per_host), chain_(ranks_.leaders) {
    if (ranks_.leader() && ranks_.nodes > 1) packer_ = std::make_unique<WeightPacker>(ends);
  }

  const NodeRanks& ranks() const { return ranks_; }

  bool turn() {
    bool moved = take_requests();
    moved = take_notes() || moved;
    if (!packer_) return moved;
    moved = start_reader() || moved;
    moved = pass_frames() || moved;
    return take_results() || moved;
  }

  std::vector<std::string> remarks() { return std::exchange(remarks_, {}); }

  void close() {
    // From here on nothing is asked for, read or kept: a question that was on its way when the job
    // ended would set frames in motion that no leader waits for any more.
    closing_ = true;
    if (packer_) packer_->discard();
    queue_.clear();
    if (first()) {
      if (reader_) {
        const FrameHead head{FrameKind::cancelled, reader_->model(), reader_->sequence()};
        reader_.reset();
        handle(std::make_shared<Frame>(head, 0));
      }
      handle(std::make_shared<Frame>(FrameHead{FrameKind::bye}, 0));
    }
    if (!ranks_.leader()) ranks_.node.send(0, {NoteKind::closing});
    bool told = false;
    while (!done(told)) {
      const bool moved = turn();
      // What a rank has still asked comes before its note of closing: everything is off the wire
      // once all notes are there.
      if (ranks_.leader() && !told && bye_ && chain_.idle() &&
          closing_members_ == ranks_.node.size() - 1) {
        for (int rank = 1; rank < ranks_.node.size(); ++rank) {
          ranks_.node.send(rank, {NoteKind::closed});
        }
        if (!first()) ranks_.leaders.send(0, {NoteKind::closing});
        told = true;
      }
      if (!moved) std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    packer_.reset();
  }

 private:
  bool first() const { return ranks_.leader() && ranks_.index == 0; }

  bool done(bool told) const {
    if (!ranks_.leader()) return closed_;
    return told && (!first() || closing_leaders_ == ranks_.nodes - 1);
  }

  bool take_requests() {
    std::deque<int> requests;
    {
      const std::lock_guard lock(owner_.mutex_);
      requests.swap(owner_.requests_);
    }
    for (const int model : requests) {
      if (closing_) break;
      if (ranks_.leader()) {
        wanted(0, model);
      } else {
        ranks_.node.send(0, {NoteKind::want, model});
      }
    }
    return !requests.empty();
  }

  bool take_notes() {
    bool moved = false;
    while (const auto note = ranks_.node.receive()) {
      moved = true;
      if (note->kind == NoteKind::want) wanted(note->from, static_cast<int>(note->a));
      if (note->kind == NoteKind::closing) ++closing_members_;
      if (note->kind == NoteKind::closed) closed_ = true;
      if (note->kind == NoteKind::answer) {
        deliver(static_cast<int>(note->a),
                {static_cast<Answer::Kind>(note->b), note->c, note->text});
      }
    }
    if (!ranks_.leader()) return moved;
    while (const auto note = ranks_.leaders.receive()) {
      moved = true;
      if (note->kind == NoteKind::want) {
        queue(static_cast<int>(note->a), static_cast<std::uint64_t>(note->b));
      }
      if (note->kind == NoteKind::closing) ++closing_leaders_;
    }
    return moved;
  }

  /// Leader: rank `from` of this node waits for a model.
  void wanted(int from, int model) {
    if (closing_) return;
    Wanted& w = wanted_[model];
    w.waiting.insert(from);
    if (w.passing) return;
    if (w.here && w.told.insert(from).second) {  // asks a second time: it is no longer here
      answer(model, {Answer::Kind::here, 0, ""});
      return;
    }
    w.here = false;
    ask(model);
  }

  void ask(int model) {
    if (closing_) return;
    if (std::exchange(wanted_[model].asked, true)) return;
    if (first()) return queue(model, begun_);
    ranks_.leaders.send(0, {NoteKind::want, model, static_cast<std::int64_t>(begun_)});
  }

  /// Rank 0: a leader that had seen `seen` loads begin asks for a model. One that will see a later
  /// load of it begin is served by that.
  void queue(int model, std::uint64_t seen) {
    if (closing_ || last_load_[model] > seen) return;
    if (std::find(queue_.begin(), queue_.end(), model) == queue_.end()) queue_.push_back(model);
  }

  bool start_reader() {
    if (!first() || reader_ || queue_.empty()) return false;
    const int model = queue_.front();
    queue_.pop_front();
    last_load_[model] = ++loads_;
    reader_ = std::make_unique<WeightReader>(ends_, model, loads_);
    return true;
  }

  /// Leader: the next frame in, if both the wire and the packer have room, and on.
  bool pass_frames() {
    bool moved = chain_.progress();
    const bool packer_full = !closing_ && packer_->waiting() >= kFramesAhead;
    if (chain_.sending() >= kFramesAhead || packer_full) {
      return moved || chain_.sending() > 0;
    }
    if (reader_) {
      if (auto frame = reader_->take()) {
        if (reader_->finished()) reader_.reset();
        handle(std::move(*frame));
        moved = true;
      }
    } else if (auto frame = chain_.receive()) {
      handle(std::move(*frame));
      moved = true;
    }
    return moved || chain_.busy();
  }

  void handle(FramePtr frame) {
    const FrameHead head = frame->head();
    chain_.send(frame);
    if (head.kind == FrameKind::bye) {
      bye_ = true;
      return;
    }
    Wanted& w = wanted_[head.model];
    if (head.kind == FrameKind::begin) {
      begun_ = head.sequence;
      w.passing = true;
      w.asked = w.here = false;
      w.told.clear();
    }
    if (!closing_) packer_->give(std::move(frame), !w.waiting.empty());
  }

  bool take_results() {
    bool moved = false;
    while (const auto result = packer_->result()) {
      moved = true;
      using Kind = PackerResult::Kind;
      const int model = result->model;
      Wanted& w = wanted_[model];
      w.passing = false;
      if (!result->remark.empty()) remarks_.push_back(result->remark);
      if (result->kind == Kind::here) {
        w.here = true;
        w.told = w.waiting;
        answer(model, {Answer::Kind::here, 0, ""});
      } else if (result->kind == Kind::not_here) {
        answer(model, {Answer::Kind::not_here, 0, ""});
      } else if (result->kind == Kind::failed) {
        answer(model, {Answer::Kind::failed, result->code, result->text});
      } else if (result->kind == Kind::not_wanted && !w.waiting.empty()) {
        ask(model);  // by now it is
      }
    }
    return moved;
  }

  /// To all of this node that wait.
  void answer(int model, const Answer& answer) {
    for (const int rank : std::exchange(wanted_[model].waiting, {})) {
      if (rank == 0) {
        deliver(model, answer);
      } else {
        ranks_.node.send(rank, {NoteKind::answer, model, static_cast<std::int64_t>(answer.kind),
                                answer.code, answer.text});
      }
    }
  }

  void deliver(int model, Answer answer) {
    {
      const std::lock_guard lock(owner_.mutex_);
      owner_.answers_[model] = std::move(answer);
    }
    owner_.changed_.notify_all();
  }

  struct Wanted {
    std::set<int> waiting;  ///< ranks of the node, by their number on it
    std::set<int> told;     ///< ranks that were told it is here
    bool asked = false;     ///< rank 0 was, and has not begun since
    bool passing = false;   ///< began, and the packer has not said how it ended
    bool here = false;      ///< ended well
  };

  WeightExchange& owner_;
  WeightEnds& ends_;
  NodeRanks ranks_;
  WeightChain chain_;
  std::unique_ptr<WeightPacker> packer_;  ///< leaders of several nodes
  std::unique_ptr<WeightReader> reader_;  ///< rank 0, while it reads
  std::map<int, Wanted> wanted_;          ///< leaders
  std::vector<std::string> remarks_;
  std::uint64_t begun_ = 0;  ///< leaders: the last load that began here

  std::deque<int> queue_;  ///< rank 0: models to load
  std::map<int, std::uint64_t> last_load_;
  std::uint64_t loads_ = 0;

  bool closing_ = false, bye_ = false, closed_ = false;
  int closing_members_ = 0, closing_leaders_ = 0;
};

WeightExchange::WeightExchange(WeightEnds& ends, int ranks_per_host)
    : desk_(std::make_unique<Desk>(*this, ends, ranks_per_host)) {}
WeightExchange::~WeightExchange() = default;

int WeightExchange::nodes() const { return desk_->ranks().nodes; }
int WeightExchange::node() const { return desk_->ranks().index; }
bool WeightExchange::leader() const { return desk_->ranks().leader(); }

bool WeightExchange::want(int model) {
  std::unique_lock lock(mutex_);
  requests_.push_back(model);
  changed_.wait(lock, [&] { return closed_ || answers_.count(model) > 0; });
  if (answers_.count(model) == 0) {
    throw Error(ExitCode::resumable, "the job ends before the weights have come");
  }
  const Answer answer = std::move(answers_.at(model));
  answers_.erase(model);
  if (answer.kind == Answer::Kind::failed) {
    throw Error(static_cast<ExitCode>(answer.code), answer.text);
  }
  return answer.kind == Answer::Kind::here;
}

bool WeightExchange::service() {
  try {
    return desk_->turn();
  } catch (...) {
    give_up();  // else the thread that waits could never be joined
    throw;
  }
}

void WeightExchange::give_up() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

std::vector<std::string> WeightExchange::remarks() { return desk_->remarks(); }

void WeightExchange::close() {
  give_up();
  desk_->close();
}

}  // namespace vrp

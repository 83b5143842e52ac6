#include "tests/scale/cluster.hpp"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>
#include <numeric>
#include <queue>
#include <utility>

namespace vrp::scale {
namespace {

constexpr double kCoordinatorSleeps = 1e-3;  // seconds at most before an idle loop looks again
constexpr double kIdleTurn = 1;              // simulated seconds between turns without messages
constexpr std::int64_t kUnitsAhead = 2;

enum class Kind : std::uint8_t { to_coordinator, to_rank, turn, unit_ends, heartbeat, hang, death };

struct Event {
  double time = 0;
  std::uint64_t number = 0;  ///< events of one time happen in the order in which they were made
  Kind kind = Kind::turn;
  int rank = 0;
  Message message;
  bool operator>(const Event& other) const {
    return time != other.time ? time > other.time : number > other.number;
  }
};

/// Whether a unit's file is there, and what was learnt of it.
struct Folder {
  std::vector<bool> there;
  std::vector<std::uint32_t> tries;
};

class Job {
 public:
  Job(const Plan& plan, const UnitSeconds& seconds, const ClusterParams& params, Folder& folder,
      EventLog& events, Result& result, double start);
  /// Simulated time of its end; -1 when it took too long.
  double run();
  int code() const { return code_; }

 private:
  struct Rank {
    std::deque<std::size_t> queue;
    std::int64_t unit = -1;  ///< being computed
    double since = 0;
    bool hung = false;  ///< its main thread says and hears nothing
    bool left = false;
    double speed = 1;
    bool broken = false;
  };

  void at(double time, Kind kind, int rank, Message message = {}) {
    events_.push({time, ++number_, kind, rank, std::move(message)});
  }
  void say(int rank, MessageKind kind, std::int64_t a = 0, std::int64_t b = 0,
           std::string text = "", double seconds = 0) {
    at(now_ + params_.latency, Kind::to_coordinator, rank,
       {kind, rank, a, b, std::move(text), seconds});
  }
  void begin(int rank);
  void start_unit(int rank);
  void end_unit(int rank, const Message& how);
  void hear(int rank, const Message& message);
  void turn();
  template <class Call>
  void serve(Service& service, Call call);
  double exponential(double mean, std::uint64_t a, std::uint64_t b) const {
    return -mean * std::log(uniform(params_.seed, a, b, static_cast<std::uint64_t>(result_.jobs)));
  }
  Rank& of(int rank) { return ranks_[static_cast<std::size_t>(rank)]; }

  const Plan& plan_;
  const UnitSeconds& seconds_;
  const ClusterParams& params_;
  Folder& folder_;
  Result& result_;
  RunLoopHooks hooks_;
  std::vector<Rank> ranks_;
  std::vector<bool> noted_;
  std::unique_ptr<Coordinator> coordinator_;
  std::deque<Message> inbox_;
  std::vector<std::pair<int, Message>> outbox_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t number_ = 0;
  double now_, start_, free_at_ = 0;
  double next_turn_ = 0;  ///< time of the earliest turn that is planned
  bool aborted_ = false, dead_ = false, noted_now_ = false;
  int code_ = 75;
};

Job::Job(const Plan& plan, const UnitSeconds& seconds, const ClusterParams& params, Folder& folder,
         EventLog& events, Result& result, double start)
    : plan_(plan),
      seconds_(seconds),
      params_(params),
      folder_(folder),
      result_(result),
      ranks_(static_cast<std::size_t>(params.ranks)),
      noted_(plan.units.size(), false),
      now_(start),
      start_(start) {
  hooks_.say = [](const std::string&) {};
  hooks_.end_job = [this](const std::string&) { aborted_ = true; };
  UnitLedger ledger;
  ledger.note = [this](const std::string&, const UnitFacts&) { noted_now_ = true; };
  ledger.set_aside = [](const std::string&) {};
  coordinator_ = std::make_unique<Coordinator>(plan, std::move(ledger), params.ranks, folder.there,
                                               params.loop, hooks_, &events, now_);
}

/// Of this thread: on a shared machine the wall clock would count what others do.
double processor_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

/// The call takes simulated time as well; what it sends leaves when it is over.
template <class Call>
void Job::serve(Service& service, Call call) {
  const double before = processor_seconds();
  call();
  const double took = processor_seconds() - before;
  service.add(took);
  free_at_ += params_.service > 0 ? params_.service : took;
  for (auto& [rank, message] : outbox_) {
    at(free_at_ + params_.latency, Kind::to_rank, rank, std::move(message));
  }
  outbox_.clear();
}

void Job::turn() {
  const Coordinator::Send send = [&](int rank, const Message& message) {
    outbox_.emplace_back(rank, message);
  };
  result_.longest_queue = std::max(result_.longest_queue, inbox_.size());
  free_at_ = now_;
  for (; !inbox_.empty(); inbox_.pop_front()) {
    const Message& message = inbox_.front();
    noted_now_ = false;
    serve(result_.messages, [&] { coordinator_->take(message, now_, send); });
    if (!noted_now_) continue;
    const auto unit = static_cast<std::size_t>(message.a);
    if (noted_[unit] || !folder_.there[unit]) ++result_.twice;
    noted_[unit] = true;
  }
  serve(result_.ticks, [&] { coordinator_->tick(now_, send); });
  next_turn_ = std::max(free_at_, now_ + kIdleTurn);
  at(next_turn_, Kind::turn, 0);
}

void Job::begin(int number) {
  Rank& rank = of(number);
  const auto key = static_cast<std::uint64_t>(number);
  rank.broken = uniform(params_.seed, 2, key) < params_.broken_ranks;
  rank.speed = uniform(params_.seed, 3, key) < params_.slow_ranks ? params_.slow : 1;
  say(number, MessageKind::request, kUnitsAhead);
  if (params_.loop.heartbeat > 0) {
    const double every = params_.loop.heartbeat / 3;
    at(now_ + every * uniform(params_.seed, 4, key), Kind::heartbeat, number);
  }
  if (params_.hang_hours > 0 && number != 0) {
    at(now_ + exponential(params_.hang_hours * 3600, 5, key), Kind::hang, number);
  }
}

void Job::start_unit(int number) {
  Rank& rank = of(number);
  if (rank.unit >= 0 || rank.queue.empty() || rank.left) return;
  const std::size_t id = rank.queue.front();
  rank.queue.pop_front();
  rank.unit = static_cast<std::int64_t>(id);
  rank.since = now_;
  ++result_.tries;
  for (const auto& range : plan_.units[id].upstream.ranges()) {
    // Inputs of a whole cell are thousands: the ends of each range stand for it.
    if (!folder_.there[range.first] || !folder_.there[range.last - 1]) ++result_.out_of_order;
  }
  const std::uint64_t attempt = ++folder_.tries[id];
  const auto chance = [&](std::uint64_t what, double p) {
    return p > 0 && uniform(params_.seed, what, id, attempt) < p;
  };
  double seconds = seconds_(id) * rank.speed;
  if (chance(11, params_.thread_hangs)) return;
  if (chance(12, params_.straggles)) seconds *= params_.straggle;
  if (rank.broken || chance(13, params_.unit_fails)) {
    at(now_ + (rank.broken ? 0.5 : seconds / 2), Kind::unit_ends, number,
       {MessageKind::failed, number, rank.unit, 1, "(simulated)", 0});
  } else {
    at(now_ + seconds, Kind::unit_ends, number,
       {MessageKind::done, number, rank.unit, 0, "", seconds});
  }
}

void Job::end_unit(int number, const Message& how) {
  Rank& rank = of(number);
  if (rank.left || rank.unit != how.a) return;
  const auto id = static_cast<std::size_t>(how.a);
  rank.unit = -1;
  if (how.kind == MessageKind::failed) ++result_.failures;
  if (how.kind == MessageKind::done) {
    if (folder_.there[id]) {  // another rank was first
      ++result_.repeated;
      result_.repeated_seconds += how.seconds;
    }
    folder_.there[id] = true;
  }
  // The main thread of a hung rank tells nobody; its threads finish what they have.
  if (!rank.hung) say(number, how.kind, how.a, how.b, how.text, how.seconds);
  start_unit(number);
}

void Job::hear(int number, const Message& message) {
  Rank& rank = of(number);
  if (rank.hung || rank.left) return;
  switch (message.kind) {
    case MessageKind::assign:
      rank.queue.push_back(static_cast<std::size_t>(message.a));
      start_unit(number);
      break;
    case MessageKind::stop:
    case MessageKind::give_back: {
      const bool all = message.kind == MessageKind::stop || message.a < 0;
      std::erase_if(rank.queue, [&](std::size_t unit) {
        const bool taken = all || static_cast<std::int64_t>(unit) == message.a;
        if (taken) say(number, MessageKind::returned, static_cast<std::int64_t>(unit));
        return taken;
      });
      break;
    }
    case MessageKind::quit:
      rank.left = true;
      if (rank.unit >= 0) result_.repeated_seconds += now_ - rank.since;
      say(number, MessageKind::left);
      break;
    default:
      break;
  }
}

double Job::run() {
  now_ += params_.start;
  for (int rank = 0; rank < params_.ranks; ++rank) begin(rank);
  if (params_.rank_hours > 0) {
    at(now_ + exponential(params_.rank_hours * 3600 / params_.ranks, 6, 0), Kind::death, 0);
  }
  next_turn_ = now_;
  at(now_, Kind::turn, 0);
  while (!coordinator_->closed() && !dead_ && !aborted_) {
    const Event event = events_.top();
    events_.pop();
    now_ = event.time;
    if (now_ > params_.longest) return -1;
    switch (event.kind) {
      case Kind::to_coordinator:
        inbox_.push_back(event.message);
        // A turn that is due only for want of messages comes at once: the loop looks again soon.
        if (inbox_.size() == 1 && next_turn_ > std::max(free_at_, now_)) {
          const double nap = kCoordinatorSleeps * uniform(params_.seed, 7, event.number);
          const double soon = std::max(free_at_, now_ + nap);
          if (soon < next_turn_) {
            next_turn_ = soon;
            at(soon, Kind::turn, 0);
          }
        }
        break;
      case Kind::turn:
        if (now_ >= next_turn_) turn();
        break;
      case Kind::to_rank:
        hear(event.rank, event.message);
        break;
      case Kind::unit_ends:
        end_unit(event.rank, event.message);
        break;
      case Kind::heartbeat: {
        const Rank& rank = of(event.rank);
        if (rank.hung || rank.left) break;
        say(event.rank, MessageKind::alive, rank.unit, 0, "",
            rank.unit < 0 ? 0 : now_ - rank.since);
        at(now_ + params_.loop.heartbeat / 3, Kind::heartbeat, event.rank);
        break;
      }
      case Kind::hang:
        of(event.rank).hung = true;
        break;
      case Kind::death:
        dead_ = true;
        break;
    }
  }
  const bool cut = dead_ || aborted_;
  for (const Rank& rank : ranks_) {
    if (cut && rank.unit >= 0) result_.repeated_seconds += now_ - rank.since;
  }
  if (dead_) ++result_.deaths;
  if (aborted_) ++result_.hung_jobs;
  if (!cut) code_ = coordinator_->outcome().code;
  const Scheduler& scheduler = coordinator_->scheduler();
  result_.stragglers += scheduler.repeats();
  for (int rank = 0; rank < params_.ranks; ++rank) result_.retired += scheduler.retired(rank);
  return now_;
}

}  // namespace

double Service::total() const { return std::accumulate(all_.begin(), all_.end(), 0.0); }

double Service::quantile(double p) const {
  if (all_.empty()) return 0;
  std::vector<float> sorted(all_);
  const auto at =
      sorted.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), at, sorted.end());
  return *at;
}

Result simulate(const Plan& plan, const UnitSeconds& seconds, const ClusterParams& asked) {
  ClusterParams params = asked;
  for (int rank = 0; rank < params.ranks; ++rank) {
    params.loop.hosts.push_back("node" + std::to_string(rank / params.ranks_per_node));
  }
  Result result;
  result.units = static_cast<std::int64_t>(plan.units.size());
  for (const auto& unit : plan.units) result.useful += seconds(unit.id);
  Folder folder{std::vector<bool>(plan.units.size(), false),
                std::vector<std::uint32_t>(plan.units.size(), 0)};
  EventLog events("/dev/null");
  double now = 0;
  while (true) {
    ++result.jobs;
    Job job(plan, seconds, params, folder, events, result, now);
    const double end = job.run();
    result.code = job.code();
    result.makespan = end < 0 ? params.longest : end;
    if (end < 0 || result.code != 75) break;
    now = end + params.restart;
  }
  result.lost = std::count(folder.there.begin(), folder.there.end(), false);
  result.complete = result.lost == 0 && result.code == 0;
  result.efficiency = result.useful / (params.ranks * result.makespan);
  result.events_bytes = events.bytes();
  return result;
}

}  // namespace vrp::scale

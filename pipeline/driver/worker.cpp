#include "pipeline/driver/worker.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "pipeline/base/retry.hpp"
namespace vrp {
namespace {

std::int64_t count_failed(const Record& record) {
  const Array* status = record.find("item/status");
  if (status == nullptr) return 0;
  const auto* values = std::get_if<std::vector<std::int32_t>>(&status->data);
  return values == nullptr ? 0 : std::count(values->begin(), values->end(), 1);
}

}  // namespace

Worker::Worker(const Plan& plan, const RunFolder& folder, int rank, std::uint64_t seed,
               Attributes attributes, RankLog& log)
    : plan_(plan),
      folder_(folder),
      rank_(rank),
      seed_(seed),
      attributes_(std::move(attributes)),
      log_(log),
      io_([this] { io_loop(); }),
      compute_([this] { compute_loop(); }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    to_prepare_.clear();
    to_compute_.clear();
  }
  changed_.notify_all();
  compute_.join();
  io_.join();
}

void Worker::assign(std::size_t unit, std::optional<std::size_t> companion) {
  {
    const std::lock_guard lock(mutex_);
    open_ += companion ? 2 : 1;
    to_prepare_.push_back({unit, companion, nullptr, std::nullopt});
  }
  changed_.notify_all();
}

std::optional<WorkerEvent> Worker::event() {
  const std::lock_guard lock(mutex_);
  if (events_.empty()) return std::nullopt;
  WorkerEvent event = std::move(events_.front());
  events_.pop_front();
  --open_;
  return event;
}

void Worker::wait(double seconds) {
  std::unique_lock lock(mutex_);
  reported_.wait_for(lock, std::chrono::duration<double>(seconds),
                     [&] { return !events_.empty(); });
}

std::vector<std::size_t> Worker::take_back(std::optional<std::size_t> only) {
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> units;
  for (auto* queue : {&to_prepare_, &to_compute_}) {
    std::erase_if(*queue, [&](Task& task) {
      if (task.companion && (!only || task.companion == only)) {
        units.push_back(*std::exchange(task.companion, std::nullopt));
      }
      if (only && task.unit != *only) return false;
      units.push_back(task.unit);
      if (!task.companion) return true;
      task.unit = *std::exchange(task.companion, std::nullopt);  // stays, alone
      return false;
    });
  }
  open_ -= static_cast<int>(units.size());
  return units;
}

Worker::At::At(Worker& worker, AtWork& place, const Task& task) : worker_(worker), place_(place) {
  const std::lock_guard lock(worker_.mutex_);
  place_ = {static_cast<std::int64_t>(task.unit), steady_seconds(), task.companion ? 2 : 1};
}

Worker::At::~At() {
  const std::lock_guard lock(worker_.mutex_);
  place_ = {};
}

AtWork Worker::at_work() const {
  const std::lock_guard lock(mutex_);
  AtWork out;
  const double now = steady_seconds();
  for (const AtWork* at : {&compute_at_, &io_at_}) {
    if (at->unit >= 0 && (out.unit < 0 || now - at->seconds > out.seconds)) {
      out = {at->unit, now - at->seconds, at->together};
    }
  }
  return out;
}

bool Worker::busy() const {
  const std::lock_guard lock(mutex_);
  return open_ > 0;
}

void Worker::io_loop() {
  while (true) {
    Task task;
    bool committing = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || !to_commit_.empty() || !to_prepare_.empty(); });
      committing = !to_commit_.empty();
      auto& queue = committing ? to_commit_ : to_prepare_;
      if (queue.empty()) return;  // ending, and nothing left to write
      task = std::move(queue.front());
      queue.pop_front();
    }
    const At at(*this, io_at_, task);
    committing ? commit(std::move(task)) : prepare(std::move(task));
  }
}

void Worker::compute_loop() {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return ending_ || !to_compute_.empty(); });
      if (to_compute_.empty()) return;
      task = std::move(to_compute_.front());
      to_compute_.pop_front();
    }
    const At at(*this, compute_at_, task);
    compute(std::move(task));
  }
}

template <class Work>
void Worker::guarded(std::size_t unit, Work work) {
  using Kind = WorkerEvent::Kind;
  try {
    work();
  } catch (const DamagedUnit& error) {
    report({Kind::damaged, unit, error.unit(), static_cast<int>(error.code()), 0, error.what()});
  } catch (const FatalError& error) {
    report({Kind::fatal, unit, 0, static_cast<int>(error.code()), 0, error.what()});
  } catch (const Error& error) {
    report({Kind::failed, unit, 0, static_cast<int>(error.code()), 0, error.what()});
  } catch (const std::exception& error) {
    report({Kind::failed, unit, 0, static_cast<int>(ExitCode::internal), 0, error.what()});
  }
}

void Worker::prepare(Task task) {
  if (task.companion) {
    const auto& stage = plan_.stages[plan_.units[task.unit].stage];
    try {
      if (stage.prepare) task.prepared = stage.prepare(input_of(task.unit));
    } catch (const std::exception&) {
      // Each of the two meets its own error.
      prepare({*std::exchange(task.companion, std::nullopt), std::nullopt, nullptr, std::nullopt});
      prepare(std::move(task));
      return;
    }
  }
  guarded(task.unit, [&] {
    const auto& stage = plan_.stages[plan_.units[task.unit].stage];
    if (stage.prepare && !task.prepared) task.prepared = stage.prepare(input_of(task.unit));
    {
      const std::lock_guard lock(mutex_);
      to_compute_.push_back(std::move(task));
    }
    changed_.notify_all();
  });
}

void Worker::compute(Task task) {
  if (task.companion && compute_pair(task)) return;
  if (task.companion) {
    // Together they failed: each is computed alone, so that only what fails alone has failed.
    Task other{*std::exchange(task.companion, std::nullopt), std::nullopt, task.prepared,
               std::nullopt};
    compute_alone(std::move(task));
    compute_alone(std::move(other));
    return;
  }
  compute_alone(std::move(task));
}

void Worker::compute_alone(Task task) {
  guarded(task.unit, [&] {
    log_.line("starts " + plan_.units[task.unit].file);
    task.began = steady_seconds();
    UnitInput input = input_of(task.unit);
    input.prepared = std::move(task.prepared);
    Record record = plan_.stages[plan_.units[task.unit].stage].run(input);
    to_commit(std::move(task), std::move(record));
  });
}

/// False: it failed, and nothing is reported.
bool Worker::compute_pair(Task& task) {
  const Unit &unit = plan_.units[task.unit], &other = plan_.units[*task.companion];
  for (const Unit* each : {&unit, &other}) log_.line("starts " + each->file);
  const double began = steady_seconds();
  UnitInput input = input_of(unit.id), other_input = input_of(other.id);
  input.prepared = other_input.prepared = task.prepared;
  try {
    auto records = plan_.stages[unit.stage].run_pair(input, other_input);
    const double part = unit.cost / (unit.cost + other.cost);
    to_commit({unit.id, std::nullopt, nullptr, std::nullopt, began, part},
              std::move(records.first));
    to_commit({other.id, std::nullopt, nullptr, std::nullopt, began, 1 - part},
              std::move(records.second));
    return true;
  } catch (const std::exception& error) {
    log_.line(concat("one by one now: ", unit.file, " and ", other.file, ": ", error.what()));
    return false;
  }
}

void Worker::to_commit(Task task, Record record) {
  task.record = std::move(record);
  {
    const std::lock_guard lock(mutex_);
    to_commit_.push_back(std::move(task));
  }
  changed_.notify_all();
}

void Worker::commit(Task task) {
  const Unit& unit = plan_.units[task.unit];
  Attributes attributes = attributes_;
  attributes["stage"] = plan_.stages[unit.stage].name;
  attributes["model"] = plan_.cells[unit.cell].model;
  attributes["benchmark"] = plan_.cells[unit.cell].benchmark;
  attributes["items"] = concat(unit.first, "-", unit.last);
  const std::int64_t failed = count_failed(*task.record);
  attributes["failed_items"] = std::to_string(failed);
  try {
    folder_.commit(unit, rank_, *task.record, attributes);
    report({WorkerEvent::Kind::done, task.unit, 0, 0, failed, "",
            (steady_seconds() - task.began) * task.part});
  } catch (const Error& error) {
    const bool ours = error.code() == ExitCode::internal;
    report({ours ? WorkerEvent::Kind::failed : WorkerEvent::Kind::storage, task.unit, 0,
            static_cast<int>(error.code()), 0, error.what()});
  } catch (const std::exception& error) {
    report({WorkerEvent::Kind::storage, task.unit, 0, static_cast<int>(ExitCode::internal), 0,
            error.what()});
  }
}

UnitInput Worker::input_of(std::size_t id) {
  const Unit& unit = plan_.units[id];
  UnitInput input;
  input.unit = &unit;
  input.cell = &plan_.cells[unit.cell];
  input.cells = &plan_.cells;
  input.tables = &plan_.tables;
  input.seed = seed_;
  input.limit = plan_.limit;
  input.upstream = [this, &unit](const std::string& stage, std::size_t cell) {
    std::vector<Record> parts;
    each_upstream(unit, stage, cell, [&](Record record) { parts.push_back(std::move(record)); });
    return concatenate(parts);
  };
  input.each_upstream = [this, &unit](const std::string& stage, std::size_t cell,
                                      const std::function<void(Record&)>& each) {
    each_upstream(unit, stage, cell, [&](Record record) { each(record); });
  };
  // Progress is told in items that the model was asked about.
  const bool counted = plan_.stages[unit.stage].needs_model;
  input.advance = [this, counted](std::int64_t items) { items_ += counted ? items : 0; };
  input.stopping = [this] { return stopping_.load(); };
  return input;
}

void Worker::each_upstream(const Unit& unit, const std::string& stage, std::size_t cell,
                           const std::function<void(Record)>& each) const {
  for (const std::size_t id : unit.upstream) {
    const Unit& up = plan_.units[id];
    if (up.cell != cell || plan_.stages[up.stage].name != stage) continue;
    Record record;
    try {
      record = read_record(folder_.path(up.file)).record;
    } catch (const FileError& error) {
      // A file that cannot be reached is not damaged: setting it aside would lose it.
      if (error.number() != ENOENT) throw;
      throw DamagedUnit(id, error.what());
    } catch (const Error& error) {
      throw DamagedUnit(id, error.what());
    }
    each(std::move(record));
  }
}

void Worker::report(WorkerEvent event) {
  const std::string& file = plan_.units[event.unit].file;
  log_.line(event.kind == WorkerEvent::Kind::done ? "wrote " + file
                                                  : "failed " + file + ": " + event.reason);
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  reported_.notify_one();
}

Record upstream_arrays(const UnitInput& input, const std::string& stage, std::size_t cell,
                       const std::function<bool(const std::string& name)>& keep) {
  std::vector<Record> parts;
  input.each_upstream(stage, cell, [&](const Record& record) {
    Record kept;
    kept.origin = record.origin;
    for (const Array& array : record.arrays()) {
      if (keep(array.name)) kept.add(array);
    }
    parts.push_back(std::move(kept));
  });
  return concatenate(parts);
}

}  // namespace vrp

#include "pipeline/control/status_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/plan_text.hpp"

namespace vrp {
namespace {

constexpr std::size_t kLongShown = 5, kTroubleShown = 5, kHostsShown = 8;

template <class... Values>
std::string formatted(const char* format, Values... values) {
  char text[96];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

/// Rounded down, so that 100 % means that nothing is missing.
int percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 100 : static_cast<int>(100 * part / whole);
}

std::string plural(std::int64_t n, const char* one) {
  return concat(n, " ", one, n == 1 ? "" : "s");
}

/// Names in the order in which they come first.
template <class Name>
std::vector<std::string> names(const RunState& state, Name name) {
  std::vector<std::string> out;
  for (const StageState& stage : state.stages) {
    if (std::find(out.begin(), out.end(), name(stage)) == out.end()) out.push_back(name(stage));
  }
  return out;
}

std::string stage_table(const RunState& state) {
  std::vector<std::vector<std::string>> rows{
      {"stage", "units", "done", "share", "items", "failed", "seconds an item"}};
  for (const std::string& name : names(state, [](const auto& s) { return s.stage; })) {
    StageState sum;
    for (const StageState& stage : state.stages) {
      if (stage.stage != name) continue;
      sum.units += stage.units;
      sum.done += stage.done;
      sum.items_done += stage.items_done;
      sum.failed_items += stage.failed_items;
      sum.seconds += stage.seconds;
    }
    const bool timed = sum.seconds > 0 && sum.items_done > 0;
    rows.push_back(
        {name, std::to_string(sum.units), std::to_string(sum.done),
         concat(percent(static_cast<std::int64_t>(sum.done), static_cast<std::int64_t>(sum.units)),
                " %"),
         std::to_string(sum.items_done), std::to_string(sum.failed_items),
         timed ? formatted("%.3g", sum.seconds / static_cast<double>(sum.items_done)) : "-"});
  }
  return columns_text(rows);
}

std::string cell_table(const RunState& state) {
  const auto stages = names(state, [](const auto& s) { return s.stage; });
  const auto cells = names(state, [](const auto& s) { return s.model + "/" + s.benchmark; });
  std::map<std::string, std::map<std::string, const StageState*>> found;
  for (const StageState& stage : state.stages)
    found[stage.model + "/" + stage.benchmark][stage.stage] = &stage;
  std::vector<std::vector<std::string>> rows{{"cell"}};
  rows[0].insert(rows[0].end(), stages.begin(), stages.end());
  for (const std::string& cell : cells) {
    std::vector<std::string> row{cell};
    for (const std::string& stage : stages) {
      const auto at = found[cell].find(stage);
      if (at == found[cell].end()) {
        row.emplace_back("-");
        continue;
      }
      const StageState& s = *at->second;
      row.push_back(
          concat(percent(static_cast<std::int64_t>(s.done), static_cast<std::int64_t>(s.units)),
                 " %", s.failed_items > 0 ? concat(", ", s.failed_items, " failed") : ""));
    }
    rows.push_back(std::move(row));
  }
  return columns_text(rows);
}

std::string condition_text(const RunState& state) {
  const std::string silence =
      state.silent_seconds < 0
          ? ""
          : "; last sign of life " + duration_text(state.silent_seconds) + " ago";
  switch (state.condition) {
    case RunCondition::live:
      return "live run: " + state.owner;
    case RunCondition::complete:
      return state.end_code == 3 ? "complete, with more failed items than allowed (exit code 3)"
                                 : "complete; no live run";
    case RunCondition::stopped: {
      const std::string& reason = state.events.last_stop.reason;
      return concat("no live run: it stopped with code ", state.end_code,
                    reason.empty() ? "" : " (" + reason + ")",
                    state.end_code == 75 || state.end_code == 0
                        ? "; the same command resumes it"
                        : "; see its last lines, then the same command resumes it",
                    silence);
    }
    case RunCondition::died:
      return "no live run: it died, without heartbeat and without an end" + silence +
             "; the same command resumes it";
    case RunCondition::fresh:
      return "no live run: it has not started";
  }
  return "";
}

std::string ranks_text(const RunState& state) {
  if (state.ranks == 0) return "";
  std::string out = plural(state.ranks, "rank");
  if (!state.hosts.empty()) {
    out += " on " + plural(std::ssize(state.hosts), "host") + ":";
    for (std::size_t i = 0; i < state.hosts.size() && i < kHostsShown; ++i)
      out += concat(" ", state.hosts[i].first, " (", state.hosts[i].second, ")");
    if (state.hosts.size() > kHostsShown) out += " ...";
  }
  return out;
}

std::size_t count(const RunState& state, const std::string& kind, bool this_launch) {
  return static_cast<std::size_t>(std::count_if(
      state.events.trouble.begin(), state.events.trouble.end(), [&](const RunEvent& event) {
        return event.kind == kind && (!this_launch || event.start == state.events.starts.size());
      }));
}

std::string rate_text(const RunState& state) {
  std::string out;
  if (state.items_per_second >= 0) {
    out = formatted("rate: %.3g items/s, %.3g units/min over all stages", state.items_per_second,
                    state.units_per_minute);
  }
  if (state.seconds_left >= 0) {
    out += (out.empty() ? "" : "; ") + ("time left: about " + duration_text(state.seconds_left));
    if (!state.untimed.empty()) out += " and " + join(state.untimed, ", ") + " (no figure yet)";
  }
  return out;
}

std::string trouble_text(const RunState& state) {
  std::string out;
  std::size_t shown = 0;
  for (const RunEvent& event : state.events.trouble) {
    if (event.kind == "failure") continue;
    if (++shown > kTroubleShown) break;
    out += event.kind + ": rank " + std::to_string(event.rank) +
           (event.host.empty() ? "" : " on " + event.host) +
           (event.file.empty() ? "" : ", at work on " + event.file) +
           (event.reason.empty() ? "" : ": " + event.reason) + "\n";
  }
  const std::size_t failures = count(state, "failure", false);
  if (failures > 0)
    out += concat(plural(static_cast<std::int64_t>(failures), "failed attempt"),
                  " of units; vrp failed ", state.root.string(), " groups them\n");
  return out;
}

}  // namespace

std::string duration_text(double seconds) {
  if (seconds < 0 || !std::isfinite(seconds)) return "unknown";
  const auto whole = static_cast<long long>(seconds + 0.5);
  const long long hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
  if (whole < 60) return concat(whole, " s");
  if (hours == 0) return formatted("%lld:%02lld min", minutes, rest);
  if (hours < 48) return formatted("%lld:%02lld h", hours, minutes);
  return formatted("%lld days %lld:%02lld h", hours / 24, hours % 24, minutes);
}

std::string status_text(const RunState& state) {
  std::string out = concat("sweep ", state.sweep.empty() ? "?" : state.sweep, ": ", state.done(),
                           " of ", state.manifest_problem.empty() ? concat(state.units()) : "?",
                           " units done", state.limit.empty() ? "" : ", PARTIAL: " + state.limit,
                           "\n", condition_text(state), "\n");
  if (!state.manifest_problem.empty())
    out += "manifest: " + state.manifest_problem + "; only what the journal names is counted\n";
  const auto line = [&](const std::string& text) {
    if (!text.empty()) out += text + "\n";
  };
  line(ranks_text(state));
  const auto restarts = std::ssize(state.events.starts) - 1;
  if (restarts > 0) line("restarts: " + std::to_string(restarts));
  line(rate_text(state));
  out += "\n" + stage_table(state) + "\n" + cell_table(state);
  std::size_t not_noted = 0, set_aside = 0;
  for (const StageState& stage : state.stages) {
    not_noted += stage.not_noted;
    set_aside += stage.set_aside;
  }
  if (not_noted > 0)
    line(concat("\n", not_noted,
                " finished units are not in the journal yet (a start reads them): "
                "their failed items are not counted"));
  if (set_aside > 0) line(concat(set_aside, " damaged files were set aside (*.bad)"));
  if (state.unreadable_journal + state.events.unreadable > 0) {
    line(concat("lines that cannot be read: ", state.unreadable_journal, " of units.journal, ",
                state.events.unreadable, " of events.jsonl"));
  }
  for (std::size_t i = 0; i < state.long_units.size() && i < kLongShown; ++i) {
    const RunningUnit& unit = state.long_units[i];
    line(concat("running long: rank ", unit.rank, ", ", duration_text(unit.seconds), ", ",
                unit.file));
  }
  return out + trouble_text(state);
}

std::string status_line(const RunState& state) {
  const std::string rate = rate_text(state);
  return concat(state.sweep, ": ", condition_name(state.condition), ", ", state.done(), " of ",
                state.units(), " units, ", state.failed_items(), " failed items",
                rate.empty() ? "" : "; " + rate);
}

Json status_json(const RunState& state) {
  const auto unknown = [](double value) { return value < 0 ? Json() : Json(value); };
  Json out = {{"sweep", state.sweep},
              {"condition", condition_name(state.condition)},
              {"owner", state.owner},
              {"end_code", state.end_code < 0 ? Json() : Json(state.end_code)},
              {"silent_seconds", unknown(state.silent_seconds)},
              {"partial", state.limit},
              {"units", state.manifest_problem.empty() ? Json(state.units()) : Json()},
              {"done", state.done()},
              {"failed_items", state.failed_items()},
              {"ranks", state.ranks},
              {"restarts", std::max<std::int64_t>(0, std::ssize(state.events.starts) - 1)},
              {"items_per_second", unknown(state.items_per_second)},
              {"units_per_minute", unknown(state.units_per_minute)},
              {"seconds_left", unknown(state.seconds_left)},
              {"stages_without_time", state.untimed},
              {"failures", count(state, "failure", false)},
              {"retired", count(state, "retired", true)},
              {"hung", count(state, "hung", false)},
              {"manifest_problem", state.manifest_problem},
              {"unreadable_lines",
               {{"journal", state.unreadable_journal}, {"events", state.events.unreadable}}}};
  out["hosts"] = Json::array();
  for (const auto& [host, ranks] : state.hosts) out["hosts"].push_back({host, ranks});
  out["running_long"] = Json::array();
  for (const RunningUnit& unit : state.long_units)
    out["running_long"].push_back(
        {{"rank", unit.rank}, {"file", unit.file}, {"seconds", unit.seconds}});
  out["stages"] = Json::array();
  for (const StageState& s : state.stages) {
    out["stages"].push_back({{"model", s.model},
                             {"benchmark", s.benchmark},
                             {"stage", s.stage},
                             {"folder", s.folder},
                             {"units", s.units},
                             {"done", s.done},
                             {"items", s.items},
                             {"items_done", s.items_done},
                             {"failed_items", s.failed_items},
                             {"not_noted", s.not_noted},
                             {"set_aside", s.set_aside},
                             {"seconds", s.seconds}});
  }
  return out;
}

}  // namespace vrp

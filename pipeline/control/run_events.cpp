#include "pipeline/control/run_events.hpp"

#include <climits>
#include <ctime>
#include <deque>
#include <string_view>

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"

namespace vrp {
namespace {

std::string text_of(const Json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// From `otherwise` to `most`; what is not, is as good as not there.
double number_of(const Json& object, const char* field, double otherwise, double most) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_number()) return otherwise;
  const double value = found->get<double>();
  return value >= otherwise && value <= most ? value : otherwise;
}

bool holds(std::string_view line, std::string_view words) {
  return line.find(words) != std::string_view::npos;
}

/// Null when the line is no event.
Json parsed(std::string_view line) {
  Json event = Json::parse(line, nullptr, false);
  return event.is_object() && !text_of(event, "event").empty() ? event : Json();
}

}  // namespace

std::int64_t utc_seconds(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr || (*end != 'Z' && *end != '.')) return -1;
  return static_cast<std::int64_t>(::timegm(&parts));
}

RunEvent run_event(const Json& line) {
  RunEvent event;
  event.kind = text_of(line, "event");
  event.when = text_of(line, "time");
  event.time = utc_seconds(event.when);
  event.file = text_of(line, "file");
  event.host = text_of(line, "host");
  event.reason = text_of(line, "reason");
  event.rank = static_cast<int>(number_of(line, "rank", -1, INT_MAX));
  event.seconds = number_of(line, "seconds", 0, 1e12);
  event.silent_seconds = number_of(line, "silent_seconds", 0, 1e12);
  event.failed_items = static_cast<std::int64_t>(number_of(line, "failed_items", 0, 1e15));
  event.all = line;
  return event;
}

RunEvents read_run_events(const std::filesystem::path& file) {
  RunEvents out;
  if (!std::filesystem::exists(file)) return out;
  const std::string text = read_text(file);
  std::deque<std::string_view> units;
  std::string_view progress, last_line;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty()) continue;
    // Writers of JSON may or may not put a space behind the colon; both are the same event.
    if (holds(line, "\"event\":\"unit\"") || holds(line, "\"event\": \"unit\"")) {
      if (line.back() != '}') {
        ++out.unreadable;
        continue;
      }
      ++out.units_of_launch;
      units.push_back(line);
      if (units.size() > kUnitsKept) units.pop_front();
      last_line = line;
      continue;
    }
    if (holds(line, "\"event\":\"progress\"") || holds(line, "\"event\": \"progress\"")) {
      progress = last_line = line;
      continue;
    }
    const Json json = parsed(line);
    if (json.is_null()) {
      ++out.unreadable;
      continue;
    }
    RunEvent event = run_event(json);
    if (event.kind == "start") {
      out.starts.push_back(event);
      out.last_end = out.last_stop = RunEvent();
      out.units_of_launch = 0;
      units.clear();
      progress = {};
    }
    event.start = out.starts.size();
    if (event.kind == "failure" || event.kind == "retired" || event.kind == "hung") {
      out.trouble.push_back(event);
    }
    if (event.kind == "end") out.last_end = event;
    if (event.kind == "stop") out.last_stop = event;
    out.last = std::move(event);
    last_line = {};
  }
  for (const std::string_view line : units) {
    const Json json = parsed(line);
    if (json.is_null()) {
      ++out.unreadable;
      continue;
    }
    out.units.push_back(run_event(json));
    out.units.back().start = out.starts.size();
  }
  out.progress = progress.empty() ? Json() : parsed(progress);
  if (!last_line.empty()) {
    if (const Json json = parsed(last_line); !json.is_null()) out.last = run_event(json);
  }
  return out;
}

}  // namespace vrp

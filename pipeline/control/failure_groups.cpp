#include "pipeline/control/failure_groups.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace vrp {
namespace {

bool word_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '/' || c == '.' ||
         c == '-' || c == '@' || c == '+' || c == '~';
}

bool all_of(std::string_view word, int (*test)(int)) {
  return std::all_of(word.begin(), word.end(),
                     [&](char c) { return test(static_cast<unsigned char>(c)) != 0; });
}

/// Digits inside a word become one N: "rank-0042" is "rank-N".
std::string digits_masked(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(word[i])) != 0;
    if (!digit) {
      out.push_back(word[i]);
    } else if (out.empty() || out.back() != 'N') {
      out.push_back('N');
    }
  }
  return out;
}

std::string word_class(std::string_view word) {
  // A full stop or dash behind the word is no part of it.
  const std::size_t last = word.find_last_not_of(".-");
  if (last == word.npos) return std::string(word);
  const std::string_view core = word.substr(0, last + 1), rest = word.substr(last + 1);
  std::string out;
  if (core.find('/') != core.npos) {
    out = "PATH";
  } else if (core.size() >= 8 && all_of(core, std::isxdigit) &&
             core.find_first_of("0123456789") != core.npos) {
    out = "HEX";
  } else if (core.find_first_not_of("0123456789.+-eE") == core.npos &&
             core.find_first_of("0123456789") != core.npos) {
    out = "N";
  } else {
    out = digits_masked(core);
  }
  return out.append(rest);
}

std::string value_of(const Failure& failure, const std::string& field) {
  std::string value = field == "reason"  ? reason_class(failure.reason)
                      : field == "node"  ? failure.node
                      : field == "stage" ? failure.stage
                      : field == "model" ? failure.model
                                         : failure.benchmark;
  return value.empty() ? "-" : value;
}

std::size_t kind_order(const std::string& kind) {
  constexpr std::array<std::string_view, 4> order{"item", "attempt", "retired", "hung"};
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), kind) - order.begin());
}

}  // namespace

const std::vector<std::string>& failure_fields() {
  static const std::vector<std::string> fields{"reason", "node", "stage", "model", "benchmark"};
  return fields;
}

std::string reason_class(const std::string& reason) {
  std::string out;
  for (std::size_t i = 0; i < reason.size();) {
    if (reason[i] == '\'' && (i == 0 || !word_char(reason[i - 1]))) {
      const std::size_t end = reason.find('\'', i + 1);
      if (end != reason.npos) {
        out += "'*'";
        i = end + 1;
        continue;
      }
    }
    if (!word_char(reason[i])) {
      out.push_back(reason[i++]);
      continue;
    }
    std::size_t end = i;
    while (end < reason.size() && word_char(reason[end])) ++end;
    out += word_class(std::string_view(reason).substr(i, end - i));
    i = end;
  }
  return out;
}

std::vector<FailureGroup> group_failures(const std::vector<Failure>& failures,
                                         const std::vector<std::string>& by) {
  std::map<std::pair<std::string, std::vector<std::string>>, FailureGroup> groups;
  std::map<std::pair<std::string, std::vector<std::string>>, std::set<std::string>> files;
  for (const Failure& failure : failures) {
    std::vector<std::string> values;
    for (const std::string& field : by) values.push_back(value_of(failure, field));
    const auto key = std::make_pair(failure.kind, values);
    FailureGroup& group = groups[key];
    if (group.count++ == 0) {
      group.kind = failure.kind;
      group.values = values;
      group.example = failure;
    }
    if (!failure.file.empty()) files[key].insert(failure.file);
  }
  std::vector<FailureGroup> out;
  for (auto& [key, group] : groups) {
    group.units = files[key].size();
    out.push_back(std::move(group));
  }
  std::stable_sort(out.begin(), out.end(), [](const FailureGroup& a, const FailureGroup& b) {
    return kind_order(a.kind) != kind_order(b.kind) ? kind_order(a.kind) < kind_order(b.kind)
                                                    : a.count > b.count;
  });
  return out;
}

Json failure_json(const Failure& failure) {
  return {
      {"kind", failure.kind},           {"model", failure.model},
      {"benchmark", failure.benchmark}, {"stage", failure.stage},
      {"node", failure.node},           {"rank", failure.rank < 0 ? Json() : Json(failure.rank)},
      {"file", failure.file},           {"key", failure.key},
      {"reason", failure.reason}};
}

}  // namespace vrp

#include "pipeline/config/settings.hpp"

#include "pipeline/base/files.hpp"

namespace vrp {

void Settings::read_ini(const std::filesystem::path& path) {
  std::string text;
  try {
    text = read_text(path);
  } catch (const Error& error) {
    fail_usage(error.what());
  }
  std::size_t bad = 0;
  if (!valid_utf8(text, &bad)) fail_usage(path.string(), ": invalid UTF-8 at byte ", bad);
  std::string section;
  int number = 0;
  for (const auto& raw : split(text, '\n')) {
    ++number;
    const std::string line = trim(raw);
    const std::string origin = concat(path.string(), ":", number);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      if (line.back() != ']' || line.size() < 3) {
        fail_usage(origin, ": '", excerpt(line), "', expected [section]");
      }
      section = trim(line.substr(1, line.size() - 2));
      continue;
    }
    const auto equals = line.find('=');
    if (equals == std::string::npos || equals == 0) {
      fail_usage(origin, ": '", excerpt(line), "', expected key = value");
    }
    if (section.empty()) fail_usage(origin, ": '", excerpt(line), "' stands before any [section]");
    put(section, trim(line.substr(0, equals)), {trim(line.substr(equals + 1)), origin});
  }
}

void Settings::set(const std::string& assignment) {
  const auto equals = assignment.find('=');
  const auto dot = assignment.rfind('.', equals);
  if (equals == std::string::npos || dot == std::string::npos || dot == 0 || dot + 1 >= equals) {
    fail_usage("--set ", excerpt(assignment), ": expected section.key=value");
  }
  put(assignment.substr(0, dot), assignment.substr(dot + 1, equals - dot - 1),
      {assignment.substr(equals + 1), "--set"});
}

void Settings::put(const std::string& section, const std::string& key, Setting setting) {
  values_[section][key] = std::move(setting);
}

const Setting* Settings::find(const std::string& section, const std::string& key) const {
  const auto in = values_.find(section);
  if (in == values_.end()) return nullptr;
  const auto found = in->second.find(key);
  return found == in->second.end() ? nullptr : &found->second;
}

void Settings::require_all_known() const {
  for (const auto& [section, keys] : values_) {
    const auto known = known_.find(section);
    for (const auto& [key, setting] : keys) {
      if (known != known_.end() && known->second.count(key) > 0) continue;
      std::vector<std::string> names;
      if (known == known_.end()) {
        for (const auto& entry : known_) names.push_back(entry.first);
        const std::string near = nearest(section, names);
        fail_usage(setting.origin, ": unknown section [", section, "]",
                   near.empty() ? concat("; sections are ", join(names, ", "))
                                : concat("; did you mean [", near, "]?"));
      }
      names.assign(known->second.begin(), known->second.end());
      const std::string near = nearest(key, names);
      fail_usage(setting.origin, ": unknown key '", key, "' in [", section, "]",
                 near.empty() ? concat("; keys are ", join(names, ", "))
                              : concat("; did you mean '", near, "'?"));
    }
  }
}

}  // namespace vrp

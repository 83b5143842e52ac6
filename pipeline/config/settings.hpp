#pragma once
// Settings: section.key = value pairs from INI files and --set, each with where it came from.
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pipeline/config/fields.hpp"

namespace vrp {

struct Setting {
  std::string value;
  std::string origin;  ///< "conf/sweeps/paper.ini:14" or "--set"
};

class Settings {
 public:
  /// Adds the pairs of an INI file: [section] headers, key = value, # or ; comments on their own
  /// line. Later files win. Error (usage): file:line and what is wrong.
  void read_ini(const std::filesystem::path& path);
  /// Adds "section.key=value" of the command line; it wins over files.
  void set(const std::string& assignment);
  void put(const std::string& section, const std::string& key, Setting setting);

  /// Fills the fields of `params` from [section]. Error (usage) for a value of the wrong type; the
  /// keys read are remembered as known.
  template <class Params>
  void bind(const std::string& section, Params& params) {
    params.fields([&](const char* name, auto& value, const char* help) {
      known_[section].insert(name);
      const Setting* found = find(section, name);
      if (found == nullptr) return;
      using T = std::decay_t<decltype(value)>;
      if (!parse_field(found->value, value)) {
        fail_usage(found->origin, ": [", section, "] ", name, " = '", excerpt(found->value),
                   "', expected ", field_type<T>(), " (", help, ")");
      }
    });
  }

  const Setting* find(const std::string& section, const std::string& key) const;
  const std::map<std::string, std::map<std::string, Setting>>& sections() const { return values_; }

  /// Error (usage) for the first key or section that no `bind` asked for, with the nearest known.
  void require_all_known() const;

 private:
  std::map<std::string, std::map<std::string, Setting>> values_;
  std::map<std::string, std::set<std::string>> known_;
};

}  // namespace vrp

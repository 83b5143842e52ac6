#pragma once
// The arguments of a subcommand: named options with one value, several values or none, and words
// that belong to no option. Every mistake is an Error (usage) that starts with the command's name.
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pipeline/control/commands.hpp"

namespace vrp {

class OptionReader {
 public:
  /// `command`: "vrp export", the start of every message.
  explicit OptionReader(std::string command) : command_(std::move(command)) {}

  void flag(const std::string& name, bool& to);
  /// One value; given twice is an error.
  void text(const std::string& name, std::string& to);
  /// An integer of low .. high; given twice is an error.
  void number(const std::string& name, std::int64_t& to, std::int64_t low, std::int64_t high);
  /// One or more values: the words up to the next option; may be given again. A value that comes
  /// twice is an error.
  void list(const std::string& name, std::vector<std::string>& to);
  /// Words before the first option, or behind an option that is complete: at most `most`.
  void words(std::vector<std::string>& to, std::size_t most, const std::string& what);

  /// "--name value" and "--name=value". Reads everything or throws.
  void read(const Arguments& arguments);

 private:
  struct Option {
    bool takes_value = false, takes_many = false, seen = false;
    std::function<void(const std::string&)> take;
  };
  Option& add(const std::string& name, std::function<void(const std::string&)> take);
  Option& find(const std::string& name);

  std::string command_, words_what_;
  std::map<std::string, Option> options_;
  std::vector<std::string>* words_ = nullptr;
  std::size_t most_words_ = 0;
};

}  // namespace vrp

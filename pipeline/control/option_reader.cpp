#include "pipeline/control/option_reader.hpp"

#include <algorithm>
#include <charconv>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace vrp {
namespace {

bool is_option(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

}  // namespace

OptionReader::Option& OptionReader::add(const std::string& name,
                                        std::function<void(const std::string&)> take) {
  Option& option = options_[name];
  option.take = std::move(take);
  return option;
}

void OptionReader::flag(const std::string& name, bool& to) {
  add(name, [&to](const std::string&) { to = true; });
}

void OptionReader::text(const std::string& name, std::string& to) {
  add(name, [&to](const std::string& value) { to = value; }).takes_value = true;
}

void OptionReader::number(const std::string& name, std::int64_t& to, std::int64_t low,
                          std::int64_t high) {
  add(name, [this, name, &to, low, high](const std::string& value) {
    const char* end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, to);
    if (error != std::errc() || stop != end || to < low || to > high)
      fail_usage(command_, ": ", name, " is '", excerpt(value), "', expected ", low, " .. ", high);
  }).takes_value = true;
}

void OptionReader::list(const std::string& name, std::vector<std::string>& to) {
  Option& option = add(name, [this, name, &to](const std::string& value) {
    if (std::find(to.begin(), to.end(), value) != to.end())
      fail_usage(command_, ": ", name, " names '", excerpt(value), "' twice");
    to.push_back(value);
  });
  option.takes_value = option.takes_many = true;
}

void OptionReader::words(std::vector<std::string>& to, std::size_t most, const std::string& what) {
  words_ = &to;
  most_words_ = most;
  words_what_ = what;
}

OptionReader::Option& OptionReader::find(const std::string& name) {
  const auto found = options_.find(name);
  if (found != options_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& entry : options_) names.push_back(entry.first);
  const std::string near = nearest(name, names);
  fail_usage(command_, ": unknown option '", excerpt(name), "'",
             near.empty() ? concat("; ", command_, " --help lists them")
                          : concat("; did you mean '", near, "'?"));
}

void OptionReader::read(const Arguments& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!is_option(word)) {
      if (words_ == nullptr || words_->size() == most_words_)
        fail_usage(command_, ": '", excerpt(word), "' belongs to no option, expected ",
                   words_ == nullptr ? "options only" : words_what_);
      words_->push_back(word);
      continue;
    }
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    Option& option = find(name);
    if (option.seen && option.takes_value && !option.takes_many)
      fail_usage(command_, ": ", name, " is given twice");
    option.seen = true;
    if (!option.takes_value) {
      if (equals != std::string::npos) fail_usage(command_, ": ", name, " takes no value");
      option.take("");
      continue;
    }
    std::vector<std::string> values;
    if (equals != std::string::npos) {
      values.push_back(word.substr(equals + 1));
    } else {
      while (i + 1 < arguments.size() && !is_option(arguments[i + 1]) &&
             (values.empty() || option.takes_many))
        values.push_back(arguments[++i]);
    }
    if (values.empty() || values.front().empty())
      fail_usage(command_, ": ", name, " needs a value");
    for (const std::string& value : values) option.take(value);
  }
}

}  // namespace vrp

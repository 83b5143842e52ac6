#include "pipeline/control/import_options.hpp"

#include <boost/program_options.hpp>
#include <iostream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "pipeline/control/import_formats.hpp"

namespace vrp {
namespace {

namespace po = boost::program_options;

constexpr const char* kHelp = R"(usage: vrp import FORMAT [options] --images DIR --out TABLE.h5

Reads a benchmark's files, checks every row, hashes every image and writes a frozen item table.
The same command again changes nothing; another table of that name is kept unless --force.

)";

void print_help() {
  std::cout << kHelp;
  for (const auto& format : import_formats()) {
    std::string name = concat("  vrp import ", format.name);
    name.resize(std::max<std::size_t>(name.size(), 24), ' ');
    std::string usage = format.usage;  // further lines stand below the first
    for (std::size_t end = usage.find('\n'); end != std::string::npos;
         end = usage.find('\n', end + 1)) {
      usage.insert(end + 1, 25, ' ');
    }
    std::cout << name << " " << usage << "\n";
  }
  std::cout << "\nvrp import FORMAT --help shows the options of a format.\n";
}

void add_common(OptionList& options, ImportCommand& c) {
  add_path(options, "annotations", "FILE", c.common.annotations,
           "the benchmark's file (also without the option's name)");
  add_path(options, "images", "DIR", c.common.images, "folder of the images");
  add_path(options, "out", "TABLE.h5", c.out, "item table to write");
  auto add = options.add_options();
  add("name", po::value(&c.common.name)->value_name("NAME"),
      "name of the set and first part of its item keys");
  add("split", po::value(&c.common.split)->value_name("S"), "split, second part of the item keys");
  const auto read_on_error = [&c](const std::string& text) {
    if (text != "stop" && text != "skip") {
      fail_usage("vrp import: --on-error is '", text, "', expected stop or skip");
    }
    c.common.skip_bad_rows = text == "skip";
  };
  add("on-error", po::value<std::string>()->value_name("stop|skip")->notifier(read_on_error),
      "skip leaves malformed rows out, lists and counts them (default: stop)");
  add("allow-duplicates", po::bool_switch(&c.common.allow_duplicates),
      "accept equal pairs of image and question");
  add("force", po::bool_switch(&c.force), "replace another table of that name");
  add("help", "show this text");
}

void check_command(const ImportCommand& c, const ImportFormat& format) {
  const bool set = c.format == "counting" || c.format == "spatial";
  const auto need = [&](const std::filesystem::path& value, const char* option) {
    if (value.empty()) {
      fail_usage("vrp import ", c.format, ": ", option, " is missing; see vrp import ", c.format,
                 " --help");
    }
  };
  if (set && c.common.annotations.empty() == c.instances.empty()) {
    fail_usage("vrp import ", c.format,
               ": expected either --instances (draw the set) or "
               "--annotations (a finished set)");
  }
  if (!set) need(c.common.annotations, "--annotations FILE");
  if (format.needs_images) need(c.common.images, "--images DIR");
  need(c.out, "--out TABLE.h5");
  if (c.out.extension() != ".h5") {
    fail_usage("vrp import: --out is '", c.out.string(), "', expected a name ending in .h5");
  }
  if (!(c.check_share > 0 && c.check_share <= 1)) {
    fail_usage("vrp import: --check-share is ", c.check_share, ", expected above 0, at most 1");
  }
  if (c.n < 0) fail_usage("vrp import: --n is ", c.n, ", expected >= 0");
}

/// False when the help text was asked for.
bool parse(const Arguments& arguments, const OptionList& options, const ImportFormat& format) {
  try {
    po::variables_map values;
    const int style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser({arguments.begin() + 1, arguments.end()})
                  .options(options)
                  .positional(po::positional_options_description().add("annotations", 1))
                  .style(style)
                  .run(),
              values);
    if (values.count("help") > 0) {
      std::cout << "usage: vrp import " << format.name << " " << format.usage << "\n\n"
                << format.description << "\n\n"
                << options;
      return false;
    }
    po::notify(values);
  } catch (const po::unknown_option& error) {
    std::vector<std::string> names;
    for (const auto& option : options.options()) names.push_back(option->long_name());
    const std::string name = error.get_option_name();
    const std::string near = nearest(name.substr(name.find_first_not_of('-')), names);
    fail_usage("vrp import ", format.name, ": unknown option '", name, "'",
               near.empty() ? concat("; see vrp import ", format.name, " --help")
                            : "; did you mean --" + near + "?");
  } catch (const po::error& error) {
    fail_usage("vrp import ", format.name, ": ", error.what());
  }
  return true;
}

}  // namespace

bool read_import_command(const Arguments& arguments, ImportCommand& command) {
  if (arguments.empty()) {
    std::vector<std::string> names;
    for (const auto& format : import_formats()) names.emplace_back(format.name);
    fail_usage("vrp import: which format? ", join(names, ", "));
  }
  if (arguments[0] == "--help" || arguments[0] == "-h") {
    print_help();
    return false;
  }
  command.format = arguments[0];
  const ImportFormat& format = find_import_format(command.format);
  OptionList options("options", 100, 60);
  if (format.add_options != nullptr) format.add_options(options, command);
  add_common(options, command);
  if (!parse(arguments, options, format)) return false;
  check_command(command, format);
  return true;
}

}  // namespace vrp

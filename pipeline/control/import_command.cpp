#include <iostream>

#include "pipeline/control/commands.hpp"
#include "pipeline/control/import_options.hpp"
#include "pipeline/control/import_set_command.hpp"

namespace vrp {
namespace {

Imported run_importer(const ImportCommand& command) {
  if (command.format == "pope") {
    return import_pope(command.common, {command.labels, command.instances});
  }
  if (command.format == "jsonl") return import_jsonl(command.common, command.kind);
  return import_set(command.common, command.format);
}

}  // namespace

int import_command(const Arguments& arguments) {
  ImportCommand command;
  if (!read_import_command(arguments, command)) return 0;
  const bool drawn =
      (command.format == "counting" || command.format == "spatial") && !command.instances.empty();
  if (drawn) {
    import_drawn_set(command, std::cout);
  } else {
    const Imported imported = run_importer(command);
    require_own_table(command.out, imported.table, command.force);
    write_and_summarise(command, imported, std::cout);
  }
  return 0;
}

}  // namespace vrp

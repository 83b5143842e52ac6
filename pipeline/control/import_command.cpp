#include <iostream>

#include "pipeline/control/commands.hpp"
#include "pipeline/control/import_formats.hpp"
#include "pipeline/control/import_set_command.hpp"

namespace vrp {

int import_command(const Arguments& arguments) {
  ImportCommand command;
  if (!read_import_command(arguments, command)) return 0;
  const bool drawn =
      (command.format == "counting" || command.format == "spatial") && !command.instances.empty();
  if (drawn) {
    import_drawn_set(command, std::cout);
  } else {
    const Imported imported = find_import_format(command.format).run(command);
    require_own_table(command.out, imported.table, command.force);
    write_and_summarise(command, imported, std::cout);
  }
  return 0;
}

}  // namespace vrp

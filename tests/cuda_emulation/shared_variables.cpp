#include "tests/cuda_emulation/shared_variables.hpp"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace vrp::emulation {
namespace {

constexpr std::string_view kTag = "B15vrp_cuda_shared";

/// How far the program was moved from the addresses in its file.
std::uintptr_t load_offset() {
  std::uintptr_t offset = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        *static_cast<std::uintptr_t*>(out) = info->dlpi_addr;
        return 1;  // the first one is the program
      },
      &offset);
  return offset;
}

std::vector<SharedVariable> read_symbols() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto at = [&](std::size_t offset) { return bytes.data() + offset; };
  ElfW(Ehdr) header;
  if (bytes.size() < sizeof header) throw std::runtime_error("/proc/self/exe cannot be read");
  std::memcpy(&header, at(0), sizeof header);
  std::vector<ElfW(Shdr)> sections(header.e_shnum);
  std::memcpy(sections.data(), at(header.e_shoff), sections.size() * sizeof(ElfW(Shdr)));
  std::vector<SharedVariable> found;
  bool table = false;
  for (const ElfW(Shdr) & section : sections) {
    if (section.sh_type != SHT_SYMTAB) continue;
    table = true;
    const char* names = at(sections[section.sh_link].sh_offset);
    for (std::size_t i = 0; i < section.sh_size / sizeof(ElfW(Sym)); ++i) {
      ElfW(Sym) symbol;
      std::memcpy(&symbol, at(section.sh_offset + i * sizeof symbol), sizeof symbol);
      if ((symbol.st_info & 0xF) != STT_OBJECT) continue;
      const std::string_view name = names + symbol.st_name;
      if (name.find(kTag) == std::string_view::npos) continue;
      if (name.starts_with("_ZGV")) continue;  // a guard of initialisation
      found.push_back({reinterpret_cast<void*>(load_offset() + symbol.st_value), symbol.st_size});
    }
  }
  if (!table) throw std::runtime_error("the test program has no symbol table; was it stripped?");
  return found;
}

}  // namespace

const std::vector<SharedVariable>& shared_variables() {
  static const std::vector<SharedVariable> variables = read_symbols();
  return variables;
}

}  // namespace vrp::emulation

#pragma once
// What tests of importers share: a folder, its options, and the message of a refused import.
#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "pipeline/base/error.hpp"
#include "pipeline/items/importers.hpp"
#include "scratch.hpp"

/// The message of the Error(bad_input) that `import` ends in; "no error" without one.
inline std::string refusal_of(const std::function<void()>& import) {
  try {
    import();
  } catch (const vrp::Error& error) {
    CHECK(error.code() == vrp::ExitCode::bad_input);
    return error.what();
  }
  return "no error";
}

inline bool has_warning(const vrp::Imported& imported, const std::string& text) {
  for (const auto& warning : imported.warnings) {
    if (warning.find(text) != std::string::npos) return true;
  }
  return false;
}

#pragma once
// The categories of MME, shared by its folder importer and tables that hold the same set.
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vrp {

struct MmeCategory {
  const char* name;
  std::size_t questions;  ///< of the published set
};

/// In the order of the published tables: ten of perception, four of cognition.
inline constexpr std::array<MmeCategory, 14> kMmeCategories = {{{"existence", 60},
                                                                {"count", 60},
                                                                {"position", 60},
                                                                {"color", 60},
                                                                {"posters", 294},
                                                                {"celebrity", 340},
                                                                {"scene", 400},
                                                                {"landmark", 400},
                                                                {"artwork", 400},
                                                                {"OCR", 40},
                                                                {"commonsense_reasoning", 140},
                                                                {"numerical_calculation", 40},
                                                                {"text_translation", 40},
                                                                {"code_reasoning", 40}}};

bool is_mme_category(std::string_view name);
std::vector<std::string> mme_category_names();

/// The scorers of MME's tables, the primary one first.
std::vector<std::string> mme_scorers();

}  // namespace vrp

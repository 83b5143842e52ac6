# The folder of golden data, shared by the golden tests.
add_library(vrp_golden_file STATIC ${CMAKE_CURRENT_LIST_DIR}/golden_file.cpp)
target_link_libraries(vrp_golden_file PUBLIC vrp_store)
target_compile_definitions(vrp_golden_file PRIVATE VRP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")

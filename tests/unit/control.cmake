set(_dir ${CMAKE_CURRENT_LIST_DIR}/control)
vrp_add_test(compare_parts
  SOURCES ${_dir}/compare_statistics_test.cpp ${_dir}/compare_match_test.cpp
          ${_dir}/option_reader_test.cpp ${_dir}/export_write_test.cpp
  LIBS vrp_control LABELS unit)
vrp_add_test(run_state SOURCES ${_dir}/run_state_test.cpp LIBS vrp_control LABELS unit)

# The metrics stage as a pure function of item table and capture record.
vrp_add_test(metrics_stage
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/metrics_cell.cpp
          ${CMAKE_CURRENT_LIST_DIR}/metrics_stage_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/metrics_missing_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/metrics_region_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/metrics_controls_test.cpp
  LIBS vrp_stage_metrics LABELS unit)

vrp_add_test(capture SOURCES ${CMAKE_CURRENT_LIST_DIR}/capture/columns_test.cpp
             LIBS vrp_stage_capture LABELS unit)

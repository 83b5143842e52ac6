# VRP_GOLDEN_DIR=DIR ctest -L golden runs every family and case found in DIR.
vrp_add_test(golden_front SOURCES ${CMAKE_CURRENT_LIST_DIR}/front_test.cpp
             LIBS vrp_golden_file vrp_model_front LABELS golden)

# The forward pass in every golden case of VRP_GOLDEN_DIR (default: tests/golden/data).
vrp_add_test(golden_forward SOURCES ${CMAKE_CURRENT_LIST_DIR}/forward_test.cpp
             LIBS vrp_golden_file vrp_parity LABELS golden)
vrp_add_gpu_test(golden_forward SOURCES ${CMAKE_CURRENT_LIST_DIR}/forward_test.cpp LIBS vrp_golden_file vrp_parity)

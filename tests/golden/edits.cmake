# Edited runs in every golden case of VRP_GOLDEN_DIR (default: tests/golden/data).
vrp_add_test(golden_edits SOURCES ${CMAKE_CURRENT_LIST_DIR}/edits_test.cpp
             LIBS vrp_golden_file vrp_parity LABELS golden)
vrp_add_gpu_test(golden_edits SOURCES ${CMAKE_CURRENT_LIST_DIR}/edits_test.cpp LIBS vrp_golden_file vrp_parity)
vrp_add_test(golden_interventions SOURCES ${CMAKE_CURRENT_LIST_DIR}/interventions_test.cpp
             LIBS vrp_golden_file vrp_stage_interventions LABELS golden)

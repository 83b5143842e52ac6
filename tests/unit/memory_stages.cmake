vrp_add_test(memory_stages SOURCES ${CMAKE_CURRENT_LIST_DIR}/memory_stages_test.cpp
             LIBS vrp_stage_runners vrp_memory_ceiling LABELS unit)

# The probes: folds, learners against scikit-learn, planted signals, memory.
vrp_add_test(probes SOURCES ${CMAKE_CURRENT_LIST_DIR}/probes_cell.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/probes_planted_test.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/probes_stage_test.cpp
             LIBS vrp_stage_probes LABELS unit)
target_include_directories(test_probes PRIVATE ${CMAKE_SOURCE_DIR})
add_executable(probes_oracle ${CMAKE_CURRENT_LIST_DIR}/probes_oracle.cpp)
target_link_libraries(probes_oracle PRIVATE vrp_options vrp_stage_probes vrp::torch)
target_include_directories(probes_oracle PRIVATE ${CMAKE_SOURCE_DIR})
vrp_add_python_test(probes_oracle ${CMAKE_CURRENT_LIST_DIR}/probes_oracle_test.py LABELS unit
                    ARGS $<TARGET_FILE:probes_oracle>)
add_executable(probes_cost ${CMAKE_CURRENT_LIST_DIR}/probes_cost.cpp
                           ${CMAKE_CURRENT_LIST_DIR}/probes_cell.cpp)
target_link_libraries(probes_cost PRIVATE vrp_options vrp_stage_probes)
target_include_directories(probes_cost PRIVATE ${CMAKE_SOURCE_DIR})
vrp_add_python_test(probes_memory ${CMAKE_CURRENT_LIST_DIR}/probes_memory_test.py LABELS slow
                    ARGS $<TARGET_FILE:probes_cost>)
add_dependencies(sanitized_tests probes_oracle)

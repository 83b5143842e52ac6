# The probes: folds, learners against scikit-learn, planted signals, memory.
vrp_add_test(probes SOURCES ${CMAKE_CURRENT_LIST_DIR}/probes_cell.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/probes_planted_test.cpp
             LIBS vrp_stage_probes LABELS unit)
target_include_directories(test_probes PRIVATE ${CMAKE_SOURCE_DIR})
add_executable(probes_oracle ${CMAKE_CURRENT_LIST_DIR}/probes_oracle.cpp)
target_link_libraries(probes_oracle PRIVATE vrp_options vrp_stage_probes)
vrp_add_python_test(probes_oracle ${CMAKE_CURRENT_LIST_DIR}/probes_oracle_test.py LABELS unit
                    ARGS $<TARGET_FILE:probes_oracle>)

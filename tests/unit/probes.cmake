# The probes: folds, learners against scikit-learn, planted signals, memory.
add_executable(probes_oracle ${CMAKE_CURRENT_LIST_DIR}/probes_oracle.cpp)
target_link_libraries(probes_oracle PRIVATE vrp_options vrp_stage_probes)
vrp_add_python_test(probes_oracle ${CMAKE_CURRENT_LIST_DIR}/probes_oracle_test.py LABELS unit
                    ARGS $<TARGET_FILE:probes_oracle>)

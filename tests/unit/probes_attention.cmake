# Learners on attention: stress test, top-k heads, input of the ensemble probe.
vrp_add_test(probes_attention SOURCES ${CMAKE_CURRENT_LIST_DIR}/probes_stress_test.cpp
                                      ${CMAKE_CURRENT_LIST_DIR}/probes_stress_trees_test.cpp
                                      ${CMAKE_CURRENT_LIST_DIR}/probes_heads_test.cpp
                                      ${CMAKE_CURRENT_LIST_DIR}/probes_attention_input_test.cpp
             LIBS vrp_stage_probes LABELS unit)
# The same numbers from numpy, scikit-learn and the XGBoost library called from Python.
add_executable(probes_attention_program ${CMAKE_CURRENT_LIST_DIR}/probes_attention_program.cpp)
target_link_libraries(probes_attention_program PRIVATE vrp_options vrp_stage_probes)
vrp_add_python_test(probes_attention_oracle
                    ${CMAKE_CURRENT_LIST_DIR}/probes_attention_oracle_test.py LABELS unit
                    ARGS $<TARGET_FILE:probes_attention_program>)
add_dependencies(sanitized_tests probes_attention_program)

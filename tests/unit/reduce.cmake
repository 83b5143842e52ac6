vrp_add_test(reduce SOURCES ${CMAKE_CURRENT_LIST_DIR}/reduce_cell_test.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/reduce_pooled_test.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/reduce_weighted_test.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/reduce_labels_test.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/reduce_draws_test.cpp
             LIBS vrp_stage_reduce LABELS unit)
vrp_add_test(reduce_inside SOURCES ${CMAKE_CURRENT_LIST_DIR}/reduce_lens_test.cpp
                                   ${CMAKE_CURRENT_LIST_DIR}/reduce_effects_test.cpp
             LIBS vrp_stage_reduce LABELS unit)
vrp_add_test(reduce_tables SOURCES ${CMAKE_CURRENT_LIST_DIR}/reduce_tables_test.cpp
                                   ${CMAKE_CURRENT_LIST_DIR}/reduce_results_test.cpp
                                   ${CMAKE_CURRENT_LIST_DIR}/reduce_delta_test.cpp
                                   ${CMAKE_CURRENT_LIST_DIR}/reduce_rules_test.cpp
             LIBS vrp_stage_reduce LABELS unit)
vrp_add_test(reduce_significance SOURCES ${CMAKE_CURRENT_LIST_DIR}/reduce_significance_test.cpp
                                         ${CMAKE_CURRENT_LIST_DIR}/reduce_families_test.cpp
                                         ${CMAKE_CURRENT_LIST_DIR}/reduce_across_test.cpp
             LIBS vrp_stage_reduce LABELS unit)
# make_report_run is built in tests/end_to_end/report.cmake.
vrp_add_python_test(reduce_oracle ${CMAKE_CURRENT_LIST_DIR}/reduce_oracle_test.py LABELS unit
                    ARGS $<TARGET_FILE:make_report_run>)
vrp_add_python_test(reduce_inside_oracle ${CMAKE_CURRENT_LIST_DIR}/reduce_inside_oracle_test.py
                    LABELS unit ARGS $<TARGET_FILE:make_report_run>)

# Made-up runs in the real formats for `vrp compare` and `vrp export`.
add_executable(make_compare_run ${CMAKE_CURRENT_LIST_DIR}/compare_run.cpp)
target_link_libraries(make_compare_run PRIVATE vrp_options vrp_stage_reduce)
vrp_add_python_test(compare ${CMAKE_CURRENT_LIST_DIR}/compare_test.py LABELS unit
                    ARGS $<TARGET_FILE:make_compare_run>)
vrp_add_python_test(export ${CMAKE_CURRENT_LIST_DIR}/export_test.py LABELS unit
                    ARGS $<TARGET_FILE:make_compare_run>)

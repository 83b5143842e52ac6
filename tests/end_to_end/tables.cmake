# Rules that the tables and figures of every run keep, and their LaTeX. make_report_run is built in
# report.cmake.
vrp_add_python_test(tables_complete ${CMAKE_CURRENT_LIST_DIR}/tables_complete_test.py LABELS unit
                    ARGS $<TARGET_FILE:make_report_run>)
add_executable(latex_program ${CMAKE_CURRENT_LIST_DIR}/latex_program.cpp)
target_link_libraries(latex_program PRIVATE vrp_options vrp_stage_reduce)
vrp_add_python_test(latex ${CMAKE_CURRENT_LIST_DIR}/latex_test.py LABELS unit
                    ARGS $<TARGET_FILE:make_report_run> $<TARGET_FILE:latex_program>)
set_tests_properties(latex PROPERTIES SKIP_RETURN_CODE 77)

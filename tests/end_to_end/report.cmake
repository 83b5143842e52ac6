# A run folder with made-up results in the real formats, and the page made from it.
add_executable(make_report_run ${CMAKE_CURRENT_LIST_DIR}/report_run.cpp)
target_link_libraries(make_report_run PRIVATE vrp_options vrp_stage_metrics vrp_stage_reduce)
vrp_add_python_test(report ${CMAKE_CURRENT_LIST_DIR}/report_test.py LABELS unit
                    ARGS $<TARGET_FILE:make_report_run>)
vrp_add_test(report_command SOURCES ${CMAKE_CURRENT_LIST_DIR}/report_command_test.cpp
             LIBS vrp_control LABELS unit)

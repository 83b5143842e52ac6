# A run folder with made-up results in the real formats, and the pages made from it.
add_executable(make_report_run ${CMAKE_CURRENT_LIST_DIR}/report_run.cpp)
target_link_libraries(make_report_run PRIVATE vrp_options vrp_stage_metrics vrp_stage_reduce)
foreach(_name report report_damage report_browser report_item)
  vrp_add_python_test(${_name} ${CMAKE_CURRENT_LIST_DIR}/${_name}_test.py LABELS unit
                      ARGS $<TARGET_FILE:make_report_run>)
endforeach()
set_tests_properties(report_browser PROPERTIES SKIP_RETURN_CODE 77)
vrp_add_test(report_command SOURCES ${CMAKE_CURRENT_LIST_DIR}/report_command_test.cpp
             LIBS vrp_control LABELS unit)
vrp_add_test(report_show SOURCES ${CMAKE_CURRENT_LIST_DIR}/report_show_test.cpp
             LIBS vrp_control LABELS unit)

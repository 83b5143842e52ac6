set(_dir ${CMAKE_CURRENT_LIST_DIR}/control)
vrp_add_test(compare_parts
  SOURCES ${_dir}/compare_statistics_test.cpp ${_dir}/compare_match_test.cpp
          ${_dir}/option_reader_test.cpp ${_dir}/export_write_test.cpp
  LIBS vrp_control LABELS unit)
vrp_add_test(run_state SOURCES ${_dir}/run_state_test.cpp LIBS vrp_control LABELS unit)
vrp_add_test(doctor_machine SOURCES ${_dir}/doctor_machine_test.cpp LIBS vrp_control LABELS unit)
vrp_add_test(plan_time SOURCES ${_dir}/plan_time_test.cpp LIBS vrp_control LABELS unit)
# Run folders of many finished units, for the test and for tools/bench --metadata.
add_executable(metadata_program ${_dir}/metadata_program.cpp)
target_link_libraries(metadata_program PRIVATE vrp_options vrp_control)
vrp_add_python_test(metadata ${_dir}/metadata_test.py LABELS unit)
add_dependencies(sanitized_tests metadata_program)
vrp_add_python_test(doctor ${_dir}/doctor_test.py LABELS mpi)

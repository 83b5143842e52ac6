set(_dir ${CMAKE_CURRENT_LIST_DIR}/stats)
vrp_add_test(stats
  SOURCES ${_dir}/correlation_test.cpp ${_dir}/auroc_test.cpp ${_dir}/resample_test.cpp
          ${_dir}/bootstrap_test.cpp ${_dir}/signal_bootstrap_test.cpp ${_dir}/summary_test.cpp
          ${_dir}/proportions_test.cpp ${_dir}/selective_test.cpp
          ${_dir}/clustered_test.cpp ${_dir}/path_bootstrap_test.cpp
          ${_dir}/sort_rows_test.cpp ${_dir}/label_agreement_test.cpp ${_dir}/logistic_ridge_test.cpp
          ${_dir}/replicate_sums_test.cpp
  LIBS vrp_stats vrp_kernels LABELS unit)

add_executable(stats_oracle_driver ${_dir}/oracle_driver.cpp)
target_link_libraries(stats_oracle_driver PRIVATE vrp_stats)
vrp_add_python_test(stats_oracle ${_dir}/oracle_test.py
  ARGS $<TARGET_FILE:stats_oracle_driver> LABELS unit)

vrp_add_test(csv SOURCES ${_dir}/csv_test.cpp LIBS vrp_control LABELS unit)
vrp_add_python_test(stats_command ${_dir}/stats_command_test.py LABELS unit)

vrp_add_test(stats_coverage
  SOURCES ${_dir}/coverage_test.cpp ${_dir}/coverage_clustered_test.cpp
          ${_dir}/coverage_paths_test.cpp
  LIBS vrp_stats LABELS slow)

# What tools/bench --bootstrap times.
add_executable(bootstrap_speed ${_dir}/bootstrap_speed.cpp)
target_link_libraries(bootstrap_speed PRIVATE vrp_stats)
vrp_add_python_test(bootstrap_speed ${_dir}/bootstrap_speed_test.py
  ARGS $<TARGET_FILE:bootstrap_speed> LABELS unit)

# Jobs of toy units: what happens when ranks fail, hang or are slow, and 64 ranks at once.
add_executable(toy_run ${CMAKE_CURRENT_LIST_DIR}/toy_run.cpp)
target_link_libraries(toy_run PRIVATE vrp_options vrp_driver_run)
vrp_add_python_test(scale_failures ${CMAKE_CURRENT_LIST_DIR}/scale_failures_test.py LABELS mpi)
set_tests_properties(scale_failures PROPERTIES TIMEOUT 300 RUN_SERIAL ON)

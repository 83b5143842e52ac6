vrp_add_python_test(reduce_command ${CMAKE_CURRENT_LIST_DIR}/reduce_test.py LABELS resume mpi)
set_tests_properties(reduce_command PROPERTIES TIMEOUT 900 RUN_SERIAL ON)

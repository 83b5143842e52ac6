vrp_add_python_test(bad_input ${CMAKE_CURRENT_LIST_DIR}/bad_input_test.py LABELS resume mpi)
set_tests_properties(bad_input PROPERTIES TIMEOUT 1500 RUN_SERIAL ON)

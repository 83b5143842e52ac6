vrp_add_python_test(families ${CMAKE_CURRENT_LIST_DIR}/families_test.py LABELS mpi)
set_tests_properties(families PROPERTIES TIMEOUT 900)

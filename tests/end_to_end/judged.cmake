vrp_add_python_test(judged ${CMAKE_CURRENT_LIST_DIR}/judged_test.py LABELS mpi)
set_tests_properties(judged PROPERTIES TIMEOUT 600 RUN_SERIAL ON)

vrp_add_python_test(score_command ${CMAKE_CURRENT_LIST_DIR}/score_test.py LABELS resume mpi)
set_tests_properties(score_command PROPERTIES TIMEOUT 900 RUN_SERIAL ON)

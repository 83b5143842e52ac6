vrp_add_python_test(resume_hung ${CMAKE_CURRENT_LIST_DIR}/hung_test.py LABELS resume mpi)
set_tests_properties(resume_hung PROPERTIES TIMEOUT 600 RUN_SERIAL ON)

vrp_add_python_test(resume_whole ${CMAKE_CURRENT_LIST_DIR}/resume_test.py LABELS resume mpi)
vrp_add_python_test(resume_kills ${CMAKE_CURRENT_LIST_DIR}/kill_test.py LABELS resume mpi slow)
set_tests_properties(resume_whole resume_kills PROPERTIES TIMEOUT 1500 RUN_SERIAL ON)

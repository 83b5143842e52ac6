vrp_add_python_test(resume_whole ${CMAKE_CURRENT_LIST_DIR}/resume_test.py LABELS resume mpi)
# By hand for hours: VRP_BIN=build/bin .venv/bin/python tests/resume/soak_test.py --kills 500 --limit 40
vrp_add_python_test(resume_kills ${CMAKE_CURRENT_LIST_DIR}/soak_test.py ARGS --kills 24 LABELS resume mpi slow)
set_tests_properties(resume_whole resume_kills PROPERTIES TIMEOUT 1500 RUN_SERIAL ON)

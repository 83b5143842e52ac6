vrp_add_python_test(plan_bytes ${CMAKE_CURRENT_LIST_DIR}/plan_bytes_test.py LABELS mpi)

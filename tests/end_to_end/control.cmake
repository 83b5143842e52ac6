vrp_add_python_test(control_commands ${CMAKE_CURRENT_LIST_DIR}/control_test.py LABELS mpi)

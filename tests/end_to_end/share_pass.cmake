vrp_add_python_test(share_pass ${CMAKE_CURRENT_LIST_DIR}/share_pass_test.py LABELS resume mpi)

vrp_add_python_test(check_model ${CMAKE_CURRENT_LIST_DIR}/check_model_test.py LABELS unit)

# Checkpoints of many dimensions, made and recorded with transformers at test time; skipped without it.
vrp_add_python_test(golden_dimensions ${CMAKE_CURRENT_LIST_DIR}/dimensions_test.py LABELS golden)
set_tests_properties(golden_dimensions PROPERTIES SKIP_RETURN_CODE 77)

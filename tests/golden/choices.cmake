# Losses of options beside transformers on the demo checkpoints (program: capture_one of lens.cmake).
vrp_add_python_test(golden_choices ${CMAKE_CURRENT_LIST_DIR}/choices_test.py LABELS golden)
set_tests_properties(golden_choices PROPERTIES SKIP_RETURN_CODE 77)

# top_k, temperature, repetition penalty of a checkpoint never reach our answers.
vrp_add_python_test(golden_generation_settings
                    ${CMAKE_CURRENT_LIST_DIR}/generation_settings_test.py LABELS golden mpi)

# Memory that weights of 16 bits take on the CPU.
add_executable(memory_program ${CMAKE_CURRENT_LIST_DIR}/memory_program.cpp)
target_link_libraries(memory_program PRIVATE vrp_options vrp_model)
vrp_add_python_test(memory ${CMAKE_CURRENT_LIST_DIR}/memory_test.py LABELS slow
                    ARGS $<TARGET_FILE:memory_program>)

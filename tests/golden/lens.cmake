# Stage capture's lens beside a float64 one in numpy, in every golden case of VRP_GOLDEN_DIR.
add_executable(capture_one ${CMAKE_CURRENT_LIST_DIR}/lens_program.cpp)
target_link_libraries(capture_one PRIVATE vrp_stage_capture)
vrp_add_python_test(golden_lens ${CMAKE_CURRENT_LIST_DIR}/lens_test.py LABELS golden)

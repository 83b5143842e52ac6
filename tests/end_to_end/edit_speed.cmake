# What sharing work among edits saves: run by tools/bench --edits.
add_executable(edit_speed ${CMAKE_CURRENT_LIST_DIR}/edit_speed_program.cpp)
target_link_libraries(edit_speed PRIVATE vrp_options vrp_stage_interventions)
vrp_add_python_test(edit_speed ${CMAKE_CURRENT_LIST_DIR}/edit_speed_test.py LABELS unit
                    ARGS $<TARGET_FILE:edit_speed>)

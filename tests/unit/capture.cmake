vrp_add_test(capture SOURCES ${CMAKE_CURRENT_LIST_DIR}/capture/columns_test.cpp
             LIBS vrp_stage_capture LABELS unit)
# The lens: target tokens, and whole units on the golden checkpoints.
foreach(area answer_tokens lens)
  vrp_add_test(capture_${area} SOURCES ${CMAKE_CURRENT_LIST_DIR}/capture/${area}_test.cpp
               LIBS vrp_stage_capture LABELS unit)
endforeach()

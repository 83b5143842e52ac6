vrp_add_test(capture SOURCES ${CMAKE_CURRENT_LIST_DIR}/capture/columns_test.cpp
             LIBS vrp_stage_capture LABELS unit)
# Target tokens, and whole units on the golden checkpoints: the lens, losses of options.
foreach(area answer_tokens lens choices)
  vrp_add_test(capture_${area} SOURCES ${CMAKE_CURRENT_LIST_DIR}/capture/${area}_test.cpp
               LIBS vrp_stage_capture LABELS unit)
endforeach()
# The asked text, as the files in conf/ lay it out.
vrp_add_test(capture_question SOURCES ${CMAKE_CURRENT_LIST_DIR}/capture/question_test.cpp
             LIBS vrp_stage_capture vrp_config LABELS unit)
# Several items at once, by capture, by consistency and by both together; items prepared ahead.
foreach(area group prepare_ahead)
  vrp_add_test(capture_${area} SOURCES ${CMAKE_CURRENT_LIST_DIR}/capture/${area}_test.cpp
               LIBS vrp_stage_runners vrp_tiny_checkpoint LABELS unit)
endforeach()

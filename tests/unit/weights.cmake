# Reading a checkpoint in chunks, and memory that processes share.
vrp_add_test(weight_chunks SOURCES ${CMAKE_CURRENT_LIST_DIR}/weights/chunks_test.cpp
             LIBS vrp_model vrp_tiny_checkpoint LABELS unit)
vrp_add_test(shared_segment SOURCES ${CMAKE_CURRENT_LIST_DIR}/weights/shared_segment_test.cpp
             LIBS vrp_model_front LABELS unit)

vrp_add_test(resize_bicubic SOURCES ${CMAKE_CURRENT_LIST_DIR}/resize_bicubic_test.cpp
             LIBS vrp_kernels LABELS kernel)

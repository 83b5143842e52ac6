# What the logit lens reads from rows of logits.
vrp_add_test(lens_statistics SOURCES ${CMAKE_CURRENT_LIST_DIR}/lens_statistics_test.cpp
             LIBS vrp_kernels LABELS kernel)

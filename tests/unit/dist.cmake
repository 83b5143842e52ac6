# What ranks decide about GPUs and NCCL, without either.
vrp_add_test(gpu_binding SOURCES ${CMAKE_CURRENT_LIST_DIR}/dist/gpu_binding_test.cpp
             LIBS vrp_dist LABELS unit)

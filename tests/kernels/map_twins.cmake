# CUDA twins of the map kernels, of the bootstrap's sums and of the resize against their CPU
# specifications, emulated and on a device.
vrp_add_cuda_test(map_twins
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/components_cuda_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/relevance_cuda_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/resize_cuda_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/replicate_sums_cuda_test.cpp)
vrp_add_test(replicate_sums SOURCES ${CMAKE_CURRENT_LIST_DIR}/replicate_sums_test.cpp
             LIBS vrp_kernels LABELS kernel)

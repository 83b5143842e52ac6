# What ranks decide about GPUs and NCCL, without either.
vrp_add_test(gpu_binding SOURCES ${CMAKE_CURRENT_LIST_DIR}/dist/gpu_binding_test.cpp
             LIBS vrp_dist LABELS unit)
vrp_add_test(nccl SOURCES ${CMAKE_CURRENT_LIST_DIR}/dist/nccl_test.cpp LIBS vrp_dist LABELS unit)
if(VRP_CUDA)
  target_compile_definitions(test_nccl PRIVATE VRP_CUDA_BUILD=1)
endif()

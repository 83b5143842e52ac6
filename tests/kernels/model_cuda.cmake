# Twins of the model's kernels: on the emulator, and on a device where there is one.
foreach(kernel append_rows decode_attention decode_step gated_rows norm_rows vocab_statistics top_p_rows)
  vrp_add_cuda_test(${kernel} SOURCES ${CMAKE_CURRENT_LIST_DIR}/${kernel}_cuda_test.cpp)
endforeach()

# Kernels that the model's sampling rests on.
vrp_add_test(philox SOURCES ${CMAKE_CURRENT_LIST_DIR}/philox_test.cpp LIBS vrp_kernels LABELS kernel)
vrp_add_test(top_p SOURCES ${CMAKE_CURRENT_LIST_DIR}/top_p_test.cpp LIBS vrp_kernels LABELS kernel)
# Kernels of the forward pass on the CPU.
foreach(kernel panel_product row_ops shared_attention)
  vrp_add_test(${kernel} SOURCES ${CMAKE_CURRENT_LIST_DIR}/${kernel}_test.cpp LIBS vrp_kernels
               LABELS kernel)
endforeach()

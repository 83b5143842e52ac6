# Whole sweeps on a GPU; by hand without one: VRP_TEST_DEVICE=cpu VRP_BIN=build/bin python3 tests/end_to_end/gpu_sweep_test.py
if(VRP_CUDA)
  vrp_add_python_test(gpu_sweep_gpu ${CMAKE_CURRENT_LIST_DIR}/gpu_sweep_test.py LABELS gpu)
  set_tests_properties(gpu_sweep_gpu PROPERTIES SKIP_RETURN_CODE 77)
endif()

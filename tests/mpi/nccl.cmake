foreach(_ranks 1 3)
  vrp_add_test(mpi_nccl SOURCES ${CMAKE_CURRENT_LIST_DIR}/nccl_test.cpp
               LIBS vrp_dist MPI::MPI_C RANKS ${_ranks})
endforeach()

# On a machine with GPUs: `ctest -L gpu`; with N of them also by hand,
# mpirun -n N build/bin/test_gpu_ranks.
if(VRP_CUDA)
  add_executable(test_gpu_ranks ${CMAKE_CURRENT_LIST_DIR}/gpu_test.cpp ${CMAKE_SOURCE_DIR}/pipeline/devices.cpp)
  target_compile_definitions(test_gpu_ranks PRIVATE VRP_CUDA=1)
  target_link_libraries(test_gpu_ranks PRIVATE vrp_options vrp_dist MPI::MPI_C CUDA::cudart)
  # NCCL is opened at run time, beside libtorch or where the program's own path leads.
  get_filename_component(_nccl_folder ${VRP_NCCL_LIBRARY} DIRECTORY)
  target_link_options(test_gpu_ranks PRIVATE -Wl,-rpath,${_nccl_folder} -Wl,--disable-new-dtags)
  foreach(_ranks 1 2)
    add_test(NAME gpu_ranks.np${_ranks} COMMAND ${VRP_MPIRUN} -n ${_ranks} $<TARGET_FILE:test_gpu_ranks>)
    set_tests_properties(gpu_ranks.np${_ranks} PROPERTIES LABELS gpu SKIP_RETURN_CODE 77
      ENVIRONMENT "${VRP_TEST_ENVIRONMENT}" PROCESSORS ${_ranks})
  endforeach()
endif()

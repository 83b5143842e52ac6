foreach(_ranks 1 3)
  vrp_add_test(mpi_nccl SOURCES ${CMAKE_CURRENT_LIST_DIR}/nccl_test.cpp
               LIBS vrp_dist MPI::MPI_C RANKS ${_ranks})
endforeach()

# Weights between hosts: four ranks that act as two hosts of two, then as four of one.
vrp_add_test(weight_exchange SOURCES ${CMAKE_CURRENT_LIST_DIR}/weight_exchange_test.cpp
             LIBS vrp_dist MPI::MPI_C RANKS 4)

# Weights between hosts: four ranks that act as two hosts of two, then as four of one.
vrp_add_test(weight_exchange SOURCES ${CMAKE_CURRENT_LIST_DIR}/weight_exchange_test.cpp
             LIBS vrp_dist MPI::MPI_C RANKS 4)
# Two ranks that act as hosts with checkpoints of their own.
vrp_add_test(job_weights SOURCES ${CMAKE_CURRENT_LIST_DIR}/job_weights_test.cpp
             ${CMAKE_SOURCE_DIR}/stages/job_weights.cpp ${CMAKE_SOURCE_DIR}/stages/model_holder.cpp
             ${CMAKE_SOURCE_DIR}/pipeline/gpu_weights.cpp
             LIBS vrp_model vrp_driver vrp_config vrp_dist vrp_tiny_checkpoint MPI::MPI_C RANKS 2)

# Kernels of the metrics stage: closed forms, metamorphic claims, bad arguments; then the same kernels
# against numpy, SciPy and scikit-learn; then the CUDA twins against the CPU specification.
vrp_add_test(metrics_kernels
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/metrics_entropy_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/metrics_components_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/metrics_dbscan_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/metrics_relevance_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/metrics_coverage_test.cpp
          ${CMAKE_CURRENT_LIST_DIR}/metrics_guard_test.cpp
  LIBS vrp_kernels LABELS kernel)

add_executable(metrics_oracle_program ${CMAKE_CURRENT_LIST_DIR}/metrics_oracle_program.cpp)
target_link_libraries(metrics_oracle_program PRIVATE vrp_options vrp_kernels)
vrp_add_python_test(metrics_oracle ${CMAKE_CURRENT_LIST_DIR}/metrics_oracle_test.py LABELS kernel)

vrp_add_cuda_test(metrics SOURCES ${CMAKE_CURRENT_LIST_DIR}/metrics_cuda_test.cpp)

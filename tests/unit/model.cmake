# The forward pass on a small checkpoint that the tests write themselves.
add_library(vrp_tiny_checkpoint STATIC ${CMAKE_CURRENT_LIST_DIR}/model/tiny_checkpoint.cpp)
target_link_libraries(vrp_tiny_checkpoint PUBLIC vrp_options vrp_base vrp_kernels)
foreach(area repeat answer observer load generate lens likelihood)
  vrp_add_test(model_${area} SOURCES ${CMAKE_CURRENT_LIST_DIR}/model/${area}_test.cpp
               LIBS vrp_model vrp_tiny_checkpoint LABELS unit)
endforeach()
target_compile_definitions(test_model_answer PRIVATE VRP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
foreach(area repeat answer)
  vrp_add_gpu_test(model_${area} SOURCES ${CMAKE_CURRENT_LIST_DIR}/model/${area}_test.cpp
                   LIBS vrp_model vrp_tiny_checkpoint)
endforeach()
# Out of memory: the program puts its own allocator under libtorch.
add_library(vrp_memory_ceiling STATIC ${CMAKE_CURRENT_LIST_DIR}/model/ceiling.cpp)
target_link_libraries(vrp_memory_ceiling PUBLIC vrp_options PRIVATE vrp::torch)
vrp_add_test(model_memory SOURCES ${CMAKE_CURRENT_LIST_DIR}/model/memory_test.cpp
             LIBS vrp_model vrp_tiny_checkpoint vrp_memory_ceiling LABELS unit)
vrp_add_test(memory_fit SOURCES ${CMAKE_CURRENT_LIST_DIR}/model/memory_fit_test.cpp
             LIBS vrp_model_front LABELS unit)

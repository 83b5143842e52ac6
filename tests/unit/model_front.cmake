# Configuration files, safetensors, pictures and tokenizers: what is right is read, what is wrong is
# an Error that names it.
add_library(vrp_front_support STATIC ${CMAKE_CURRENT_LIST_DIR}/model_front/front_support.cpp)
target_link_libraries(vrp_front_support PUBLIC vrp_base Catch2::Catch2)
target_compile_definitions(vrp_front_support PRIVATE VRP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
foreach(area spec safetensors image tokenizer fuzz)
  vrp_add_test(front_${area} SOURCES ${CMAKE_CURRENT_LIST_DIR}/model_front/${area}_test.cpp
               LIBS vrp_model_front vrp_front_support LABELS unit)
endforeach()

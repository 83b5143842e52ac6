# Configuration files, safetensors, pictures and tokenizers: what is right is read, what is wrong is
# an Error that names it.
set(_front_tests ${CMAKE_CURRENT_LIST_DIR}/model_front)
add_library(vrp_front_support STATIC ${_front_tests}/front_support.cpp ${_front_tests}/configuration.cpp
  ${_front_tests}/hub_files.cpp)
target_link_libraries(vrp_front_support PUBLIC vrp_model_front Catch2::Catch2)
target_compile_definitions(vrp_front_support PRIVATE VRP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
foreach(area spec spec_paligemma spec_qwen2_vl safetensors image image_qwen2_vl prompt tokenizer
    tokenizer_cases tokenizer_file tokenizer_pattern fuzz)
  vrp_add_test(front_${area} SOURCES ${_front_tests}/${area}_test.cpp
               LIBS vrp_model_front vrp_front_support LABELS unit)
endforeach()

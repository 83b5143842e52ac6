# vrp_options: what every target of the project is compiled with.
add_library(vrp_options INTERFACE)
target_include_directories(vrp_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_features(vrp_options INTERFACE cxx_std_20)
target_compile_options(vrp_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers>
  # One arithmetic on every path: no contraction into fused multiply-adds behind our back, so that
  # a statistic has the same bits whatever the compiler inlines.
  $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)
if(VRP_SANITIZE)
  target_compile_options(vrp_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer>)
  target_link_options(vrp_options INTERFACE -fsanitize=address,undefined)
endif()

find_program(VRP_CCACHE ccache)
if(VRP_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${VRP_CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${VRP_CCACHE})
endif()

if(VRP_CUDA)
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES "80;90")
  endif()
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
endif()

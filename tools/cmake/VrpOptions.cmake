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

# vrp_add_library(NAME GLOB|SOURCES file... LIBS target...): a static library of one folder.
function(vrp_add_library name)
  cmake_parse_arguments(A "GLOB" "" "SOURCES;EXCEPT;LIBS;PRIVATE_LIBS" ${ARGN})
  if(A_GLOB)
    file(GLOB A_SOURCES CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.cpp)
    if(A_EXCEPT)
      list(REMOVE_ITEM A_SOURCES ${A_EXCEPT})
    endif()
  endif()
  set(_present)
  foreach(_file ${A_SOURCES})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${_file})
      list(APPEND _present ${_file})
    endif()
  endforeach()
  if(_present)
    add_library(${name} STATIC ${_present})
    target_link_libraries(${name} PUBLIC vrp_options ${A_LIBS} PRIVATE ${A_PRIVATE_LIBS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE vrp_options ${A_LIBS} ${A_PRIVATE_LIBS})
  endif()
endfunction()

# vrp_options: what every target of the project is compiled with.
add_library(vrp_options INTERFACE)
target_include_directories(vrp_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_features(vrp_options INTERFACE cxx_std_20)
target_compile_options(vrp_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers>
  # One arithmetic on every path: no contraction into fused multiply-adds behind our back, so that
  # a statistic has the same bits whatever the compiler inlines.
  $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)
# The oldest processor the programs run on: x86-64-v3 is AVX2 and FMA, any x86 server since 2013.
# "native" gains little and ties the build to its machine; "" leaves it to the compiler.
set(_march "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(_march x86-64-v3)
endif()
set(VRP_MARCH "${_march}" CACHE STRING "Value of -march")
if(VRP_MARCH)
  target_compile_options(vrp_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-march=${VRP_MARCH}>)
endif()
if(VRP_SANITIZE)
  target_compile_options(vrp_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer>)
  target_link_options(vrp_options INTERFACE -fsanitize=address,undefined)
endif()
if(VRP_FUZZ)
  target_compile_options(vrp_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=fuzzer-no-link>)
endif()

# ccache, where it is installed: paths relative to the sources, so that a second clone hits; the
# sloppiness and -fpch-preprocess are what GCC's precompiled headers need to be cached at all.
find_program(VRP_CCACHE ccache)
if(VRP_CCACHE)
  set(_launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${VRP_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${_launcher})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${_launcher})
  target_compile_options(vrp_options INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
endif()

if(VRP_CUDA)
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES "80;90")
  endif()
  enable_language(CUDA)
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  find_package(CUDAToolkit 13 REQUIRED)
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

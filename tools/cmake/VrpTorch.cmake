# vrp::torch: libtorch 2.11 from the `torch` wheel of the project's virtual environment, or the one
# that VRP_TORCH_ROOT or Torch_DIR (a cluster module's) name. Linked by file instead of through
# TorchConfig.cmake, which demands a CUDA toolkit even of a CPU build.
# vrp::nccl (VRP_CUDA only): the NCCL that this libtorch uses; vrp::nccl_headers: to open it at run time.
if(VRP_TORCH_ROOT)
  set(_root ${VRP_TORCH_ROOT})
elseif(Torch_DIR)  # .../share/cmake/Torch
  get_filename_component(_root ${Torch_DIR}/../../.. ABSOLUTE)
else()
  file(GLOB _root ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
endif()
set(VRP_TORCH_ROOT "${_root}" CACHE PATH "Folder of libtorch (holds include/ and lib/)" FORCE)

set(_needed libtorch_cpu.so libc10.so)
if(VRP_CUDA)
  list(APPEND _needed libtorch_cuda.so libc10_cuda.so)
endif()
foreach(_file ${_needed})
  if(NOT EXISTS ${VRP_TORCH_ROOT}/lib/${_file})
    message(FATAL_ERROR "${_file} is not in '${VRP_TORCH_ROOT}/lib'; run tools/setup, or give "
                        "-DVRP_TORCH_ROOT=... or -DTorch_DIR=...")
  endif()
endforeach()
set(_version_file ${VRP_TORCH_ROOT}/include/torch/headeronly/version.h)
set(_version unknown)
if(EXISTS ${_version_file})
  file(STRINGS ${_version_file} _line REGEX "^ +\"[0-9.]+\"")
  string(REGEX REPLACE "[ \"]" "" _version "${_line}")
endif()
if(NOT _version MATCHES "^2\\.11\\.")
  message(WARNING "libtorch in ${VRP_TORCH_ROOT} is ${_version}; VRP is tested with 2.11")
endif()
message(STATUS "libtorch ${_version} in ${VRP_TORCH_ROOT}")

add_library(vrp_torch INTERFACE)
target_include_directories(vrp_torch SYSTEM INTERFACE
  ${VRP_TORCH_ROOT}/include ${VRP_TORCH_ROOT}/include/torch/csrc/api/include)
target_compile_definitions(vrp_torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
# at::parallel_for is a header: without OpenMP in the including file it runs on one thread only.
target_compile_options(vrp_torch INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fopenmp>)
target_link_libraries(vrp_torch INTERFACE
  ${VRP_TORCH_ROOT}/lib/libtorch_cpu.so ${VRP_TORCH_ROOT}/lib/libc10.so)
target_link_options(vrp_torch INTERFACE -fopenmp)

# The wheel keeps its CUDA libraries beside it, in nvidia/; libtorch_cpu.so needs some even on a CPU.
# DT_RPATH and not DT_RUNPATH, so that libtorch's own dependencies are found there too: programs run
# without LD_LIBRARY_PATH.
file(GLOB _cuda_folders ${VRP_TORCH_ROOT}/../nvidia/*/lib)
foreach(_folder ${VRP_TORCH_ROOT}/lib ${_cuda_folders})
  target_link_options(vrp_torch INTERFACE -Wl,-rpath,${_folder} -Wl,-rpath-link,${_folder})
endforeach()
target_link_options(vrp_torch INTERFACE -Wl,--disable-new-dtags)

if(VRP_CUDA)
  # libtorch registers its CUDA kernels when libtorch_cuda.so is loaded: it has to be linked even
  # where no symbol of it is used.
  target_compile_definitions(vrp_torch INTERFACE VRP_TORCH_CUDA=1)
  target_include_directories(vrp_torch SYSTEM INTERFACE ${CUDAToolkit_INCLUDE_DIRS})
  target_link_libraries(vrp_torch INTERFACE -Wl,--no-as-needed
    ${VRP_TORCH_ROOT}/lib/libtorch_cuda.so ${VRP_TORCH_ROOT}/lib/libc10_cuda.so -Wl,--as-needed)

  find_path(VRP_NCCL_INCLUDE nccl.h
    HINTS ${VRP_TORCH_ROOT}/../nvidia/nccl/include ${VRP_TORCH_ROOT}/include)
  find_library(VRP_NCCL_LIBRARY NAMES libnccl.so.2 nccl
    HINTS ${VRP_TORCH_ROOT}/../nvidia/nccl/lib ${VRP_TORCH_ROOT}/lib)
  if(NOT VRP_NCCL_INCLUDE OR NOT VRP_NCCL_LIBRARY)
    message(FATAL_ERROR "nccl.h and libnccl.so.2 are not beside libtorch in "
                        "'${VRP_TORCH_ROOT}/../nvidia/nccl'; run tools/setup, or give "
                        "-DVRP_NCCL_INCLUDE=... and -DVRP_NCCL_LIBRARY=...")
  endif()
  message(STATUS "NCCL ${VRP_NCCL_LIBRARY}")
  add_library(vrp_nccl_headers INTERFACE)
  target_include_directories(vrp_nccl_headers SYSTEM INTERFACE ${VRP_NCCL_INCLUDE}
                                                              ${CUDAToolkit_INCLUDE_DIRS})
  add_library(vrp::nccl_headers ALIAS vrp_nccl_headers)
  add_library(vrp_nccl INTERFACE)
  target_link_libraries(vrp_nccl INTERFACE vrp_nccl_headers ${VRP_NCCL_LIBRARY} CUDA::cudart)
  add_library(vrp::nccl ALIAS vrp_nccl)
endif()
add_library(vrp::torch ALIAS vrp_torch)

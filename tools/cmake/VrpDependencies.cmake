# Every third-party library the project uses, as imported targets with SYSTEM headers.
find_package(Threads REQUIRED)
find_package(MPI REQUIRED COMPONENTS C)
find_package(HDF5 REQUIRED COMPONENTS C HL)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

add_library(vrp_hdf5 INTERFACE)
target_include_directories(vrp_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_link_libraries(vrp_hdf5 INTERFACE ${HDF5_C_LIBRARIES} ${HDF5_C_HL_LIBRARIES})
add_library(vrp::hdf5 ALIAS vrp_hdf5)

# libtorch: the `torch` wheel of the project's virtual environment, or Torch_DIR of a cluster
# module. Linked by file instead of through TorchConfig, which demands a CUDA toolkit even of a
# CPU build.
if(Torch_DIR)
  get_filename_component(_torch_root ${Torch_DIR}/../../.. ABSOLUTE)
elseif(NOT VRP_TORCH_ROOT)
  file(GLOB _torch_root ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
endif()
set(VRP_TORCH_ROOT "${_torch_root}" CACHE PATH "Folder of libtorch (holds include/ and lib/)")
if(NOT EXISTS ${VRP_TORCH_ROOT}/lib/libtorch_cpu.so)
  message(FATAL_ERROR "libtorch_cpu.so is not in '${VRP_TORCH_ROOT}/lib'; run tools/setup, or give "
                      "-DVRP_TORCH_ROOT=... or -DTorch_DIR=...")
endif()
add_library(vrp_torch INTERFACE)
target_include_directories(vrp_torch SYSTEM INTERFACE
  ${VRP_TORCH_ROOT}/include ${VRP_TORCH_ROOT}/include/torch/csrc/api/include)
target_compile_definitions(vrp_torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
target_link_libraries(vrp_torch INTERFACE
  ${VRP_TORCH_ROOT}/lib/libtorch_cpu.so ${VRP_TORCH_ROOT}/lib/libc10.so)
# The wheel keeps its CUDA runtime beside it, in nvidia/; libtorch_cpu.so needs it even on a CPU.
file(GLOB _torch_cuda_dirs ${VRP_TORCH_ROOT}/../nvidia/*/lib)
set(VRP_TORCH_RPATH ${VRP_TORCH_ROOT}/lib ${_torch_cuda_dirs})
foreach(_dir ${VRP_TORCH_RPATH})
  target_link_options(vrp_torch INTERFACE -Wl,-rpath,${_dir} -Wl,-rpath-link,${_dir})
endforeach()
# DT_RPATH, not DT_RUNPATH: libtorch's own dependencies are to be found there too.
target_link_options(vrp_torch INTERFACE -Wl,--disable-new-dtags)
if(VRP_CUDA)
  target_compile_definitions(vrp_torch INTERFACE VRP_TORCH_CUDA=1)
  target_link_libraries(vrp_torch INTERFACE -Wl,--no-as-needed
    ${VRP_TORCH_ROOT}/lib/libtorch_cuda.so ${VRP_TORCH_ROOT}/lib/libc10_cuda.so -Wl,--as-needed)
endif()
add_library(vrp::torch ALIAS vrp_torch)

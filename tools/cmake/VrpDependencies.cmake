# Every third-party library the project uses, as imported targets with SYSTEM headers.
find_package(Threads REQUIRED)
find_package(MPI REQUIRED COMPONENTS C)
find_package(HDF5 REQUIRED COMPONENTS C HL)
find_package(Boost 1.74 CONFIG REQUIRED COMPONENTS program_options)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8>=10.30)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)

add_library(vrp_hdf5 INTERFACE)
target_include_directories(vrp_hdf5 SYSTEM INTERFACE ${HDF5_INCLUDE_DIRS})
target_link_libraries(vrp_hdf5 INTERFACE ${HDF5_C_LIBRARIES} ${HDF5_C_HL_LIBRARIES})
add_library(vrp::hdf5 ALIAS vrp_hdf5)

# Boosted trees. Only its C API is used, so the headers of a cluster module do as well as Debian's.
find_path(XGBOOST_INCLUDE_DIR xgboost/c_api.h)
find_library(XGBOOST_LIBRARY xgboost)
if(NOT XGBOOST_INCLUDE_DIR OR NOT XGBOOST_LIBRARY)
  message(FATAL_ERROR "XGBoost not found (xgboost/c_api.h: ${XGBOOST_INCLUDE_DIR}, library: "
    "${XGBOOST_LIBRARY}); install libxgboost-dev or set XGBOOST_INCLUDE_DIR and XGBOOST_LIBRARY")
endif()
add_library(vrp_xgboost INTERFACE)
target_include_directories(vrp_xgboost SYSTEM INTERFACE ${XGBOOST_INCLUDE_DIR})
target_link_libraries(vrp_xgboost INTERFACE ${XGBOOST_LIBRARY})
add_library(vrp::xgboost ALIAS vrp_xgboost)

include(VrpTorch)  # vrp::torch, vrp::nccl

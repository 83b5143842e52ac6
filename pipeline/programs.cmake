# The two programs. vrp-run is the MPI worker; vrp answers on a login node.
execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} describe --always --dirty --abbrev=12
                OUTPUT_VARIABLE VRP_REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
# A new commit is a new revision: configure again when the branch moves.
if(EXISTS ${CMAKE_SOURCE_DIR}/.git/logs/HEAD)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/.git/logs/HEAD)
endif()
if(NOT VRP_REVISION)
  set(VRP_REVISION "unknown")
endif()
file(GLOB _torch_version ${VRP_TORCH_ROOT}/version.py)
set(VRP_TORCH_VERSION "unknown")
if(_torch_version)
  file(STRINGS ${_torch_version} _line REGEX "^__version__")
  string(REGEX REPLACE ".*'(.*)'.*" "\\1" VRP_TORCH_VERSION "${_line}")
endif()

add_library(vrp_program STATIC pipeline/version.cpp pipeline/run_options.cpp)
target_link_libraries(vrp_program PUBLIC vrp_driver vrp_config vrp_store Boost::program_options)
set_source_files_properties(pipeline/version.cpp PROPERTIES COMPILE_DEFINITIONS
  "VRP_REVISION=\"${VRP_REVISION}\";VRP_TORCH_VERSION=\"${VRP_TORCH_VERSION}\";VRP_BUILD_TYPE=\"${CMAKE_BUILD_TYPE}\"")

add_executable(vrp pipeline/vrp.cpp)
target_link_libraries(vrp PRIVATE vrp_control vrp_program)

add_executable(vrp-run pipeline/vrp_run.cpp pipeline/run_job.cpp pipeline/run_calibration.cpp pipeline/run_start.cpp
               pipeline/devices.cpp pipeline/memory_check.cpp pipeline/gpu_weights.cpp)
target_link_libraries(vrp-run PRIVATE vrp_stage_runners vrp_control vrp_program vrp_dist)

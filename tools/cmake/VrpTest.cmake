# vrp_add_test(NAME [SOURCES file...] [LIBS target...] [LABELS label...] [RANKS n])
# A Catch2 program `test_NAME`; with RANKS it runs under mpirun and is named NAME.npN, label mpi.
find_package(Catch2 2.13 REQUIRED)

set(VRP_MPIRUN ${MPIEXEC_EXECUTABLE} --allow-run-as-root --oversubscribe --bind-to none)
# For tests that start mpirun themselves, also as root and with more ranks than cores.
set(VRP_TEST_ENVIRONMENT "OMP_NUM_THREADS=1;OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"
    "OMPI_MCA_rmaps_base_oversubscribe=1;OMPI_MCA_hwloc_base_binding_policy=none")

add_custom_target(sanitized_tests)
function(vrp_add_test name)
  cmake_parse_arguments(A "" "RANKS" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT A_SOURCES)
    set(A_SOURCES ${name}_test.cpp)
  endif()
  if(NOT TARGET test_${name})
    add_executable(test_${name} ${A_SOURCES})
    target_link_libraries(test_${name} PRIVATE vrp_options Catch2::Catch2 ${A_LIBS})
    if(NOT A_RANKS AND NOT "mpi_main" IN_LIST A_LIBS)
      target_link_libraries(test_${name} PRIVATE vrp_catch_main)
    endif()
    target_compile_definitions(test_${name} PRIVATE VRP_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                                    VRP_BINARY_DIR="${CMAKE_BINARY_DIR}")
  endif()
  # Target sanitized_tests: the programs that the tests with label unit or kernel need.
  if("unit" IN_LIST A_LABELS OR "kernel" IN_LIST A_LABELS)
    add_dependencies(sanitized_tests test_${name})
  endif()
  set(test_name ${name})
  set(command $<TARGET_FILE:test_${name}>)
  if(A_RANKS)
    set(test_name ${name}.np${A_RANKS})
    set(command ${VRP_MPIRUN} -n ${A_RANKS} $<TARGET_FILE:test_${name}>)
    list(APPEND A_LABELS mpi)
  endif()
  add_test(NAME ${test_name} COMMAND ${command} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${test_name} PROPERTIES LABELS "${A_LABELS}"
    ENVIRONMENT "${VRP_TEST_ENVIRONMENT}")
  if(A_RANKS)  # `ctest -j` counts every rank
    set_tests_properties(${test_name} PROPERTIES PROCESSORS ${A_RANKS})
  endif()
endfunction()

# vrp_add_python_test(NAME SCRIPT [ARGS argument...] [LABELS label...]): run by the virtual
# environment's interpreter, VRP_BIN = folder of the programs.
find_program(VRP_PYTHON NAMES python3 HINTS ${CMAKE_SOURCE_DIR}/.venv/bin NO_DEFAULT_PATH)
if(NOT VRP_PYTHON)
  find_program(VRP_PYTHON NAMES python3)
endif()
function(vrp_add_python_test name script)
  cmake_parse_arguments(A "" "" "LABELS;ARGS" ${ARGN})
  if("unit" IN_LIST A_LABELS AND TARGET vrp)
    add_dependencies(sanitized_tests vrp)
  endif()
  add_test(NAME ${name} COMMAND ${VRP_PYTHON} ${script} ${A_ARGS} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${A_LABELS};python"
    ENVIRONMENT "VRP_BIN=${CMAKE_BINARY_DIR}/bin;${VRP_TEST_ENVIRONMENT}")
endfunction()

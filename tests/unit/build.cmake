# The build itself: include directions, compiler flags, and that libtorch is found at run time.
vrp_add_python_test(check_includes ${CMAKE_SOURCE_DIR}/tools/check_includes.py LABELS unit)
vrp_add_python_test(check_includes_finds ${CMAKE_CURRENT_LIST_DIR}/check_includes_test.py LABELS unit)
vrp_add_python_test(build_flags ${CMAKE_CURRENT_LIST_DIR}/build_flags_test.py
  ARGS ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR} LABELS unit)
vrp_add_python_test(setup_without_packages ${CMAKE_CURRENT_LIST_DIR}/setup_test.py LABELS unit)

vrp_add_python_test(check_command ${CMAKE_CURRENT_LIST_DIR}/check_test.py LABELS unit)
vrp_add_python_test(demo_command ${CMAKE_CURRENT_LIST_DIR}/demo_test.py LABELS unit)
vrp_add_python_test(bench_arithmetic ${CMAKE_CURRENT_LIST_DIR}/bench_test.py LABELS unit)

set(_libs vrp::torch)
if(VRP_CUDA)
  list(APPEND _libs vrp::nccl)
endif()
vrp_add_test(torch_link SOURCES ${CMAKE_CURRENT_LIST_DIR}/torch_link_test.cpp LIBS ${_libs} LABELS unit)
set_tests_properties(torch_link PROPERTIES ENVIRONMENT_MODIFICATION "LD_LIBRARY_PATH=unset:")

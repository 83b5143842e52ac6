vrp_add_test(store SOURCES ${CMAKE_CURRENT_LIST_DIR}/store/record_test.cpp LIBS vrp_store LABELS unit)
vrp_add_test(base SOURCES ${CMAKE_CURRENT_LIST_DIR}/store/base_test.cpp LIBS vrp_base LABELS unit)
vrp_add_test(files SOURCES ${CMAKE_CURRENT_LIST_DIR}/store/files_test.cpp LIBS vrp_base LABELS unit)
vrp_add_python_test(store_h5py ${CMAKE_CURRENT_LIST_DIR}/store/h5py_test.py LABELS unit
                    ARGS $<TARGET_FILE:test_store>)

# Demo sets in every benchmark's file format: round trips, damaged files, interrupted imports.
set(_items ${CMAKE_CURRENT_LIST_DIR}/items)
vrp_add_test(part_files SOURCES ${_items}/part_files_test.cpp LIBS vrp_items LABELS unit)
vrp_add_python_test(official_formats ${_items}/official_formats_test.py LABELS unit)
vrp_add_python_test(official_damage ${_items}/official_damage_test.py LABELS unit)
vrp_add_python_test(import_kills ${_items}/import_kills_test.py LABELS resume)

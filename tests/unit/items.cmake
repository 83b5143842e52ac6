# Item tables, importers, scorers. The scoring cases come from VRP_CASES_DIR, or from items/cases.
set(_items ${CMAKE_CURRENT_LIST_DIR}/items)
add_executable(scoring_cases ${_items}/scoring_cases.cpp ${_items}/scoring_cases_vqa.cpp)
target_link_libraries(scoring_cases PRIVATE vrp_options vrp_items)
target_compile_definitions(scoring_cases PRIVATE VRP_OWN_CASES="${_items}/cases")
add_test(NAME scoring_cases COMMAND scoring_cases check)
add_test(NAME scoring_cases_own COMMAND scoring_cases check ${_items}/cases)
# Skipped, with a list, when a file, column or figure is not supported: never passed.
add_test(NAME scoring_cases_unsupported COMMAND scoring_cases unsupported)
set_tests_properties(scoring_cases scoring_cases_own scoring_cases_unsupported
                     PROPERTIES LABELS scoring SKIP_RETURN_CODE 77)
vrp_add_python_test(scoring_oracle ${_items}/cases/oracle.py LABELS "scoring")
vrp_add_python_test(scoring_oracle_vqa ${_items}/cases/vqa_oracle.py LABELS "scoring")
vrp_add_python_test(scoring_oracle_letters ${_items}/cases/letter_oracle.py LABELS "scoring")

vrp_add_test(items SOURCES ${_items}/scorer_test.cpp ${_items}/summary_test.cpp
                           ${_items}/labels_test.cpp ${_items}/rouge_test.cpp
                           ${_items}/item_table_test.cpp ${_items}/json_rows_test.cpp
                           ${_items}/coco_test.cpp
                           ${_items}/set_fill_test.cpp ${_items}/counting_set_test.cpp
                           ${_items}/spatial_set_test.cpp
             LIBS vrp_items LABELS unit)
vrp_add_test(importers SOURCES ${_items}/import_pope_test.cpp
                               ${_items}/import_mme_test.cpp ${_items}/import_seed_bench_test.cpp
                               ${_items}/tsv_parts_test.cpp ${_items}/import_tsv_test.cpp
                               ${_items}/import_jsonl_test.cpp ${_items}/import_set_test.cpp
             LIBS vrp_items LABELS unit)
vrp_add_test(importers_open SOURCES ${_items}/json_stream_test.cpp
                                    ${_items}/import_vqav2_test.cpp
                                    ${_items}/import_textvqa_test.cpp
                                    ${_items}/import_llava_bench_test.cpp
                                    ${_items}/import_mm_vet_test.cpp
             LIBS vrp_items LABELS unit)

file(GLOB _import_command ${CMAKE_SOURCE_DIR}/pipeline/control/import_*.cpp)
vrp_add_test(import_command SOURCES ${_items}/import_command_test.cpp ${_import_command}
             LIBS vrp_items vrp_model_front Boost::program_options LABELS unit)
vrp_add_python_test(import_program ${_items}/import_program_test.py LABELS unit)
vrp_add_python_test(import_tsv_program ${_items}/tsv_program_test.py LABELS unit)
vrp_add_python_test(import_demo_sets ${_items}/demo_sets_test.py LABELS unit)

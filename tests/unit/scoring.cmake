# Rules that judge answers, judges' files, the benchmarks' own figures.
set(_items ${CMAKE_CURRENT_LIST_DIR}/items)
vrp_add_test(scoring SOURCES ${_items}/vqa_test.cpp ${_items}/letter_test.cpp
                             ${_items}/open_scorers_test.cpp ${_items}/reviews_test.cpp
                             ${_items}/judge_requests_test.cpp ${_items}/official_figures_test.cpp
                             ${_items}/official_judged_test.cpp
             LIBS vrp_items LABELS "unit;scoring")

vrp_add_test(model_edit SOURCES ${CMAKE_CURRENT_LIST_DIR}/model/edit_test.cpp
             LIBS vrp_model vrp_tiny_checkpoint LABELS unit)

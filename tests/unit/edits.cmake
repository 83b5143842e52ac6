vrp_add_test(model_edit SOURCES ${CMAKE_CURRENT_LIST_DIR}/model/edit_test.cpp
             LIBS vrp_model vrp_tiny_checkpoint LABELS unit)
vrp_add_test(model_mask SOURCES ${CMAKE_CURRENT_LIST_DIR}/model/mask_test.cpp
             LIBS vrp_model_front vrp_tiny_checkpoint LABELS unit)
vrp_add_test(model_edit_attention SOURCES ${CMAKE_CURRENT_LIST_DIR}/model/edit_attention_test.cpp
             LIBS vrp_model vrp_tiny_checkpoint LABELS unit)

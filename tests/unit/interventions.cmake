set(_interventions ${CMAKE_CURRENT_LIST_DIR}/interventions)
vrp_add_test(interventions_plan SOURCES ${_interventions}/plan_test.cpp
             LIBS vrp_interventions_front LABELS unit)
foreach(area mask target stage)
  vrp_add_test(interventions_${area} SOURCES ${_interventions}/${area}_test.cpp
               LIBS vrp_stage_interventions vrp_tiny_checkpoint LABELS unit)
endforeach()

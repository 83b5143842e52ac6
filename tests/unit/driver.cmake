vrp_add_test(config SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/config_test.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/driver/model_interventions_test.cpp
                            ${CMAKE_CURRENT_LIST_DIR}/driver/paper_commands_test.cpp
             LIBS vrp_config vrp_stage_catalog vrp_program vrp_driver LABELS unit)
vrp_add_test(plan SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/plan_test.cpp LIBS vrp_driver LABELS unit)
vrp_add_test(score_file SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/score_file_test.cpp LIBS vrp_driver LABELS unit)
vrp_add_test(scheduler SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/scheduler_test.cpp LIBS vrp_driver LABELS unit)
vrp_add_test(coordinator SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/coordinator_test.cpp
             LIBS vrp_driver_run LABELS unit)
vrp_add_test(worker SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/worker_test.cpp
             LIBS vrp_driver_run LABELS unit)
vrp_add_test(ledger_writer SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/ledger_writer_test.cpp
             LIBS vrp_driver_run LABELS unit)
vrp_add_test(owner SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/owner_test.cpp LIBS vrp_driver LABELS unit)
vrp_add_test(rank_book SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/rank_book_test.cpp LIBS vrp_driver LABELS unit)
vrp_add_test(events SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/events_test.cpp LIBS vrp_driver LABELS unit)
vrp_add_test(run_folder SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/run_folder_test.cpp ${CMAKE_CURRENT_LIST_DIR}/driver/journal_test.cpp LIBS vrp_driver LABELS unit)
vrp_add_test(agreement SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/agreement_test.cpp LIBS vrp_stage_consistency LABELS unit)
vrp_add_test(tables SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/tables_test.cpp LIBS vrp_driver LABELS unit)
vrp_add_test(calibrate SOURCES ${CMAKE_CURRENT_LIST_DIR}/driver/calibrate_test.cpp LIBS vrp_driver LABELS unit)

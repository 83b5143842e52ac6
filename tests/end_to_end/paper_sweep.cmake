# The paper's own sweep on small checkpoints and sets: every table and figure from one run.
vrp_add_python_test(paper_sweep ${CMAKE_CURRENT_LIST_DIR}/paper_sweep_test.py LABELS slow mpi)
set_tests_properties(paper_sweep PROPERTIES TIMEOUT 1500 RUN_SERIAL ON)

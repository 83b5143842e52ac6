# Jobs of a cluster without a cluster: the job's script on recorded messages, vrp submit with a
# recorded sbatch. tests/slurm has the real ones.
vrp_add_python_test(job_script ${CMAKE_CURRENT_LIST_DIR}/job_script_test.py LABELS unit)
vrp_add_python_test(submit_command ${CMAKE_CURRENT_LIST_DIR}/submit_test.py LABELS unit)
vrp_add_python_test(container_recipe ${CMAKE_CURRENT_LIST_DIR}/container_test.py LABELS unit)

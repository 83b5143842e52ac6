# What differs between clusters, in one place; sourced by every sbatch file here.
# Load what provides MPI, HDF5 and (for the GPU) CUDA, e.g.:
#   module load openmpi hdf5 cuda/13
VRP_HOME=${VRP_HOME:-$SLURM_SUBMIT_DIR}   # the checkout that tools/setup built
VRP_MPI=${VRP_MPI:-pmix}                  # srun --mpi=...; `srun --mpi=list` names what is there
export OMP_NUM_THREADS=1 HDF5_USE_FILE_LOCKING=FALSE

# shellcheck shell=bash
# shellcheck disable=SC2034  # read by job.sh and by `vrp submit`
# What differs between clusters. Copy this file, change what yours needs, and name the copy with
# `vrp submit --site FILE` or VRP_SITE=FILE. It is bash, read once when a job is submitted and once
# when it starts. A variable of the environment wins over the default written here.

# --- where a job may run: options of sbatch, "" = the cluster's default
VRP_PARTITION=${VRP_PARTITION:-}
VRP_ACCOUNT=${VRP_ACCOUNT:-}
VRP_QOS=${VRP_QOS:-}
VRP_CONSTRAINT=${VRP_CONSTRAINT:-}            # features of nodes, such as a100
VRP_MEMORY=${VRP_MEMORY:-}                    # of a node, such as 200G; 0 = all of it
VRP_SBATCH_OPTIONS=()                         # any others: (--exclusive --mail-type=END)

# --- how many, when --nodes and --time do not say it
VRP_NODES=${VRP_NODES:-1}
VRP_TIME=${VRP_TIME:-24:00:00}

# --- the shape of a node. With GPUs: one rank for each. Without: ranks x threads.
VRP_GPUS_PER_NODE=${VRP_GPUS_PER_NODE:-4}     # 0 = a CPU cluster
VRP_RANKS_PER_NODE=${VRP_RANKS_PER_NODE:-}    # "" = one for each GPU, or 1 without GPUs
VRP_CPUS_PER_RANK=${VRP_CPUS_PER_RANK:-8}     # one computes, the others decode pictures and write;
                                              # on a CPU cluster these are the threads of a rank
# --- what brings MPI, HDF5 and CUDA
VRP_MODULES=${VRP_MODULES:-}                  # such as "openmpi hdf5 cuda/13": module load ...
vrp_site_setup() { :; }                       # anything else a job must do first, on its first node

# --- the programs: the folder of vrp and vrp-run ("" = build/bin of the checkout), and what stands
# before their names to run them in a container (see container.def):
#   VRP_CONTAINER=(apptainer exec --nv "$HOME/vrp.sif")  with VRP_BIN=/opt/vrp/build/bin
VRP_BIN=${VRP_BIN:-}
VRP_CONTAINER=()

# --- how ranks are started
VRP_LAUNCH=${VRP_LAUNCH:-srun}                # srun or mpirun
VRP_MPI=${VRP_MPI:-pmix}                      # srun --mpi=...; `srun --mpi=list` names what is there
VRP_SRUN_OPTIONS=(--cpu-bind=cores)           # with GPUs every rank sees all of its node's and
                                              # takes one by its number on the node
VRP_MPIRUN_OPTIONS=(--bind-to core)

# --- when to stop and when to go on
VRP_SIGNAL_SECONDS=${VRP_SIGNAL_SECONDS:-300} # warning before the time limit; more than [run] margin
VRP_MAX_REQUEUES=${VRP_MAX_REQUEUES:-100}     # how often one job goes back into the queue
VRP_MAX_CRASHES=${VRP_MAX_CRASHES:-20}        # restarts inside one allocation
VRP_NODE_FAILURES=${VRP_NODE_FAILURES:-2}     # failures after which a node is left out
VRP_MIN_NODES=${VRP_MIN_NODES:-}              # fewer left: back into the queue; "" = half of them
VRP_WAIT_LIVE=${VRP_WAIT_LIVE:-90}            # seconds to wait for the folder's last owner to end
VRP_SILENT_SECONDS=${VRP_SILENT_SECONDS:-900} # a run without heartbeat for so long is ended
VRP_REPORT=${VRP_REPORT:-yes}                 # report.html at the end; no = later, by hand

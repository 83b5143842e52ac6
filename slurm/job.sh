# shellcheck shell=bash
# shellcheck disable=SC2153  # variables of site.sh
# A job that runs one sweep to its end: starts vrp-run, passes stop signals on, starts it again after
# a crash, leaves out nodes that keep failing, and goes back into the queue when time is up.
# Sourced after site.sh and nodes.sh by the files *.sbatch here; `vrp submit` writes all of them into
# one file. Needs bash 4.4 and the programs scontrol, squeue, sinfo and srun or mpirun.
#
# What decides (exit codes of vrp-run):
#   0 3        done: the report is made, the job ends.
#   2 4 5 6 7  the job ends: starting again would end alike.
#   75         stopped early: back into the queue, if a unit was finished since this job's start. A
#              stop signal may find the first unit unfinished once; twice in a row ends the job.
#   other      a crash: started again in the same allocation, at most VRP_MAX_CRASHES times, and not
#              after two crashes in a row without a finished unit. The node that failed is counted.
# Progress is the number of lines of RUN/units.journal, one for each finished unit.
#
# Signals: USR2 (the time limit is near) and TERM (preemption with a grace time) are passed on as
# USR2; the ranks finish what they can and leave with 75. When Slurm itself has ended the job (scancel,
# requeue, preemption), its state is no longer RUNNING and this script leaves the rest to Slurm: a
# cancelled job must not requeue itself.

# One element of an array has the number of the whole: SLURM_JOB_ID would name them all.
VRP_JOB=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID:-}}
VRP_JOB=${VRP_JOB:-${SLURM_JOB_ID:-}}

vrp_say() { printf '%s vrp job %s: %s\n' "$(date '+%F %T')" "$VRP_JOB" "$*"; }

vrp_end() { # CODE TEXT: the last line of a job says why it ends
  vrp_say "$2"
  exit "$1"
}

vrp_units_done() {
  local lines=0
  [ ! -f "$VRP_RUN/units.journal" ] || lines=$(grep -vc '^#' "$VRP_RUN/units.journal")
  printf '%d' "$lines"
}

vrp_bytes() { stat -c %s "$1" 2>/dev/null || printf 0; }

# vrp_job_state: "RUNNING None", "COMPLETING TimeLimit" ...
vrp_job_state() {
  scontrol show job --oneliner "$VRP_JOB" |
    sed -n 's/.* JobState=\([A-Z_]*\) Reason=\([^ ]*\).*/\1 \2/p'
}

vrp_stop_signal() { # NAME: trap of USR2 and TERM
  [ -n "$VRP_STOPPED_BY" ] || {
    VRP_STOPPED_BY=$1
    VRP_STOPPED_AT=$SECONDS
    vrp_say "got SIG$1; the ranks finish what they can and stop"
  }
  # srun and mpirun pass USR2 on to every rank; a TERM would make mpirun kill them.
  [ -z "$VRP_LAUNCHED" ] || kill -USR2 "$VRP_LAUNCHED" 2>/dev/null
}

# vrp_launch_words NODE...: sets VRP_WORDS to the command that starts vrp-run on these nodes.
vrp_launch_words() {
  local -a nodes=("$@")
  local per_node=$VRP_RANKS_PER_NODE
  local ranks=$((per_node * ${#nodes[@]}))
  local list
  list=$(IFS=,; printf '%s' "${nodes[*]}")
  if [ "$VRP_LAUNCH" = mpirun ]; then
    local shape=ppr:$per_node:node
    [ "$VRP_CPUS_PER_RANK" = 1 ] || shape+=:pe=$VRP_CPUS_PER_RANK
    VRP_WORDS=(mpirun -n "$ranks" --host "${list//,/:$per_node,}:$per_node" --map-by "$shape"
      "${VRP_MPIRUN_OPTIONS[@]}")
  else
    # --overlap: what is left of a killed step must not keep the next one waiting.
    # --kill-on-bad-exit: a killed rank ends the step; without it rank 0 may go on alone and wait.
    # The others get TERM, then KILL after Slurm's KillWait. --wait: ranks that are left over when
    # others have gone are ended after a minute.
    VRP_WORDS=(srun --mpi="$VRP_MPI" --nodes="${#nodes[@]}" --nodelist="$list" --ntasks="$ranks"
      --ntasks-per-node="$per_node" --cpus-per-task="$VRP_CPUS_PER_RANK" --overlap
      --kill-on-bad-exit=1 --wait=60 "${VRP_SRUN_OPTIONS[@]}")
  fi
  VRP_WORDS+=("${VRP_CONTAINER[@]}" "$VRP_BIN/vrp-run")
}

# vrp_kill_launch: ends a step that does not end by itself.
vrp_kill_launch() {
  kill -TERM "$VRP_LAUNCHED" 2>/dev/null # srun and mpirun: kill the ranks
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    kill -0 "$VRP_LAUNCHED" 2>/dev/null || return 0
    sleep 1
  done
  [ "$VRP_LAUNCH" = mpirun ] || scancel --signal=KILL "$VRP_JOB" # steps, not this script
  kill -KILL "$VRP_LAUNCHED" 2>/dev/null
}

# vrp_overdue: why the running step must be ended now, "" when it need not.
#   A stopped run that is still there a minute before the limit would be lost to the limit. A run
#   whose owner.json has not been renewed for long has lost rank 0, which nobody else notices when
#   a slurmstepd died. Where there is none, ranks may hang in MPI's own start, before they have
#   taken the folder, or in its end, when they have given it up.
vrp_overdue() {
  local reserve
  if [ -n "$VRP_STOPPED_BY" ]; then
    reserve=$((VRP_SIGNAL_SECONDS / 4 < 60 ? VRP_SIGNAL_SECONDS / 4 : 60))
    [ $((SECONDS - VRP_STOPPED_AT)) -lt $((VRP_SIGNAL_SECONDS - reserve)) ] ||
      printf 'it has not stopped %d s after the signal' $((SECONDS - VRP_STOPPED_AT))
    return
  fi
  [ $(($(date +%s) - VRP_LAST_BEAT)) -lt "$VRP_SILENT_SECONDS" ] ||
    printf 'no heartbeat in owner.json for %d s' $(($(date +%s) - VRP_LAST_BEAT))
}

# vrp_see_beat: sets VRP_LAST_BEAT, the latest of this step's start and the heartbeats seen in it.
vrp_see_beat() {
  local beat
  beat=$(stat -c %Y "$VRP_RUN/owner.json" 2>/dev/null) || return 0
  [ "$beat" -le "$VRP_LAST_BEAT" ] || VRP_LAST_BEAT=$beat
}

# vrp_launch WORD...: runs vrp-run with these options until it ends; sets VRP_CODE. What it prints
# goes to the job's log and, for vrp_launch_problem, to VRP_OUTPUT.
vrp_launch() {
  local copier ticker overdue
  VRP_LAST_BEAT=$(date +%s)
  # Slurm's TERM goes to every process of this script; the copy must outlive those that write to it.
  (trap '' TERM INT USR1 USR2 && exec tee "$VRP_OUTPUT" <"$VRP_OUTPUT.pipe") &
  copier=$!
  "${VRP_WORDS[@]}" "$@" >"$VRP_OUTPUT.pipe" 2>&1 &
  VRP_LAUNCHED=$!
  [ -z "$VRP_STOPPED_BY" ] || kill -USR2 "$VRP_LAUNCHED" # it came just before
  (while sleep "$VRP_LOOK_SECONDS" && kill -USR1 "$$"; do :; done) 2>/dev/null &
  ticker=$!
  while kill -0 "$VRP_LAUNCHED" 2>/dev/null; do
    wait "$VRP_LAUNCHED" # a trapped signal ends the wait, not the step
    vrp_see_beat
    overdue=$(vrp_overdue)
    if [ -n "$overdue" ] && kill -0 "$VRP_LAUNCHED" 2>/dev/null; then
      vrp_say "ending the step: $overdue"
      vrp_kill_launch
    fi
  done
  wait "$VRP_LAUNCHED"
  VRP_CODE=$?
  VRP_LAUNCHED=
  kill "$ticker" 2>/dev/null
  # The last lines; a process that a killed launcher left behind may hold the pipe for longer.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 "$copier" 2>/dev/null || break
    sleep 0.2
  done
  kill -KILL "$copier" 2>/dev/null
}

# vrp_verdict CODE PROBLEM HUNG: done, stop, requeue or crash.
vrp_verdict() {
  case $1 in
    0 | 3)
      # srun has been seen to lose ranks and say nothing: the run's own word counts.
      if vrp_ended_well "$VRP_RUN/events.jsonl" "$VRP_EVENTS"; then echo "done"; else echo crash; fi
      ;;
    2 | 4 | 5 | 6 | 7) echo stop ;;
    *)
      if [ -n "$VRP_STOPPED_BY" ]; then # a rank that dies while the run stops loses nothing
        echo requeue
      elif [ "$1" = 75 ] && [ -z "$2$3" ]; then
        echo requeue
      else
        echo crash
      fi
      ;;
  esac
}

# vrp_requeue TEXT [CODE]: back into the queue, or the end with a reason (and CODE, default 75).
vrp_requeue() {
  local code=${2:-75} state restarts=${SLURM_RESTART_COUNT:-0} units said
  state=$(vrp_job_state)
  units=$(vrp_units_done)
  # A job that was ended at its time limit may be requeued all the same; a cancelled one must not be.
  [[ $state = RUNNING* || $state = *TimeLimit ]] ||
    vrp_end 75 "$1; Slurm has ended this job (${state% None}) and decides what becomes of it; $units units are finished, the same command resumes"
  [ "${VRP_LINKS_LEFT:-0}" = 0 ] ||
    vrp_end 75 "$1; $units units are finished, the next job of the chain goes on"
  [ "$restarts" -lt "$VRP_MAX_REQUEUES" ] ||
    vrp_end "$code" "$1; not requeued: $restarts restarts, and VRP_MAX_REQUEUES is $VRP_MAX_REQUEUES; submit again to resume"
  if [ "$units" -le "$VRP_UNITS_AT_START" ]; then
    [ -n "$VRP_STOPPED_BY" ] ||
      vrp_end "$code" "$1; not requeued: no unit was finished since this job started ($units before and now)"
    [ -z "$VRP_UNITS_BEFORE" ] || [ "$VRP_UNITS_AT_START" -gt "$VRP_UNITS_BEFORE" ] ||
      vrp_end "$code" "$1; not requeued: two starts in a row finished no unit ($units before and now); give more --time, or smaller [run] unit_items"
  fi
  # Slurm's TERM to every process of the old start must not reach scontrol before its answer does.
  said=$(trap '' TERM && scontrol requeue "$VRP_JOB" 2>&1) ||
    vrp_end "$code" "$1; not requeued: scontrol requeue: $said; submit again to resume"
  # A running job's list of excluded nodes cannot be changed, that of a requeued one can.
  [ -z "$VRP_EXCLUDED" ] ||
    (trap '' TERM && scontrol update "JobId=$VRP_JOB" "ExcNodeList=${VRP_EXCLUDED// /,}") 2>&1
  vrp_end 75 "$1; requeued with $units units finished (restart $((restarts + 1)) of at most $VRP_MAX_REQUEUES)${VRP_EXCLUDED:+, without $VRP_EXCLUDED}"
}

# vrp_count_failure NODE: sets VRP_EXCLUDED_NOW when that is one failure too many.
vrp_count_failure() {
  VRP_FAILURES[$1]=$((${VRP_FAILURES[$1]:-0} + 1))
  vrp_say "node $1 has failed ${VRP_FAILURES[$1]} times (left out at $VRP_NODE_FAILURES)"
  if [ "${VRP_FAILURES[$1]}" -ge "$VRP_NODE_FAILURES" ] && [ -n "$(vrp_without "$VRP_EXCLUDED" "$1")" ]; then
    VRP_EXCLUDED="${VRP_EXCLUDED:+$VRP_EXCLUDED }$1"
    VRP_EXCLUDED_NOW=$1
  fi
}

# vrp_after_crash PROBLEM PROGRESS: returns when the run shall be started again, else ends the job.
vrp_after_crash() {
  VRP_CRASHES=$((VRP_CRASHES + 1))
  if [ "$2" -gt 0 ]; then
    VRP_IDLE_CRASHES=0
    VRP_IDLE_EXCLUDED=
  else
    VRP_IDLE_CRASHES=$((VRP_IDLE_CRASHES + 1))
  fi
  [ "$VRP_CRASHES" -lt "$VRP_MAX_CRASHES" ] ||
    vrp_end 1 "not started again: $VRP_CRASHES crashes in this allocation (VRP_MAX_CRASHES); last: $1"
  if [ "$VRP_IDLE_CRASHES" -ge 2 ]; then
    # Without the bad node things may go well, once; if not, it was not the node.
    if [ -n "$VRP_EXCLUDED_NOW" ] && [ -z "$VRP_IDLE_EXCLUDED" ]; then
      VRP_IDLE_EXCLUDED=$VRP_EXCLUDED_NOW
      VRP_IDLE_CRASHES=1
    else
      vrp_end 1 "not started again: crashes in a row without a finished unit; last: $1"
    fi
  fi
  vrp_say "crash ($1) after $2 finished units: starting again in this allocation"
}

# vrp_nodes_to_use: sets VRP_USE, or ends the job when too few nodes are left.
vrp_nodes_to_use() {
  local live least
  live=$(vrp_live_nodes) || live=$(scontrol show hostnames "$SLURM_JOB_NODELIST")
  # shellcheck disable=SC2086  # one word per node
  mapfile -t VRP_USE < <(vrp_without "$VRP_EXCLUDED" $live)
  least=${VRP_MIN_NODES:-$(((SLURM_JOB_NUM_NODES + 1) / 2))}
  [ "${#VRP_USE[@]}" -ge "$least" ] ||
    vrp_requeue "${#VRP_USE[@]} of $SLURM_JOB_NUM_NODES nodes are left${VRP_EXCLUDED:+ (left out: $VRP_EXCLUDED)}, fewer than $least" 1
}

vrp_prepare() { # modules, defaults, this start's place in the history
  local name
  if [ -n "$VRP_MODULES" ]; then
    # A batch shell is no login shell: `module` may not be defined yet.
    # shellcheck disable=SC1091
    type module >/dev/null 2>&1 || . /etc/profile
    # shellcheck disable=SC2086  # one word per module
    module load $VRP_MODULES || vrp_end 2 "module load $VRP_MODULES failed"
  fi
  vrp_site_setup || vrp_end 2 "vrp_site_setup of the site file failed"
  [ -n "$VRP_RANKS_PER_NODE" ] || VRP_RANKS_PER_NODE=$((VRP_GPUS_PER_NODE > 0 ? VRP_GPUS_PER_NODE : 1))
  [ -n "$VRP_BIN" ] || VRP_BIN=$VRP_HOME/build/bin
  export HDF5_USE_FILE_LOCKING=FALSE OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
  # Limits of the whole job that srun and mpirun would otherwise take for the step's.
  for name in NTASKS NPROCS NTASKS_PER_NODE CPUS_PER_TASK; do unset "SLURM_$name"; done
  mkdir -p "$VRP_RUN/slurm" || vrp_end 7 "cannot make $VRP_RUN/slurm"
  VRP_UNITS_AT_START=$(vrp_units_done)
  VRP_UNITS_BEFORE=$(awk -v job="$SLURM_JOB_ID" '$2 == job {units = $4} END {print units}' \
    "$VRP_RUN/slurm/starts" 2>/dev/null)
  [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] || VRP_UNITS_BEFORE=
  printf '%s %s %s %s\n' "$(date -u '+%FT%TZ')" "$SLURM_JOB_ID" "${SLURM_RESTART_COUNT:-0}" \
    "$VRP_UNITS_AT_START" >>"$VRP_RUN/slurm/starts" # time, job, restart, units finished by then
}

# vrp_job RUN OPTION...: runs `vrp-run OPTION... --output-dir RUN`. Does not return.
vrp_job() {
  VRP_RUN=$1
  shift
  VRP_STOPPED_BY='' VRP_STOPPED_AT=0 VRP_LAUNCHED='' VRP_EXCLUDED='' VRP_CRASHES=0
  VRP_IDLE_CRASHES=0 VRP_IDLE_EXCLUDED='' VRP_LOOK_SECONDS=${VRP_LOOK_SECONDS:-10}
  declare -gA VRP_FAILURES=()
  trap 'vrp_stop_signal USR2' USR2
  trap 'vrp_stop_signal TERM' TERM
  trap : USR1 # the ticker of vrp_launch
  vrp_prepare
  VRP_OUTPUT=$(mktemp "${TMPDIR:-/tmp}/vrp-$SLURM_JOB_ID.XXXXXX") || vrp_end 7 "no temporary file"
  mkfifo "$VRP_OUTPUT.pipe" || vrp_end 7 "cannot make $VRP_OUTPUT.pipe"
  trap 'rm -f "$VRP_OUTPUT" "$VRP_OUTPUT.pipe"' EXIT
  local verdict problem hung host node units
  local -a wait_live=()
  [ -z "$VRP_WAIT_LIVE" ] || wait_live=(--wait-live "$VRP_WAIT_LIVE")
  while :; do
    [ -z "$VRP_STOPPED_BY" ] || vrp_requeue "stopped by SIG$VRP_STOPPED_BY"
    vrp_nodes_to_use
    vrp_launch_words "${VRP_USE[@]}"
    units=$(vrp_units_done)
    VRP_EVENTS=$(vrp_bytes "$VRP_RUN/events.jsonl")
    vrp_say "starting on ${VRP_USE[*]} with $units units finished (restart ${SLURM_RESTART_COUNT:-0}, crashes here $VRP_CRASHES)"
    vrp_launch "$@" --output-dir "$VRP_RUN" "${wait_live[@]}"
    units=$(($(vrp_units_done) - units))
    problem=$(vrp_launch_problem "$VRP_OUTPUT")
    hung=$(vrp_event_hosts "$VRP_RUN/events.jsonl" "$VRP_EVENTS" hung)
    verdict=$(vrp_verdict "$VRP_CODE" "$problem" "$hung")
    vrp_say "vrp-run ended with $VRP_CODE${problem:+ ($problem)}, $units units were finished: $verdict"
    VRP_EXCLUDED_NOW=
    case $verdict in
      done)
        # A later link of a chain finds the run complete and its report made.
        if [ "$VRP_REPORT" = yes ] && { [ "$units" -gt 0 ] || [ ! -f "$VRP_RUN/report.html" ]; }; then
          "${VRP_CONTAINER[@]}" "$VRP_BIN/vrp" report "$VRP_RUN" ||
            vrp_say "vrp report failed; run it again by hand"
        fi
        vrp_end "$VRP_CODE" "complete"
        ;;
      stop) vrp_end "$VRP_CODE" "not started again: exit code $VRP_CODE needs a change first, see the messages above" ;;
      requeue) vrp_requeue "stopped early${VRP_STOPPED_BY:+ by SIG$VRP_STOPPED_BY}" ;;
    esac
    # A silent rank's message names its host; rank 0, which ends the job then, is named by srun.
    for host in ${hung:-${problem%% *}} $(vrp_event_hosts "$VRP_RUN/events.jsonl" "$VRP_EVENTS" retired); do
      node=$(vrp_node_of "$host" "${VRP_USE[@]}")
      [ -z "$node" ] || vrp_count_failure "$node"
    done
    vrp_after_crash "${problem:-exit code $VRP_CODE}" "$units"
  done
}

# vrp_sweep SWEEP.ini RUN OPTION...: what sweep.sbatch is given.
vrp_sweep() {
  [ $# -ge 2 ] || vrp_end 2 "expected SWEEP.ini RUN [more vrp-run options], found '$*'"
  vrp_job "$2" -C "$1" "${@:3}"
}

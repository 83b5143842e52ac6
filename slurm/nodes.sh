# shellcheck shell=bash
# Which node failed, and which nodes are left. Pure functions of text except vrp_live_nodes.

# vrp_launch_problem FILE: what went wrong first in the output of a launch, as "NODE TEXT" (NODE "-"
# when the message names none); nothing when the ranks only left with exit code 75 or 0.
#
# What srun (Slurm 22.05, --mpi=pmix) prints: "srun: error: n2: tasks 2-3: Exited with exit code 75"
# when ranks return 75, and srun's own code is 75. A killed rank: "srun: error: n1: task 1: Killed",
# then the PMIx plugin ends the step, so that the ranks of other nodes are "Killed" too: the first
# line names the cause, srun returns 137. After MPI_Abort(75) the lines come in any order, and of
# "n1: task 0: Killed" and "n1: task 1: Exited with exit code 75" the second is the cause; srun
# returns 75 or 137. A lost node: "srun: error: Node failure on n2", srun returns 137. A killed
# slurmstepd is not noticed by srun at all: its ranks die, the others wait, and after the step was
# ended srun gives up on the lost part ("Timed out waiting for job step to complete"), 137.
# mpirun names rank, process and node of a signal; for an exit code it names the rank only, and for
# a lost node the daemon there.
vrp_launch_problem() {
  awk '
    function found(node, text, weak) {
      if (weak) { if (weak_text == "") { weak_node = node; weak_text = text } return }
      if (first_text == "") { first_node = node; first_text = text }
    }
    /^srun: error: Node failure on / { found($6, "node failure", 0); next }
    /^srun: error: Task launch for .* failed on node / {
      line = $0; sub(/.* failed on node /, "", line); node = line; sub(/:.*/, "", node)
      found(node, "launch failed", 0); next
    }
    /^srun: error: [^ :]+: tasks? [0-9,-]+: / {
      node = $3; sub(/:$/, "", node); text = $0; sub(/^srun: error: [^:]+: tasks? [0-9,-]+: /, "", text)
      if (text == "Exited with exit code 75") next
      if (aborted && text == "Killed") found(node, text, 1); else found(node, text, 0)
      next
    }
    /^srun: Job step aborted|^slurmstepd.*CANCELLED AT/ { aborted = 1; next }
    /^srun: error: Unable to |^srun: error: task .* launch failed/ {
      text = $0; sub(/^srun: error: /, "", text); found("-", text, 0); next
    }
    /noticed that process rank .* on node .* exited on signal/ {
      node = $0; sub(/.* on node /, "", node); sub(/ .*/, "", node)
      text = $0; sub(/.* exited on /, "", text); found(node, text, 0); next
    }
    /Remote daemon: .* on node / {
      node = $0; sub(/.* on node /, "", node); sub(/[ .].*/, "", node); found(node, "daemon lost", 0); next
    }
    /^ *Exit code: +[0-9]+$/ && $3 != 75 { found("-", "exit code " $3, 0); next }
    END {
      if (first_text != "") print first_node, first_text
      else if (weak_text != "") print weak_node, weak_text
    }' "$1"
}

# vrp_event_hosts FILE OFFSET KIND: the hosts of the events KIND (hung, retired) that were written
# to events.jsonl after its first OFFSET bytes, one a line.
vrp_event_hosts() {
  [ -f "$1" ] || return 0
  tail -c "+$(($2 + 1))" "$1" | grep "\"event\":\"$3\"" | sed -n 's/.*"host":"\([^"]*\)".*/\1/p'
}

# vrp_ended_well FILE OFFSET: whether the run's own last event after OFFSET is an end with code 0 or 3.
vrp_ended_well() {
  [ -f "$1" ] &&
    tail -c "+$(($2 + 1))" "$1" | grep '"event":"end"' | tail -1 | grep -q '"code":[03][,}]'
}

# vrp_node_of HOST NODE...: the node of that name, with or without a domain; nothing when none is.
vrp_node_of() {
  local host=${1%%.*} node
  shift
  for node in "$@"; do
    [ "${node%%.*}" != "$host" ] || {
      printf '%s\n' "$node"
      return
    }
  done
}

# vrp_without LIST NODE...: the nodes that are not among the words of LIST, one a line.
vrp_without() {
  local list=" $1 " node
  shift
  for node in "$@"; do
    case $list in *" $node "*) ;; *) printf '%s\n' "$node" ;; esac
  done
}

# vrp_live_nodes: the nodes that this job holds and that answer, one a line. A job that was submitted
# with --no-kill loses failed nodes and goes on with the others.
vrp_live_nodes() {
  local held down
  held=$(scontrol show hostnames "$(squeue --noheader --jobs="$VRP_JOB" --format=%N)") || return 1
  down=$(sinfo --noheader --Node --nodes="${held//$'\n'/,}" --format='%N %T' |
    awk '$2 ~ /\*$|^down|^fail|^power|^unknown/ {print $1}')
  # shellcheck disable=SC2086  # one word per node
  vrp_without "${down//$'\n'/ }" $held
}

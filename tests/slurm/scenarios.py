"""What can happen to a sweep on a cluster. Each function gets a Sweep on as many nodes as its
`nodes` says, and the digest of an unbroken run; it raises when a claim does not hold.
"""
import os
import shlex
import shutil
import signal

import harness as h
import jobs

ALL = []


def scenario(nodes):
    def register(function):
        function.nodes = nodes
        ALL.append(function)
        return function
    return register


def complete(sweep, expected, seconds=120, job=None):
    state = sweep.wait_for_end(seconds, job)
    sweep.require(state == ("COMPLETED", "0:0"), f"the job ended as {state}, expected COMPLETED")
    sweep.require_digest(expected)


@scenario(nodes=2)
def time_limit(sweep, expected):
    """Slurm warns ahead of the limit, the ranks stop with 75, the job requeues itself and resumes."""
    sweep.commit_seconds = 3
    sweep.submit(time_limit="1")
    sweep.wait_for_text("got SIGUSR2", 70)
    sweep.wait_for_text("requeued with", 60)
    sweep.cluster.call("scontrol", "update", f"JobId={sweep.ids[0]}", "TimeLimit=10", check=True)
    complete(sweep, expected)
    sweep.require_text("restart 1, crashes here 0")


@scenario(nodes=1)
def killed_stepd_of_rank_0(sweep, expected):
    """Nobody but the run's missing heartbeat tells that rank 0 is gone; the step is ended, restarted."""
    sweep.submit(site="VRP_SILENT_SECONDS=14 VRP_RANKS_PER_NODE=2")
    sweep.wait_for_units(4)
    os.kill(sweep.step_daemon(sweep.nodes[0]), signal.SIGKILL)
    sweep.wait_for_text("no heartbeat in owner.json", 60)
    complete(sweep, expected)
    sweep.require_text("starting again in this allocation")


@scenario(nodes=2)
def killed_stepd(sweep, expected):
    """The ranks below a killed slurmstepd fall silent; rank 0 ends the step, which starts again."""
    sweep.submit()
    sweep.wait_for_units(4)
    os.kill(sweep.step_daemon(sweep.nodes[1]), signal.SIGKILL)
    complete(sweep, expected, 150)
    sweep.require_text("starting again in this allocation")
    sweep.require_text("crashes here 1")


@scenario(nodes=2)
def failing_node(sweep, expected):
    """A node on which ranks die twice is left out of the third start."""
    sweep.submit()
    bad = sweep.nodes[1]
    for time in (1, 2):
        sweep.wait_for_text(f"crashes here {time - 1}")
        sweep.wait_for_units(sweep.units() + 4)
        for pid in sweep.processes(bad, "vrp-run"):
            os.kill(pid, signal.SIGKILL)
        sweep.wait_for_text(f"node {bad} has failed {time} times")
    complete(sweep, expected)
    sweep.require_text(f"starting on {sweep.nodes[0]} with .*crashes here 2")


@scenario(nodes=2)
def lost_node(sweep, expected):
    """A node goes down: the job keeps its allocation and goes on with the nodes that are left."""
    sweep.submit()
    sweep.wait_for_units(4)
    lost = sweep.nodes[1]
    sweep.cluster.call("scontrol", "update", f"NodeName={lost}", "State=down", "Reason=test", check=True)
    complete(sweep, expected)
    sweep.require_text(f"Node failure on {lost}")
    sweep.require_text(f"starting on {sweep.nodes[0]} with .*crashes here 1")
    sweep.cluster.call("scontrol", "update", f"NodeName={lost}", "State=resume")


@scenario(nodes=2)
def mpirun(sweep, expected):
    """mpirun starts the ranks; a killed one is a crash, the restart resumes, and so does a requeue."""
    sweep.submit(site="VRP_LAUNCH=mpirun")
    sweep.wait_for_units(4)
    for pid in sweep.processes(sweep.nodes[1], "vrp-run"):
        os.kill(pid, signal.SIGKILL)
    sweep.wait_for_text("crashes here 1")
    sweep.require_text(f"node {sweep.nodes[1]} has failed 1 times")
    sweep.wait_for_units(sweep.units() + 4)
    sweep.cluster.call("scancel", "--signal=USR2", "--batch", sweep.ids[0], check=True)
    sweep.wait_for_text("requeued with")
    complete(sweep, expected)


@scenario(nodes=1)
def requeue(sweep, expected):
    """scontrol requeue, of a job of slurm/sweep.sbatch: Slurm's requeue is not doubled by ours."""
    sweep.write_site("VRP_RANKS_PER_NODE=2")
    os.makedirs(sweep.run)
    sweep.log = sweep.run + ".log"
    words = ["sbatch", "--parsable", f"--nodelist={sweep.nodes[0]}", "--gpus-per-node=0",
             "--ntasks-per-node=2", "--cpus-per-task=1", f"--output={sweep.log}",
             "slurm/sweep.sbatch", jobs.SWEEP, sweep.run, *jobs.run_options(sweep.data)]
    sweep.ids = [sweep.cluster.call(
        *words, check=True, cwd=h.SOURCE,
        environment=dict(sweep.cluster.environment, VRP_SITE=sweep.site)).strip()]
    sweep.wait_for_units(4)
    sweep.cluster.call("scontrol", "requeue", sweep.ids[0], check=True)
    sweep.wait_for_text("restart 1, crashes here 0")
    complete(sweep, expected)
    sweep.require("requeued with" not in sweep.text(), "the job requeued itself a second time")


@scenario(nodes=1)
def preemption(sweep, expected):
    """A job of a partition with priority takes the node; the sweep goes back and resumes."""
    sweep.submit(site="VRP_RANKS_PER_NODE=2")
    sweep.wait_for_units(4)
    sweep.cluster.call("sbatch", "--partition=high", "--exclusive", f"--nodelist={sweep.nodes[0]}",
                       "--output=/dev/null", "--wrap=sleep 1", check=True)
    sweep.wait_for_text("DUE TO PREEMPTION")
    complete(sweep, expected)
    sweep.require_text("restart 1, crashes here 0")


@scenario(nodes=1)
def scancel(sweep, expected):
    """A cancelled job stays cancelled; the same vrp submit resumes, and not beside a queued job."""
    sweep.submit(site="VRP_RANKS_PER_NODE=2")
    second = sweep.call_submit()
    sweep.require(second.returncode == 6 and f"job {sweep.ids[0]}" in second.stdout,
                  f"a second job for the folder was not refused with 6: {second.stdout}")
    sweep.wait_for_units(4)
    sweep.cluster.call("scancel", sweep.ids[0], check=True)
    sweep.require(sweep.wait_for_end()[0] == "CANCELLED", "the job is not cancelled")
    before = sweep.units()
    sweep.require("requeued with" not in sweep.text(), "a cancelled job requeued itself")
    sweep.submit(site="VRP_RANKS_PER_NODE=2")
    complete(sweep, expected)
    sweep.require_text(f"with {before} units finished")


@scenario(nodes=1)
def drained_node(sweep, expected):
    """The node is drained: its job stops, waits until the node is back, and resumes."""
    sweep.submit(site="VRP_RANKS_PER_NODE=2")
    node = sweep.nodes[0]
    sweep.wait_for_units(4)
    sweep.cluster.call("scontrol", "update", f"NodeName={node}", "State=drain", "Reason=test", check=True)
    sweep.cluster.call("scancel", "--signal=USR2", "--batch", sweep.ids[0], check=True)
    sweep.wait_for_text("requeued with")
    sweep.cluster.wait(lambda: "ReqNodeNotAvail" in sweep.cluster.job(sweep.ids[0]).get("Reason", ""),
                       30, "the job waits for the node")
    sweep.cluster.call("scontrol", "update", f"NodeName={node}", "State=resume", check=True)
    complete(sweep, expected)


@scenario(nodes=1)
def chain(sweep, expected):
    """A chain of three jobs: the first is stopped, the second resumes it, the third finds it done."""
    sweep.submit("--chain", "3", site="VRP_RANKS_PER_NODE=2")
    sweep.require(len(sweep.ids) == 3, f"a chain of three has {sweep.ids}")
    sweep.wait_for_units(4)
    sweep.cluster.call("scancel", "--signal=USR2", "--batch", sweep.ids[0], check=True)
    first = sweep.wait_for_end()
    sweep.require(first == ("FAILED", "75:0"), f"the first link ended as {first}, expected exit code 75")
    sweep.require_text("the next job of the chain goes on")
    for job in sweep.ids[1:]:
        complete(sweep, expected, job=job)


@scenario(nodes=1)
def array(sweep, expected):
    """An array over benchmarks: an element and a run folder for each; stopped elements requeue
    themselves and not the others."""
    sweep.write_site("VRP_RANKS_PER_NODE=1")
    done = sweep.call_submit("--array-by", "benchmark",
                             more=("--set", "sweep.benchmarks=demo_pope demo_counting"))
    sweep.require(done.returncode == 0, done.stdout)
    job = done.stdout.split("submitted job ")[1].split(",")[0]
    elements = []
    for number, name in enumerate(("demo_pope", "demo_counting")):
        element = jobs.Sweep(sweep.cluster, sweep.run, name, sweep.nodes, sweep.data)
        element.ids = [f"{job}_{number}"]
        element.log = os.path.join(sweep.run, f"slurm/{job}_{number}.log")
        elements.append(element)
        element.wait_for_units(4)
        sweep.cluster.call("scancel", "--signal=USR2", "--batch", element.ids[0], check=True)
    for element in elements:
        element.wait_for_text("requeued with")
        element.wait_for_text("restart 1, crashes here 0")
        state = element.wait_for_end()
        sweep.require(state == ("COMPLETED", "0:0"), f"element {element.name} ended as {state}")
        sweep.require("restart 2" not in element.text(), f"element {element.name} was requeued twice")
        h.vrp("verify", element.run)
    elements[0].require_digest(expected)


@scenario(nodes=1)
def no_progress(sweep, _):
    """Programs that never finish a unit: no endless requeueing, no endless restarts, and a reason."""
    for name, body, end, reason in (
            ("stops", "exit 75", "75:0", "not requeued: no unit was finished since this job started"),
            ("crashes", "kill -9 $$", "1:0", "0 of 1 nodes are left"),
            ("fails", "exit 1", "1:0", "0 of 1 nodes are left"),
            ("configuration", "exit 2", "2:0", "not started again: exit code 2 needs a change first"),
            ("lies", "exit 0", "1:0",
             "not started again: crashes in a row without a finished unit"),
            ("requeues", "echo unit >> \"$VRP_RUN/units.journal\"; exit 75", "75:0",
             "not requeued: 1 restarts, and VRP_MAX_REQUEUES is 1")):
        folder = os.path.join(os.path.dirname(sweep.run), "programs-" + name)
        os.makedirs(folder)
        with open(os.path.join(folder, "vrp-run"), "w") as file:
            file.write(f"#!/bin/bash\nVRP_RUN={shlex.quote(sweep.run)}\n{body}\n")
            os.fchmod(file.fileno(), 0o755)
        sweep.submit(site=f"VRP_BIN={shlex.quote(folder)} VRP_MAX_REQUEUES=1 VRP_MPI=none")
        state = sweep.wait_for_end(60)
        sweep.require(state == ("FAILED", end), f"{name}: the job ended as {state}, expected {end}")
        last = sweep.text().splitlines()
        sweep.require(any(reason in line for line in last[-3:]), f"{name}: '{reason}' is not at the end")
        shutil.rmtree(sweep.run)

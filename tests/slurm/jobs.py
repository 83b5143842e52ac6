"""A small sweep on a test cluster: submitting it, waiting for it, looking at its log and processes."""
import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness as h

# Virtual nodes are one host: Open MPI's shared memory would mix up their ranks, TCP on loopback does
# not. Root may run mpirun here, and binding to cores that are not there is left out.
SITE = """
VRP_GPUS_PER_NODE=0 VRP_CPUS_PER_RANK=1 VRP_SIGNAL_SECONDS=40 VRP_LOOK_SECONDS=1 VRP_REPORT=no
VRP_SRUN_OPTIONS=() VRP_MPIRUN_OPTIONS=(--bind-to none) VRP_WAIT_LIVE=60
export OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
"""
SWEEP = os.path.join(h.SOURCE, "conf/sweeps/demo.ini")


def run_options(data):
    """Options of vrp-run for a sweep of seconds: one model, one set, no probes or interventions."""
    out = ["--stages", "capture", "--stages", "metrics", "--stages", "consistency", "--stages", "reduce",
           "--limit", "24", "--progress", "1"]
    for setting in ("sweep.models=demo-llava", "sweep.benchmarks=demo_pope", "sweep.name=slurm",
                    "run.unit_items=2", "run.device=cpu", "run.threads=1", "run.margin=20",
                    "run.heartbeat=6", "reduce.replicates=100", "metrics.permutations=20"):
        out += ["--set", setting]
    for benchmark in ("pope", "counting"):
        out += ["--set", f"benchmark:demo_{benchmark}.table={data}/items/{benchmark}.h5",
                "--set", f"benchmark:demo_{benchmark}.images={data}"]
    return out


class NodePool:
    """Lends nodes to scenarios, so that those that run at the same time do not meet."""

    def __init__(self, names):
        self.names, self.free, self.changed = names, list(names), threading.Condition()

    def take(self, count):
        with self.changed:
            self.changed.wait_for(lambda: len(self.free) >= count)
            taken, self.free = self.free[:count], self.free[count:]
            return taken

    def give(self, nodes):
        with self.changed:
            self.free = sorted(self.free + nodes)
            self.changed.notify_all()


class Sweep:
    """One scenario's run: `name` under `folder`, on the nodes `nodes` of `cluster`."""

    def __init__(self, cluster, folder, name, nodes, data):
        self.cluster, self.name, self.nodes, self.data = cluster, name, nodes, data
        self.run = os.path.join(folder, name)
        self.site = os.path.join(folder, name + ".site.sh")
        self.log = ""
        self.ids = []
        self.commit_seconds = 0.3  # of each unit: what is killed or stopped shall be at work

    def slow_commits(self):
        """Put before vrp-run: the shim of tests/faults holds up the flush of every unit file."""
        shim = os.path.join(os.path.dirname(h.BIN), "tests/faults/libfaults.so")
        self.require(os.path.exists(shim), f"{shim} is not built")
        rule = f"fsync:*/unit-*.part-*:0:*:delay={self.commit_seconds * 1000:.0f}"
        return f"VRP_CONTAINER=(env {shlex.quote('LD_PRELOAD=' + shim)} {shlex.quote('VRP_FAULTS=' + rule)})"

    def write_site(self, settings=""):
        with open(os.path.join(h.SOURCE, "slurm/site.sh")) as shipped, open(self.site, "w") as file:
            file.write(shipped.read() + SITE +
                       f"VRP_SBATCH_OPTIONS=(--nodelist={','.join(self.nodes)})\n{self.slow_commits()}\n{settings}\n")

    def call_submit(self, *options, more=(), time_limit="30"):
        words = [os.path.join(h.BIN, "vrp"), "submit", "-C", SWEEP, "--output-dir", self.run,
                 "--site", self.site, "--nodes", str(len(self.nodes)), "--time", time_limit,
                 *options, "--", *run_options(self.data), *more]
        return subprocess.run(words, env=self.cluster.environment, cwd=h.SOURCE, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def submit(self, *options, site="", more=(), time_limit="30"):
        self.write_site(site)
        done = self.call_submit(*options, more=more, time_limit=time_limit)
        if done.returncode != 0:
            raise RuntimeError(f"vrp submit exited with {done.returncode}:\n{done.stdout}")
        with open(os.path.join(self.run, "slurm/jobs.json")) as file:
            self.ids = json.load(file)[-1]["jobs"]
        self.log = os.path.join(self.run, f"slurm/{self.ids[0]}.log")

    def text(self):
        try:
            with open(self.log, errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def wait_for(self, holds, seconds, what):
        """As Cluster.wait, but not longer than the job is in the queue."""
        def look():
            over = self.ids and self.over(None)
            value = holds()
            self.require(value or not over, f"the job is over without {what}")
            return value
        return self.cluster.wait(look, seconds, what)

    def wait_for_text(self, pattern, seconds=90):
        return self.wait_for(lambda: re.search(pattern, self.text()), seconds,
                             f"'{pattern}' in {self.log}")

    def units(self):
        try:
            with open(os.path.join(self.run, "units.journal")) as file:
                return sum(1 for line in file if not line.startswith("#"))
        except OSError:
            return 0

    def wait_for_units(self, count, seconds=90):
        self.wait_for(lambda: self.units() >= count, seconds, f"{count} units in {self.run}")

    def state(self, job=None):
        return self.cluster.job(job or self.ids[0]).get("JobState", "")

    def wait_for_end(self, seconds=120, job=None):
        """Waits until the job has left the queue; returns its state and exit code as Slurm says."""
        fields = self.cluster.wait(lambda: self.over(job), seconds, f"job of {self.run} over", 0.5)
        return fields["JobState"], fields["ExitCode"]

    def over(self, job):
        fields = self.cluster.job(job or self.ids[0])
        ended = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED")
        return fields if fields.get("JobState") in ended else None

    def require(self, holds, claim):
        if not holds:
            raise RuntimeError(claim)

    def require_text(self, pattern):
        self.require(re.search(pattern, self.text()), f"'{pattern}' is not in {self.log}")

    def require_digest(self, expected, run=None):
        found = h.digest(run or self.run)
        self.require(found == expected, f"digest {found}, an unbroken run has {expected}")

    def processes(self, node, program):
        """Ids of this job's processes of `program` on a virtual node."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
                if os.path.basename(words[0]) != program.encode():
                    continue
                with open(f"/proc/{entry}/environ", "rb") as file:
                    variables = file.read().split(b"\0")
            except OSError:
                continue
            if (f"SLURMD_NODENAME={node}".encode() in variables
                    and f"SLURM_JOB_ID={self.ids[0]}".encode() in variables):
                found.append(int(entry))
        return found

    def step_daemon(self, node, job=None):
        """The slurmstepd of the job's running step (not of its script) on a virtual node."""
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    name = file.read().split(b"\0")[0].decode()
                if not re.match(rf"slurmstepd: \[{job or self.ids[0]}\.\d+\]", name):
                    continue
                files = [os.readlink(f"/proc/{entry}/fd/{fd}") for fd in os.listdir(f"/proc/{entry}/fd")]
            except OSError:
                continue
            if any(file.endswith(f"slurmd-{node}.log") for file in files):
                return int(entry)
        return None


def now():
    return time.strftime("%H:%M:%S")

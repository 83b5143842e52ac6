"""A Slurm of its own for one test: munged, slurmctld and one slurmd for each virtual node.

Everything lies in one temporary folder (key, socket, state, logs) and listens on ports that no
other test has, so that several tests and a system's Slurm do not meet. `with Cluster() as cluster`
ends every process however the test ends; see keeper.py.
"""
import fcntl
import getpass
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel", "sinfo")
PATHS = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
FIRST_PORT, LAST_PORT = 21000, 29000

# Nodes have more CPUs than the machine (config_overrides), since units are short and mostly wait.
# TmpFS: the PMIx plugin makes a folder named after job and step in it, once a node.
# cred_expire: a requeued job waits until its old credential has expired, two minutes by default.
CONFIGURATION = """
ClusterName=vrp
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
TmpFS={folder}/tmp-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
SlurmctldDebug=verbose
SlurmdDebug=verbose
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,bf_resolution=1,batch_sched_delay=1,sched_min_interval=100000,default_queue_depth=100
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
ReturnToService=2
InactiveLimit=0
KillWait=10
MinJobAge=300
SlurmdTimeout=30
MessageTimeout=20
MailProg=/bin/true
MpiParams=ports={mpi_ports}
NodeName=n[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{node_ports}] CPUs={cpus} RealMemory=1000 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1
PartitionName=high Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
"""


def missing_programs():
    return [name for name in PROGRAMS if shutil.which(name, path=PATHS) is None]


class PortRange:
    """`count` neighbouring free ports, held by a lock file for the life of this object."""

    def __init__(self, count):
        for first in range(FIRST_PORT, LAST_PORT, 64):
            path = os.path.join(tempfile.gettempdir(), f"vrp-slurm-ports-{first}.lock")
            try:
                self.lock = open(path, "a")
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            if all(self.free(port) for port in range(first, first + count)):
                self.first = first
                return
            self.lock.close()
        raise RuntimeError(f"no {count} free ports in {FIRST_PORT} to {LAST_PORT}")

    @staticmethod
    def free(port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError:
                return False
        return True


class Cluster:
    def __init__(self, nodes=3, cpus=4):
        self.nodes, self.cpus = nodes, cpus
        self.folder = tempfile.mkdtemp(prefix="vrp_slurm_")
        os.chmod(self.folder, 0o755)
        self.keeper = None
        self.ports = PortRange(1 + nodes + 40)
        self.environment = dict(os.environ, PATH=PATHS, SLURM_CONF=f"{self.folder}/slurm.conf")
        for name in [name for name in self.environment if name.startswith(("SLURM_", "SBATCH_"))]:
            if name != "SLURM_CONF":
                del self.environment[name]

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.keeper is not None:
            self.keeper.stdin.close()
            self.keeper.wait()
            self.keeper.stdout.close()
        self.ports.lock.close()

    def start(self):
        first, folder = self.ports.first, self.folder
        numbers = range(1, self.nodes + 1)
        for name in ["state"] + [f"{kind}-n{i}" for kind in ("spool", "tmp") for i in numbers]:
            os.mkdir(os.path.join(folder, name), 0o755)
        with open(os.path.join(folder, "munge.key"), "wb") as key:
            os.fchmod(key.fileno(), 0o600)
            key.write(os.urandom(128))
        with open(self.environment["SLURM_CONF"], "w") as file:
            file.write(CONFIGURATION.format(
                host=socket.gethostname().split(".")[0], user=getpass.getuser(), folder=folder,
                port=first, nodes=self.nodes, node_ports=f"{first + 1}-{first + self.nodes}",
                cpus=self.cpus, mpi_ports=f"{first + 1 + self.nodes}-{first + 40 + self.nodes}"))
        munge = ["munged", "--foreground", "--force"]
        for option, name in (("socket", "munge.socket"), ("key-file", "munge.key"),
                             ("pid-file", "munge.pid"), ("seed-file", "munge.seed"),
                             ("log-file", "munge.log")):
            munge.append(f"--{option}={folder}/{name}")
        daemons = [{"command": munge, "log": f"{folder}/munged.out",
                    "wait_for": f"{folder}/munge.socket"},
                   {"command": ["slurmctld", "-D"], "log": f"{folder}/slurmctld.out"}]
        daemons += [{"command": ["slurmd", "-D", "-N", f"n{i}"],
                     "log": f"{folder}/slurmd-n{i}.out"} for i in numbers]
        keeper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keeper.py")
        self.keeper = subprocess.Popen([sys.executable, keeper, json.dumps(daemons), folder],
                                       env=self.environment, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.keeper.stdout.readline()
        self.wait(lambda: self.call("sinfo", "-h", "-p", "low", "-t", "idle", "-o", "%D").strip()
                  == str(self.nodes), 60, "all nodes idle")

    def call(self, *command, check=False, cwd=None, environment=None):
        done = subprocess.run(command, env=environment or self.environment, cwd=cwd,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout}")
        return done.stdout

    @staticmethod
    def wait(holds, seconds, what, every=0.2):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = holds()
            if value:
                return value
            time.sleep(every)
        raise RuntimeError(f"not within {seconds} s: {what}")

    def job(self, job_id):
        """Fields of `scontrol show job`; {} for a job that Slurm does not know."""
        text = self.call("scontrol", "show", "job", "-o", str(job_id))
        return dict(re.findall(r"(?:^|\s)([A-Za-z/:]+)=(\S*)", text)) if "JobId=" in text else {}

    def logs(self):
        """The last lines of what the daemons said, for a failed test."""
        text = ""
        for name in sorted(os.listdir(self.folder)):
            if name.endswith((".log", ".out")):
                with open(os.path.join(self.folder, name), errors="replace") as file:
                    text += f"--- {name}\n{file.read()[-1500:]}\n"
        return text

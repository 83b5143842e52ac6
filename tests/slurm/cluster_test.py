"""Two test clusters at once do not meet; one whose test is killed leaves no process and no port."""
import os
import signal
import subprocess
import sys
import time

import cluster as slurm

HOLD = """
import sys, time
sys.path.insert(0, sys.argv[1])
from cluster import Cluster
with Cluster(nodes=2) as held:
    held.call("sbatch", "--output=/dev/null", "--wrap=srun sleep 1000", check=True)
    held.wait(lambda: "R" in held.call("squeue", "-h", "-o", "%t"), 30, "a running job")
    print(held.folder, held.ports.first, flush=True)
    time.sleep(1000)
"""


def processes_of(folder):
    """Ids of the processes that were started for the cluster in `folder`."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                if f"SLURM_CONF={folder}/slurm.conf".encode() in file.read().split(b"\0"):
                    found.append(int(entry))
        except OSError:
            continue
    return found


def check(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


def main():
    missing = slurm.missing_programs()
    if missing:
        print("skipped: Slurm is not installed here; missing: " + " ".join(missing))
        sys.exit(77)
    here = os.path.dirname(os.path.abspath(__file__))
    held = [subprocess.Popen([sys.executable, "-c", HOLD, here], stdout=subprocess.PIPE, text=True)
            for _ in range(2)]
    try:
        facts = [process.stdout.readline().split() for process in held]
        check(all(len(fact) == 2 for fact in facts), "a cluster did not start beside the other")
        check(facts[0][1] != facts[1][1], f"both clusters have port {facts[0][1]}")
        for folder, _ in facts:
            count = len(processes_of(folder))
            check(count >= 7, f"{count} processes of {folder}: munged, slurmctld, 2 slurmd, a job expected")
    finally:
        for process in held:
            process.send_signal(signal.SIGKILL)
            process.wait()
    for folder, _ in facts:
        end = time.monotonic() + 20
        while (processes_of(folder) or os.path.exists(folder)) and time.monotonic() < end:
            time.sleep(0.1)
        check(not processes_of(folder), f"processes of {folder} outlive their killed test")
        check(not os.path.exists(folder), f"{folder} is left behind")
    for _, first in facts:
        check(slurm.PortRange.free(int(first)), f"port {first} is still taken")
    print("two clusters at once, both killed: nothing is left")


main()

"""Keeps the daemons of one test cluster and ends them, whatever ends the test.

Started by cluster.py with a JSON list of commands and the cluster's folder as arguments. Runs each
command in the foreground, in the given order, and writes one line when all were started. When its
standard input ends (the test is over, failed or was killed) it kills every process below it and
removes the folder, unless VRP_KEEP is set. Daemons, slurmstepd and job steps that
detach are still below it, because it is a subreaper.
"""
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def descendants():
    """Process ids below this process, from /proc."""
    children = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        children.setdefault(parent, []).append(int(entry))
    found, todo = [], [os.getpid()]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def end_all():
    """Stops everything first, so that nothing starts anything while the others are killed."""
    for _ in range(100):
        pids = descendants()
        if not pids:
            return
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        time.sleep(0.05)


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # only the end of stdin ends the cluster
    signal.signal(signal.SIGCHLD, lambda *_: reap())
    daemons = json.loads(sys.argv[1])
    for daemon in daemons:
        with open(daemon["log"], "ab") as log:
            subprocess.Popen(daemon["command"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             start_new_session=True)
        for _ in range(200):
            if not daemon.get("wait_for") or os.path.exists(daemon["wait_for"]):
                break
            time.sleep(0.05)
    print("started", flush=True)
    sys.stdin.read()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    end_all()
    if not os.environ.get("VRP_KEEP"):
        shutil.rmtree(sys.argv[2], ignore_errors=True)


def reap():
    """Takes orphans that ended, so that Slurm sees their process ids gone."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


main()

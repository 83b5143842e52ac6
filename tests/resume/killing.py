"""Kills runs at chosen moments and proves that nothing finished is lost or computed again.

Ledger keeps the books of one run folder over many starts; kill(...) starts the run once and kills
something of it; damage(...) harms a finished unit. All choices come from one random.Random.
"""
import ctypes
import os
import re
import select
import signal
import struct
import time

import harness as h

IN_MOVED_TO, IN_CREATE = 0x80, 0x100
LIBC = ctypes.CDLL(None, use_errno=True)


class Watcher:
    """Tells at once when a name appears in one of `folders` (inotify)."""

    def __init__(self, folders):
        self.fd = LIBC.inotify_init()
        h.check(self.fd >= 0, "inotify_init: " + os.strerror(ctypes.get_errno()))
        for folder in folders:
            LIBC.inotify_add_watch(self.fd, folder.encode(), IN_CREATE | IN_MOVED_TO)

    def wait(self, part, count, seconds):
        """True when `count` names with `part` in them have appeared within `seconds`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                return False
            events, at = os.read(self.fd, 65536), 0
            while at < len(events):
                size = struct.unpack_from("iIII", events, at)[3]
                name = events[at + 16:at + 16 + size].rstrip(b"\0").decode()
                at += 16 + size
                count -= part in name
                if count <= 0:
                    return True
        return False

    def close(self):
        os.close(self.fd)


def unit_files(run):
    """{path below `run`: what identifies the very file} of all finished units."""
    out = {}
    for folder, _, names in os.walk(run):
        for name in names:
            if name.startswith("unit-") and name.endswith(".h5"):
                path = os.path.join(folder, name)
                facts = os.stat(path)
                out[os.path.relpath(path, run)] = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
    return out


class Ledger:
    """The books of one run folder: what was finished before a start, and what the start did."""

    def __init__(self, run, total):
        self.run, self.total = run, total
        self.known, self.log_sizes = {}, {}
        self.harmed = set()  # damaged by us and not yet computed again
        self.harms = {}      # file -> how often

    def logs(self):
        folder = os.path.join(self.run, "logs")
        return [os.path.join(folder, n) for n in sorted(os.listdir(folder))] if os.path.isdir(folder) else []

    def new_lines(self):
        lines = []
        for log in self.logs():
            with open(log, errors="replace") as file:
                file.seek(self.log_sizes.get(log, 0))
                lines += file.read().split("\n")[:-1]
        return lines

    def works(self):
        """Whether this start has begun its first unit."""
        return any(" starts " in line for line in self.new_lines())

    def begin(self):
        self.known = unit_files(self.run)
        self.log_sizes = {log: os.path.getsize(log) for log in self.logs()}

    def end(self):
        """Checks what a start left; returns the number of units it finished."""
        now = unit_files(self.run)
        whole = set(self.known) - self.harmed
        for file in sorted(whole):
            h.check(file in now, f"{self.run}: {file} was finished and is lost")
            h.check(now[file] == self.known[file], f"{self.run}: {file} was finished and is another file now: "
                    f"inode, time, size {self.known[file]} became {now[file]}")
        started = {line.split(" starts ")[1] for line in self.new_lines() if " starts " in line}
        h.check(not started & whole, f"{self.run}: finished units are computed again: {sorted(started & whole)[:5]}")
        again = {file for file in self.harmed if now.get(file, self.known.get(file)) != self.known.get(file)}
        self.harmed -= {file for file in again if file in now}
        self.check_journal(now)
        return len(set(now) - set(self.known)) + len(again & set(now))

    def check_journal(self, now):
        journal = os.path.join(self.run, "units.journal")
        if not os.path.exists(journal):
            return
        with open(journal) as file:
            names = [line.split()[-1] for line in file if not line.startswith("#")]
        for name in set(names):
            most = 1 + self.harms.get(name, 0)
            h.check(names.count(name) <= most, f"{self.run}: {name} is in the journal {names.count(name)} times, "
                    f"expected at most {most}")
            h.check(name in now or name in self.harms, f"{self.run}: the journal has {name}, which is not there")

    def complete(self):
        return len(set(unit_files(self.run)) - self.harmed) == self.total

    def harm(self, rng):
        """Truncates or alters a finished unit, or leaves what a killed writer leaves. Says which."""
        files = sorted(set(unit_files(self.run)) - self.harmed)
        if not files:
            return "nothing to damage"
        file = rng.choice(files)
        path = os.path.join(self.run, file)
        kind = rng.choice(["truncated", "altered", "part left", "part left"])
        if kind == "part left":
            with open(f"{path}.part-{rng.randrange(4)}", "wb") as out:
                out.write(b"half a file")
            return "a part file left beside " + file
        size = os.path.getsize(path)
        with open(path, "r+b") as out:
            if kind == "truncated":
                out.truncate(rng.randrange(size))
            else:
                at = rng.randrange(size)
                out.seek(at)
                byte = out.read(1)[0]
                out.seek(at)
                out.write(bytes([byte ^ (1 << rng.randrange(8))]))
        self.harmed.add(file)
        self.harms[file] = self.harms.get(file, 0) + 1
        return f"{file} {kind}"


def send(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def work_folders(run):
    """Folders in which units are committed."""
    out = []
    for folder, _, names in os.walk(run):
        if re.search(r"@[0-9a-f]+$", folder):
            out.append(folder)
    return out


def wait_for_moment(moment, ledger, process, rng, span):
    """Waits until it is time to kill; returns the moment in words."""
    run = ledger.run
    if moment == "start-up":
        wait = rng.uniform(0.02, 1.0)
        time.sleep(wait)
        return f"{wait:.2f} s after the start"
    if moment == "tables":
        watcher = Watcher([f for f, _, _ in os.walk(os.path.join(run, "reduce"))])
        count = rng.randint(1, 40)
        seen = watcher.wait(".tmp-", count, 20)
        watcher.close()
        time.sleep(rng.uniform(0, 0.02))
        return f"at file {count} of the tables" if seen else "when no table was written"
    # Seconds count from the first unit on: a loaded machine takes long to come to it.
    patience = time.monotonic() + 30
    while not ledger.works() and process.poll() is None and time.monotonic() < patience:
        time.sleep(0.05)
    wait = rng.uniform(0, span)
    end = time.monotonic() + wait
    while time.monotonic() < end and process.poll() is None:
        time.sleep(0.05)
    if moment == "commit":
        watcher = Watcher(work_folders(run))
        seen = watcher.wait(".part-", rng.randint(1, 3), 3)
        watcher.close()
        if seen:
            time.sleep(rng.choice([0, rng.uniform(0, 0.01)]))
            return f"in a commit after {wait:.1f} s of work"
    return f"after {wait:.1f} s of work"


GRACEFUL = {"SIGTERM to a rank": signal.SIGTERM, "SIGUSR2 to a rank": signal.SIGUSR2,
            "SIGINT to a rank": signal.SIGINT, "SIGUSR2 to mpirun": signal.SIGUSR2}


def strike(weapon, process, run, rng):
    """Kills; False when there was nothing left to kill."""
    if process.poll() is not None:
        return False
    ranks = h.ranks_of(run)
    rank = rng.choice(ranks) if ranks else process.pid
    if weapon in GRACEFUL:
        return send(process.pid if "mpirun" in weapon else rank, GRACEFUL[weapon])
    if weapon == "mpirun killed":
        return send(process.pid, signal.SIGKILL)
    if weapon == "all killed at once":
        hit = [send(pid, signal.SIGKILL) for pid in [*ranks, process.pid]]
        return any(hit)
    if weapon == "a rank stopped, then all killed":
        send(rank, signal.SIGSTOP)
        time.sleep(rng.uniform(0.1, 0.8))
        hit = [send(pid, signal.SIGKILL) for pid in [*ranks, process.pid]]
        return any(hit)
    return send(rank, signal.SIGKILL)


def bury(process, run, seconds):
    """Waits for the end of the job; what is left of it after `seconds` is killed."""
    end = time.monotonic() + seconds
    while (process.poll() is None or h.ranks_of(run)) and time.monotonic() < end:
        time.sleep(0.02)
    for pid in [*h.ranks_of(run), *([process.pid] if process.poll() is None else [])]:
        send(pid, signal.SIGCONT)
        send(pid, signal.SIGKILL)
    code = process.wait()
    while h.ranks_of(run):
        time.sleep(0.02)
    return code

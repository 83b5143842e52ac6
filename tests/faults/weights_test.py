"""Weights shared by the ranks of a host and sent between hosts: the same digest however they are
loaded, one copy a host, nothing left in shared memory, and every way to fail ends in a message.

Ranks of this host act as several hosts where VRP_RANKS_PER_NODE says so. The checkpoint is the demo's
with a large buffer that models ignore, so that it is read in several chunks.
"""
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import time

import faults as f

SHM = f.folder("shm")
CHECKPOINT = f.folder("big")
IGNORED = "language_model.model.layers.0.self_attn.rotary_emb.inv_freq"


def big_checkpoint():
    """The demo's checkpoint with 36 MB of a buffer that is ignored before its weights."""
    shutil.copytree(os.path.join(f.h.SOURCE, "tests/data/demo-llava"), CHECKPOINT)
    path = os.path.join(CHECKPOINT, "model.safetensors")
    with open(path, "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header, data = json.loads(file.read(size)), file.read()
    extra = 36_000_000
    for name, tensor in header.items():
        if name != "__metadata__":
            tensor["data_offsets"] = [at + extra for at in tensor["data_offsets"]]
    header[IGNORED] = {"dtype": "F32", "shape": [extra // 4], "data_offsets": [0, extra]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + bytes(range(250)) * (extra // 250) + data)


def arguments(load, limit=6):
    return f.tiny(limit=limit, unit_items=2, stages="capture") + [
        "--load", load, "--set", f"model:demo-llava.checkpoint={CHECKPOINT}"]


def environment(ranks_per_node=None, shm=SHM):
    env = {"VRP_SHM_DIR": shm}
    if ranks_per_node:
        env["VRP_RANKS_PER_NODE"] = str(ranks_per_node)
    return env


def whole(name, load, ranks, ranks_per_node=None, code=0, limit=6, shm=SHM):
    os.environ.pop("VRP_RANKS_PER_NODE", None)
    os.environ.update(environment(ranks_per_node, shm))
    run = f.folder(name)
    f.h.run_whole(run, ranks, arguments(load, limit), code)
    f.h.check(os.listdir(SHM) == [], f"{name}: left in shared memory: {os.listdir(SHM)}")
    return run


def mappings(pid):
    """(name, kB in size, resident, proportional) of each mapping of a process."""
    found = []
    try:
        with open(f"/proc/{pid}/smaps") as file:
            for line in file:
                head = re.match(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+\s*(.*)", line)
                if head:
                    found.append([head[1].strip(), 0, 0, 0])
                for at, key in enumerate(("Size:", "Rss:", "Pss:"), 1):
                    if line.startswith(key):
                        found[-1][at] = int(line.split()[1])
    except OSError:
        pass
    return found


def copies(ranks):
    """How many copies of the weights the ranks of a run hold together, once all have them; three looks."""
    run = f.folder("pss")
    process = f.h.start(run, ranks, arguments("bcast", limit=60))
    held = []
    while process.poll() is None and len(held) < 3:
        each = [m for pid in f.h.ranks_of(run) for m in mappings(pid) if "vrp-weights-" in m[0] and m[1] > 100]
        holders = [m for m in each if m[2] > 0.9 * m[1]]
        if len(holders) == ranks:  # ranks are read one after another: the first sums may count one twice
            held.append(round(sum(m[3] for m in each) / holders[0][1], 3))
        time.sleep(0.02)
    stop(run, process)
    return held


def stop(run, process):
    for pid in f.h.ranks_of(run):
        try:
            os.kill(pid, signal.SIGTERM)
        except OSError:
            pass
    return process.wait(timeout=120)


def same_however_loaded():
    expected = f.h.digest(whole("read-1", "read", 1))
    for load, ranks, per in (("bcast", 1, None), ("bcast", 4, None), ("bcast", 4, 2), ("bcast", 4, 1), ("mmap", 4, None)):
        run = whole(f"{load}-{ranks}-{per}", load, ranks, per)
        f.h.check(f.h.digest(run) == expected, f"--load {load}, {ranks} ranks, {per} a node: another digest")
    print("one digest for read, bcast and mmap, 1 and 4 ranks, 1, 2 and 4 nodes")
    return expected


def one_copy():
    os.environ.pop("VRP_RANKS_PER_NODE", None)
    shared = copies(4)
    f.h.check(len(shared) == 3 and shared[-1] < 1.25, f"bcast: 4 ranks hold {shared} copies, expected one")
    f.h.check(os.listdir(SHM) == [], f"after a stop: {os.listdir(SHM)}")
    print(f"4 ranks of a host hold {shared[-1]} copies of the weights (proportional set size)")


def killed(expected):
    os.environ.update(environment())
    run = f.folder("killed")
    process = f.h.start(run, 2, arguments("bcast", limit=60))
    while process.poll() is None and not os.listdir(SHM):
        time.sleep(0.005)
    f.h.check(process.poll() is None, "the run ended before it shared its weights")
    for pid in f.h.ranks_of(run):
        os.kill(pid, signal.SIGKILL)
    process.wait(timeout=60)
    f.h.check(len(os.listdir(SHM)) == 1, f"a killed run leaves its segment, found {os.listdir(SHM)}")
    f.h.check(f.h.digest(whole("after-kill", "bcast", 2)) == expected, "after a kill: another digest")
    print("a killed run's segment is removed by the next")


def stopped():
    os.environ.update(environment())
    run = f.folder("stopped")
    process = f.h.start(run, 2, arguments("bcast", limit=60))
    while process.poll() is None and not os.listdir(SHM):
        time.sleep(0.005)
    code = stop(run, process)
    f.h.check(code == 75, f"stopped with {code}, expected 75\n{f.h.log_tail(run)}")
    f.h.check(os.listdir(SHM) == [], f"after 75: {os.listdir(SHM)}")
    print("75 leaves nothing in shared memory")


def no_room(expected):
    run = whole("no-room", "bcast", 2, shm=f.folder("no-such-folder"))
    f.h.check(f.h.digest(run) == expected, "without shared memory: another digest")
    with open(run + "/logs/rank-0000.log") as log:
        f.h.check("copy of its own" in log.read(), "the log does not say that weights are not shared")
    print("without shared memory every rank has a copy of its own, and the log says so")


def bad_reads():
    # The hash of the files is known from a first run, so that loading is what meets the error.
    # Headers take some of the first reads, so that the fault falls among the chunks.
    for per, ranks, after in ((None, 2, 7), (2, 4, 14)):
        name = f"eio-{ranks}"
        run = whole(name, "bcast", ranks, per)
        shutil.rmtree(os.path.join(run, "demo-llava"))
        os.remove(os.path.join(run, "units.journal"))
        f.faulty(run, [f"read:*/big/model.safetensors:{after}:*:EIO"], 7, "Input/output error", "model.safetensors",
                 ranks=ranks, arguments=arguments("bcast"), env=environment(per))
        f.h.check(os.listdir(SHM) == [], f"after a read error: {os.listdir(SHM)}")
    print("a read error in the middle ends all ranks with 7 and its message")
    path = os.path.join(CHECKPOINT, "model.safetensors")
    before = os.stat(path)
    with open(path, "r+b") as file:
        file.seek(-5, os.SEEK_END)
        file.write(b"\x3c")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    for load, per, ranks in (("bcast", 2, 4), ("read", None, 2)):
        run = f.folder(f"eio-{ranks}")
        os.environ.pop("VRP_RANKS_PER_NODE", None)
        os.environ.update(environment(per))
        f.h.run_whole(run, ranks, arguments(load), 7)
        f.h.check("hashes to" in f.h.log_tail(run), f"no word of the changed file:\n{f.h.log_tail(run)}")
        f.h.check(os.listdir(SHM) == [], f"after a changed file: {os.listdir(SHM)}")
    print("a file changed behind its size and time is refused")


def main():
    os.makedirs(SHM)
    big_checkpoint()
    expected = same_however_loaded()
    one_copy()
    killed(expected)
    stopped()
    no_room(expected)
    bad_reads()
    shutil.rmtree(f.WORK)


main()

"""Ranks, stops, damage and repetition leave the results as they are."""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness as h

DATA = h.prepare()
ARGUMENTS = h.sweep_arguments(DATA)
WORK = tempfile.mkdtemp(prefix="vrp_resume_")


def unit_files(run):
    out = []
    for folder, _, names in os.walk(run):
        out += [os.path.join(folder, n) for n in names if n.startswith("unit-") and n.endswith(".h5")]
    return sorted(out)


def opens_elsewhere(run):
    """Every dataset of every unit file opens in plain h5py and has named dimensions in xarray."""
    import h5py
    import xarray

    checked = 0
    for path in unit_files(run):
        groups = {}
        with h5py.File(path) as file:
            def note(name, node):
                if isinstance(node, h5py.Dataset) and not node.is_scale:
                    h.check("units" in node.attrs and "description" in node.attrs, f"{path}: {name}")
                    node[()]
                    groups.setdefault(os.path.dirname(name), []).append(
                        (os.path.basename(name), tuple(node.attrs["dims"].split(","))))
            file.visititems(note)
        for group, arrays in groups.items():
            with xarray.open_dataset(path, engine="h5netcdf", group=group) as data:
                for name, dims in arrays:
                    h.check(data[name].dims == dims, f"{path}: {group}/{name}: {data[name].dims} {dims}")
                    checked += 1
    print(f"{checked} datasets open in h5py and show their dimensions in xarray")


def rank_counts(expected):
    for ranks in (2, 3, 4):
        run = os.path.join(WORK, f"ranks{ranks}")
        h.run_whole(run, ranks, ARGUMENTS)
        h.check(h.digest(run) == expected, f"{ranks} ranks give other results than one")
    print("1, 2, 3 and 4 ranks give the same digest")


def unit_order_and_sharing(expected):
    run = os.path.join(WORK, "unshared")
    h.run_whole(run, 2, ARGUMENTS + ["--set", "consistency.share_prefix=0"])
    h.check(h.digest(run) == expected, "paths with their own prefill differ from shared ones")
    print("K paths shared or one by one give the same digest")


def repetition(reference, expected):
    before = {f: os.stat(f).st_mtime_ns for f in unit_files(reference)}
    log = os.path.join(reference, "logs", "rank-0000.log")
    lines = open(log).read().count(" starts ")
    started = time.time()
    h.run_whole(reference, 2, ARGUMENTS)
    h.check(open(log).read().count(" starts ") == lines, "a finished run started a unit again")
    h.check({f: os.stat(f).st_mtime_ns for f in unit_files(reference)} == before,
            "a finished run rewrote unit files")
    h.check(h.digest(reference) == expected, "repetition changed the digest")
    print(f"a finished run ends in {time.time() - started:.1f} s without starting a unit")


def more_items(expected_limit):
    """A run over few items is continued by one over more: whole units are taken over."""
    run = os.path.join(WORK, "grown")
    h.run_whole(run, 2, h.sweep_arguments(DATA, limit=12))
    kept = [f for f in unit_files(run) if "/capture@" in f and ".n" not in f]
    stamps = {f: os.stat(f).st_mtime_ns for f in kept}
    h.check(len(kept) == 6, f"expected 6 whole capture units, found {len(kept)}")
    h.run_whole(run, 2, ARGUMENTS)
    h.check(all(os.stat(f).st_mtime_ns == t for f, t in stamps.items()), "whole units were rewritten")
    h.check(h.digest(run) == expected_limit, "a grown run differs from one in one go")
    print("a run over 12 items grows to 30 with the digest of a run in one go")


def stage_by_stage(expected):
    """Probes fitted by processes that never loaded a model have the bits of a run in one go."""
    run = os.path.join(WORK, "stages")
    for stages in ("capture metrics consistency", "probes", "interventions", None):
        h.run_whole(run, 2, ARGUMENTS + (["--stages", *stages.split()] if stages else []))
    h.check(h.digest(run) == expected, "a run stage by stage differs from one in one go")
    print("a run stage by stage ends with the digest of a run in one go")


def stopped_by(name, send, expected):
    run = os.path.join(WORK, name)
    process = h.start(run, 2, ARGUMENTS)
    while not unit_files(run) and process.poll() is None:
        time.sleep(0.02)
    send(process, run)
    code = process.wait()
    h.check(code == 75, f"{name}: exit code {code}, expected 75:\n{h.log_tail(run)}")
    done = len(unit_files(run))
    h.run_whole(run, 3, ARGUMENTS)
    h.check(done < len(unit_files(run)), f"{name}: the run was not stopped early")
    h.check(h.digest(run) == expected, f"{name}: the resumed run differs")
    print(f"{name}: exit 75 with {done} units done, resumed with the same digest")


def damage(reference, expected):
    run = os.path.join(WORK, "damaged")
    shutil.copytree(reference, run)
    rng = random.Random(5)
    chosen = rng.sample([f for f in unit_files(run)], 6)
    for i, file in enumerate(chosen):
        size = os.path.getsize(file)
        if i % 3 == 0:
            os.truncate(file, rng.randrange(size))
        else:
            with open(file, "r+b") as out:
                at = rng.randrange(size)
                out.seek(at)
                byte = out.read(1)
                out.seek(at)
                out.write(bytes([byte[0] ^ 0xFF]))
    h.vrp("verify", run, code=4)
    h.run_whole(run, 2, ARGUMENTS)
    bad = sum(os.path.exists(f + ".bad") for f in chosen)
    h.check(bad == 6, f"{bad} of 6 damaged files were set aside as .bad")
    h.check(h.digest(run) == expected, "recomputed units differ")
    print("6 truncated or altered unit files are set aside and computed again to the same digest")


def damage_unseen(reference, expected):
    """An altered input with its old size and time is found when a later stage reads it."""
    run = os.path.join(WORK, "unseen")
    shutil.copytree(reference, run, copy_function=shutil.copy2)
    victim = [f for f in unit_files(run) if "/capture@" in f][0]
    stat = os.stat(victim)
    with open(victim, "r+b") as out:
        out.seek(stat.st_size // 2)
        byte = out.read(1)
        out.seek(stat.st_size // 2)
        out.write(bytes([byte[0] ^ 1]))
    os.utime(victim, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    for file in unit_files(run):
        if "/metrics@" in file or "/reduce@" in file:
            os.remove(file)
    h.run_whole(run, 2, ARGUMENTS)
    h.check(os.path.exists(victim + ".bad"), "the altered capture unit was not noticed")
    h.check(h.digest(run) == expected, "results built on a recomputed unit differ")
    print("an altered unit that looks untouched is found by its reader and computed again")


def owners(reference):
    run = os.path.join(WORK, "owned")
    process = h.start(run, 1, ARGUMENTS)
    while not os.path.exists(os.path.join(run, "owner.json")) and process.poll() is None:
        time.sleep(0.01)
    second = subprocess.run(h.command(run, 1, ARGUMENTS), capture_output=True, text=True, cwd=h.SOURCE)
    h.check(second.returncode == 6, f"a second run on one folder exits with {second.returncode}, "
            f"expected 6:\n{second.stderr[-1000:]}")
    h.check("live run" in second.stderr, second.stderr[-1000:])
    h.check(process.wait() == 0, "the first run was disturbed:\n" + h.log_tail(run))
    h.check(not os.path.exists(os.path.join(run, "owner.json")), "owner.json stays behind")
    h.run_whole(reference, 1, h.sweep_arguments(DATA, name="another"), code=5)
    print("a second run on a live folder exits 6, another sweep's folder gives 5")


def terminate_rank(process, run):
    os.kill(h.ranks_of(run)[0], signal.SIGTERM)


def main():
    reference = os.path.join(WORK, "reference")
    h.run_whole(reference, 1, ARGUMENTS)
    expected = h.digest(reference)
    opens_elsewhere(reference)
    rank_counts(expected)
    unit_order_and_sharing(expected)
    repetition(reference, expected)
    more_items(expected)
    stage_by_stage(expected)
    stopped_by("sigusr2", lambda process, run: os.kill(process.pid, signal.SIGUSR2), expected)
    stopped_by("sigterm", terminate_rank, expected)
    damage(reference, expected)
    damage_unseen(reference, expected)
    owners(reference)
    budget = os.path.join(WORK, "budget")
    h.run_whole(budget, 2, ARGUMENTS + ["--time-budget", "0.5"], code=75)
    h.run_whole(budget, 2, ARGUMENTS)
    h.check(h.digest(budget) == expected, "a run cut by its time budget differs")
    print("a used time budget gives 75 and is resumed")
    shutil.rmtree(WORK)


main()

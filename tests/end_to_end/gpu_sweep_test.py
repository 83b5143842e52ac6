"""On a GPU: the same digest for the same sweep, run twice, on two ranks that share the card, and after half of its units were
removed; in fp32 and in bf16, for all three families.

Without a GPU it says so and exits with 77, which ctest shows as skipped. VRP_TEST_DEVICE=cpu runs it there, in fp32.
"""
import ctypes
import glob
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

MODELS = ("demo-llava", "demo-paligemma", "demo-qwen2-vl")
DEVICE = os.environ.get("VRP_TEST_DEVICE", "cuda")
STAGES = "capture metrics consistency interventions"


def why_not():
    """Why CUDA has no device here, or None."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return "no CUDA driver"
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value == 0:
        return "the CUDA driver finds no device"
    return None


def arguments(data, dtype):
    found = harness.sweep_arguments(data, limit=10, unit_items=4, models=",".join(MODELS))
    found[found.index("run.device=cpu")] = f"run.device={DEVICE}"
    for setting in (f"sweep.stages={STAGES}", "run.batch=4", "run.ranks_per_gpu=2", *(f"model:{m}.dtype={dtype}" for m in MODELS)):
        found += ["--set", setting]
    return found


def compare(data, folder, dtype):
    expected = None
    for name, ranks in (("first", 1), ("again", 1), ("ranks", 2)):
        run = os.path.join(folder, f"{dtype}-{name}")
        harness.run_whole(run, ranks, arguments(data, dtype))
        harness.vrp("verify", run)
        files = len(glob.glob(f"{run}/*/*/capture@*/*.h5"))
        harness.check(files > 0, f"{run}: no units of capture")
        found = harness.digest(run)
        harness.check(expected in (None, found), f"{dtype}, {name}: digest {found}, expected {expected}")
        expected = found
    # Half of the units again.
    run = os.path.join(folder, f"{dtype}-again")
    for path in sorted(glob.glob(f"{run}/*/*/c*@*/*.h5"))[::2]:
        os.remove(path)
    harness.run_whole(run, 2, arguments(data, dtype))
    harness.check(harness.digest(run) == expected, f"{dtype}: other files after half of them were computed again")


def main():
    reason = why_not() if DEVICE != "cpu" else None
    if reason:
        print(f"skipped: {reason}")
        sys.exit(77)
    data = harness.prepare()
    types = ("fp32",) if DEVICE == "cpu" else ("fp32", "bf16")
    with tempfile.TemporaryDirectory() as folder:
        for dtype in types:
            compare(data, folder, dtype)
    print(f"gpu_sweep: on {DEVICE}, {' and '.join(types)}: one digest in two runs, on 1 and 2 ranks, and half of the units again")


main()

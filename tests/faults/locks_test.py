"""File locks that the file system does not offer: HDF5 must not ask for any.

That the injected failure of flock() would be felt is shown by HDF5 itself, through h5py.
"""
import os
import shutil
import subprocess
import sys

import faults as f

OPEN = "import sys, h5py; h5py.File(sys.argv[1]).close()"


def main():
    kept, expected = f.reference()
    unit = next(os.path.join(kept, name) for name in f.files(kept) if "/unit-" in name)
    for error in ("ENOLCK", "ENOSYS"):
        rule = f"flock:*:0:*:{error}"
        env = dict(os.environ, LD_PRELOAD=f.SHIM, VRP_FAULTS=rule, HDF5_USE_FILE_LOCKING="TRUE")
        locked = subprocess.run([sys.executable, "-c", OPEN, unit], env=env, capture_output=True, text=True)
        f.h.check(locked.returncode != 0 and "lock" in locked.stderr,
                  f"HDF5 with locks does not mind {error}: nothing is shown here\n{locked.stderr}")
        run = f.folder(error)
        # Even where the user asks for locks: files are read and written without HDF5 opening one.
        for setting in ({}, {"HDF5_USE_FILE_LOCKING": "TRUE"}):
            shutil.rmtree(run, ignore_errors=True)
            process = f.start(run, 2, [rule], env=setting)
            f.h.check(process.wait(timeout=300) == 0, f"{error} {setting}: {f.h.log_tail(run)}")
            f.h.check(not f.met(run), f"a lock was asked for: {f.met(run)}")
            f.h.check(f.h.digest(run) == expected, "another digest")
        env = dict(os.environ, LD_PRELOAD=f.SHIM, VRP_FAULTS=rule)
        for command in (["verify", run], ["status", run], ["reduce", run], ["export", run, "--list"]):
            done = subprocess.run([os.path.join(f.h.BIN, "vrp"), *command], env=env, capture_output=True, text=True)
            f.h.check(done.returncode == 0, f"vrp {command}: {done.returncode}\n{done.stderr}")
    print("without file locks vrp-run and vrp work, HDF5 with locks does not")
    shutil.rmtree(f.WORK)


main()

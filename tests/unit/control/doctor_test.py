#!/usr/bin/env python3
"""vrp doctor in broken surroundings: each is named, with what to do, and the exit code is 7 for a problem."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BIN = os.environ["VRP_BIN"]
MPIRUN = shutil.which("mpirun")


class Doctor(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.tools = os.path.join(self.folder, "tools")
        self.run_folder = os.path.join(self.folder, "run")
        os.mkdir(self.tools)
        os.mkdir(self.run_folder)
        # No launcher and no tools but those that a test puts there.
        for name in ("ldd", "sh", "bash", "env", "cat", "sed", "grep"):
            os.symlink(shutil.which(name), os.path.join(self.tools, name))

    def fake(self, name, script):
        path = os.path.join(self.tools, name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + script + "\n")
        os.chmod(path, 0o755)

    def doctor(self, *arguments, code=None, **variables):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM", "CUDA", "HDF5", "OMP_"))}
        environment.update(PATH=self.tools, **variables)
        done = subprocess.run([f"{BIN}/vrp", "doctor", "--json", *(arguments or [self.run_folder])],
                              capture_output=True, text=True, env=environment, timeout=120)
        if code is not None:
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        if not done.stdout.startswith("{"):
            return done
        found = json.loads(done.stdout)
        self.assertEqual(done.returncode, 7 if found["problems"] else 0)
        return {check["what"]: check for check in found["checks"]}

    def expect(self, check, state, words):
        self.assertEqual(check["state"], state, check)
        self.assertIn(words, check["found"] + " " + check["to_do"])

    @unittest.skipUnless(MPIRUN, "no mpirun")
    def test_a_sound_machine_has_no_problem(self):
        self.fake("mpirun", f'PATH={os.environ["PATH"]} exec {MPIRUN} "$@"')
        checks = self.doctor(code=0)
        self.expect(checks["mpirun -n 2"], "ok", "found each other")
        self.expect(checks["MPI version"], "ok", "mpirun the same")
        self.expect(checks["write"], "ok", "fsync")
        self.expect(checks["HDF5"], "ok", "switched off")
        self.assertEqual(os.listdir(self.run_folder), [])
        text = subprocess.run([f"{BIN}/vrp", "doctor", "--help"], capture_output=True, text=True)
        self.assertEqual(text.returncode, 0)

    def test_a_launcher_of_another_mpi_starts_strangers(self):
        self.fake("mpirun", f'PATH={os.environ["PATH"]}; for i in 1 2; do {BIN}/vrp-run --hello; done')
        self.expect(self.doctor(code=7)["mpirun -n 2"], "problem", "do not find each other")

    def test_a_launcher_of_another_version(self):
        hello = '{"hello":{"hosts":["a","a"],"library":"Open MPI v4.1.4","ranks":2,"standard":"3.1","threads":"funneled"}}'
        self.fake("mpirun", f"[ \"$1\" = --version ] && echo 'mpirun (Open MPI) 5.0.3' || echo '{hello}'")
        checks = self.doctor(code=7)
        self.expect(checks["mpirun -n 2"], "ok", "2 ranks")
        self.expect(checks["MPI version"], "problem", "mpirun is 5.0.3")

    def test_a_launcher_that_fails_or_is_missing(self):
        self.expect(self.doctor(code=7)["MPI"], "problem", "mpirun is not on PATH")
        self.fake("mpirun", "echo some lines; echo 'no slots available' >&2; exit 9")
        self.expect(self.doctor(code=7)["mpirun -n 2"], "problem", "failed with 9: no slots available")

    def test_inside_an_allocation_srun_starts_the_ranks(self):
        self.fake("srun", "echo 'srun: error: unknown mpi type' >&2; exit 1")
        checks = self.doctor(code=7, SLURM_JOB_ID="12")
        self.expect(checks["srun -n 2"], "problem", "unknown mpi type")
        self.expect(checks["Slurm"], "warning", "sbatch is not on PATH")
        self.fake("sbatch", "echo slurm 23.11.4")
        checks = self.doctor(code=7, SLURM_JOB_ID="12", SLURM_JOB_NUM_NODES="3")
        self.expect(checks["Slurm"], "ok", "version 23.11.4, inside job 12, nodes: 3")

    def test_a_gpu_without_a_build_for_it_and_one_that_is_too_old(self):
        self.fake("nvidia-smi", "echo 'Tesla P100, 6.0, 535.10'")
        gpu = self.doctor()["GPU"]
        if "this build is for the CPU" in gpu["found"]:
            self.expect(gpu, "warning", "tools/setup --cuda")
        else:
            self.expect(gpu, "problem", "older than compute capability 8.0")

    def test_a_folder_that_cannot_be_written(self):
        checks = self.doctor("/proc", code=7)
        self.expect(checks["write"], "problem", "runs cannot write here")

    def test_a_file_in_place_of_a_folder(self):
        file = os.path.join(self.folder, "notes.txt")
        open(file, "w").close()
        self.expect(self.doctor(file, code=7)["folder"], "problem", "is no folder")

    def test_a_folder_with_spaces_and_signs(self):
        folder = os.path.join(self.folder, "a run \u00fc 'b' \u65e5\u672c")
        os.mkdir(folder)
        checks = self.doctor(folder)
        self.assertIn(folder, checks["folder"]["found"])
        self.expect(checks["write"], "ok", "rename")
        self.assertEqual(os.listdir(folder), [])

    def test_a_folder_that_is_not_there_is_looked_at_above(self):
        checks = self.doctor(os.path.join(self.run_folder, "a", "b"))
        self.expect(checks["write"], "ok", "rename")
        self.assertEqual(os.listdir(self.run_folder), [])

    def test_locks_that_somebody_asked_for(self):
        self.expect(self.doctor(HDF5_USE_FILE_LOCKING="TRUE")["HDF5"], "warning", "unset it")

    def test_shared_memory_that_is_missing(self):
        missing = self.doctor(VRP_SHM_DIR=os.path.join(self.folder, "none"))["shared memory"]
        self.expect(missing, "warning", "--load read")

    def test_more_threads_than_cores(self):
        self.expect(self.doctor(OMP_NUM_THREADS="4096")["cores"], "warning", "more threads than cores")

    def test_small_and_full_file_systems(self):
        small = os.path.join(self.folder, "small")
        os.mkdir(small)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", small])
        self.expect(self.doctor(VRP_SHM_DIR=small)["shared memory"], "warning", "--shm-size")
        with open(os.path.join(small, "filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        checks = self.doctor(small, code=7)
        self.expect(checks["folder"], "problem", "no space is left")
        self.expect(checks["write"], "problem", "runs cannot write here")
        self.assertEqual(os.listdir(small), ["filler"])

    def test_mistakes_on_the_command_line(self):
        for arguments in (["--folder", "x"], ["a", "b"]):
            self.assertEqual(self.doctor(*arguments).returncode, 2)


if __name__ == "__main__":
    unittest.main(verbosity=1)

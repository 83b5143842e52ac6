#!/usr/bin/env python3
"""vrp submit: what it writes, what it hands to sbatch, and what it refuses before anything waits in a
queue. sbatch and squeue are stand-ins that record; tests/slurm submits to a real Slurm."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness as h

ROOT = pathlib.Path(h.SOURCE)
SITE = (ROOT / "slurm/site.sh").read_text()
CPU = SITE + "VRP_GPUS_PER_NODE=0 VRP_CPUS_PER_RANK=6 VRP_RANKS_PER_NODE=2\n"


class Submit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = h.prepare()

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.run_folder = self.folder / "run"
        self.without_slurm = self.folder / "without-slurm"
        self.without_slurm.mkdir()
        for name in ("bash", "sed", "tr"):
            (self.without_slurm / name).symlink_to(shutil.which(name))
        self.program("sbatch", 'printf "%s\\n" "$*" >>$folder/sbatch; echo $((100 + $(wc -l <$folder/sbatch)))')
        self.program("squeue", "cat $folder/queue 2>/dev/null")

    def program(self, name, text):
        path = self.bin / name
        path.write_text(f"#!/bin/bash\nfolder={self.folder}\n{text}\n")
        path.chmod(0o755)

    def site(self, text=CPU):
        path = self.folder / "site.sh"
        path.write_text(text)
        return str(path)

    def submit(self, *options, code=0, site=CPU, more=(), path=None):
        sets = [word for benchmark in ("pope", "counting", "spatial") for word in (
            "--set", f"benchmark:demo_{benchmark}.table={self.data}/items/{benchmark}.h5",
            "--set", f"benchmark:demo_{benchmark}.images={self.data}")]
        sets += ["--set", "sweep.benchmarks=demo_pope demo_counting demo_spatial"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VRP_")}
        done = subprocess.run(
            [os.path.join(h.BIN, "vrp"), "submit", "-C", "conf/sweeps/demo.ini", "--output-dir",
             str(self.run_folder), "--site", self.site(site), *options, "--",
             "--models", "demo-llava", *sets, *more],
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
            env=environment | {"PATH": str(path or f"{self.bin}:/usr/bin:/bin"), "VRP_HOME": str(ROOT)})
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def submitted(self):
        path = self.folder / "sbatch"
        return path.read_text().splitlines() if path.exists() else []

    def script(self, number=1):
        return (self.run_folder / f"slurm/submit-{number:04d}.sbatch").read_text()

    def directives(self, text):
        return re.findall(r"^#SBATCH (.*)$", text, re.M)


class Scripts(Submit):
    def test_a_dry_run_prints_script_and_command_and_writes_nothing(self):
        text = self.submit("--nodes", "2", "--time", "2-12", "--dry-run", path=self.without_slurm)
        self.assertFalse(self.run_folder.exists())
        self.assertEqual(self.submitted(), [])
        self.assertIn(f"sbatch --parsable {self.run_folder}/slurm/submit-0001.sbatch", text)
        for word in ("--nodes=2", "--time=2-12", "--ntasks-per-node=2", "--cpus-per-task=6",
                     "--signal=B:USR2@300", "--requeue", "--no-kill", "--open-mode=append",
                     "--job-name=vrp-demo", f"--chdir={ROOT}",
                     f"--output={self.run_folder}/slurm/%j.log"):
            self.assertIn(word, self.directives(text))

    def test_the_script_holds_everything_and_is_sound_bash(self):
        self.submit()
        text = self.script()
        self.assertEqual(subprocess.run(["bash", "-n"], input=text, text=True).returncode, 0)
        for part in ("site.sh", "nodes.sh", "job.sh"):
            whole = CPU if part == "site.sh" else (ROOT / "slurm" / part).read_text()
            self.assertIn(whole, text)
        self.assertFalse(re.search(r"^\s*(\.|source) ", text, re.M), "the script reads another file")
        last = text.splitlines()[-1]
        self.assertTrue(last.startswith(f"vrp_job {self.run_folder} -C conf/sweeps/demo.ini --models"), last)
        self.assertIn("--set run.threads=6", last)
        self.assertEqual(self.directives(text)[0:1], ["--job-name=vrp-demo"])
        self.assertNotIn("gpus", "".join(self.directives(text)))

    def test_gpus_give_one_rank_each_and_leave_threads_alone(self):
        text = self.submit("--dry-run", site=SITE)
        self.assertIn("--gpus-per-node=4", self.directives(text))
        self.assertIn("--ntasks-per-node=4", self.directives(text))
        self.assertNotIn("run.threads", text.split("# ======== this job")[1])

    def test_the_site_file_says_where(self):
        text = self.submit("--dry-run", site=CPU + "VRP_PARTITION=long VRP_ACCOUNT=a1 VRP_QOS=q "
                           "VRP_CONSTRAINT='a100&ib' VRP_MEMORY=0\nVRP_SBATCH_OPTIONS=(--exclusive '--comment=a \"b\"')")
        for word in ("--partition=long", "--account=a1", "--qos=q", '--constraint="a100&ib"', "--mem=0",
                     "--exclusive", '"--comment=a \\"b\\""'):
            self.assertIn(word, self.directives(text))

    def test_words_reach_vrp_run_as_they_were(self):
        text = self.submit("--dry-run", more=("--set", "model:demo-llava.prompt=a 'b' $c `d`: {q}{s}"))
        line = [line for line in text.splitlines() if line.startswith("vrp_job ")][0]
        words = subprocess.run(["bash", "-c", "vrp_job() { printf '%s\\n' \"$@\"; }; " + line], text=True,
                               capture_output=True).stdout.splitlines()
        self.assertIn("model:demo-llava.prompt=a 'b' $c `d`: {q}{s}", words)

    def test_a_job_is_submitted_and_recorded(self):
        text = self.submit("--stage", "capture", "metrics")
        self.assertEqual(self.submitted(), [f"--parsable {self.run_folder}/slurm/submit-0001.sbatch"])
        self.assertIn("--stages capture --stages metrics", self.script().splitlines()[-1])
        jobs = json.loads((self.run_folder / "slurm/jobs.json").read_text())
        self.assertEqual(jobs[0]["jobs"], ["101"])
        self.assertIn("vrp submit -C conf/sweeps/demo.ini", jobs[0]["command"])
        for word in ("submitted job 101", f"vrp status {self.run_folder} --watch", "scancel 101"):
            self.assertIn(word, text)

    def test_a_chain_waits_for_one_another_and_counts_down(self):
        self.submit("--chain", "3", "--after", "55")
        script = f"{self.run_folder}/slurm/submit-0001.sbatch"
        self.assertEqual(self.submitted(), [
            f"--parsable --dependency=afterany:55 --export=ALL,VRP_LINKS_LEFT=2 {script}",
            f"--parsable --dependency=afterany:101 --export=ALL,VRP_LINKS_LEFT=1 {script}",
            f"--parsable --dependency=afterany:102 {script}"])

    def test_an_array_gives_each_benchmark_a_folder(self):
        text = self.submit("--array-by", "benchmark",
                           more=("--set", "sweep.benchmarks=demo_pope demo_counting demo_spatial"))
        script = self.script()
        self.assertIn("--array=0-2", self.directives(script))
        self.assertIn("elements=(demo_pope demo_counting demo_spatial)", script)
        self.assertTrue(script.splitlines()[-1].endswith('--benchmarks "$element"'))
        self.assertIn(f'vrp_job {self.run_folder}/"$element" ', script)
        self.assertIn("an array of 3", text)

    def test_write_only_needs_no_sbatch(self):
        text = self.submit("--write-only", path=self.without_slurm)
        self.assertTrue(self.script())
        self.assertIn("sbatch --parsable", text)
        self.assertFalse((self.run_folder / "slurm/jobs.json").exists())

    def test_links_that_were_accepted_are_recorded_when_a_later_one_is_not(self):
        self.program("sbatch", 'echo x >>$folder/sbatch; [ $(wc -l <$folder/sbatch) = 1 ] && echo "7;east" || '
                               '{ echo "sbatch: error: QOSMaxSubmitJobPerUserLimit" >&2; exit 1; }')
        text = self.submit("--chain", "2", code=2)
        self.assertIn("QOSMaxSubmitJobPerUserLimit", text)
        self.assertIn("submitted before it: 7", text)
        self.assertEqual(json.loads((self.run_folder / "slurm/jobs.json").read_text())[0]["jobs"], ["7"])


class Refusals(Submit):
    def refused(self, pattern, *options, code=2, **rest):
        text = self.submit(*options, code=code, **rest)
        self.assertRegex(text, pattern)
        self.assertEqual(self.submitted(), [])
        self.assertLess(len(text.splitlines()), 4, text)

    def test_times(self):
        for time in ("soon", "1:2:3:4", "0", "-5", "1-", "24:00:00x", "1e3", "1-2:3:4:5"):
            self.refused("--time", f"--time={time}")
        self.refused("is over before the warning, 300 s", "--time", "5")
        self.submit("--time", "6", "--dry-run")

    def test_a_sweep_that_would_not_start(self):
        self.refused("unknown key 'sampels'", more=("--set", "consistency.sampels=4"))
        self.refused("did you mean 'capture'", "--stage", "captur")
        self.refused("demo-lava", more=("--set", "sweep.models=x", "--models", "demo-lava"))
        self.refused("nowhere.h5", more=("--set", "benchmark:demo_pope.table=nowhere.h5"), code=7)
        self.refused("no-checkpoint", more=("--set", "model:demo-llava.checkpoint=no-checkpoint"), code=7)

    def test_a_machine_without_sbatch(self):
        self.refused("sbatch is not on PATH", path=self.without_slurm)
        self.assertFalse(self.run_folder.exists())

    def test_options_in_the_wrong_place(self):
        self.refused("--output-dir stands before --", more=("--output-dir", "x"))
        self.refused("stand before --", more=("--dry-run",))
        self.refused("expected model or benchmark", "--array-by", "seed")
        self.refused("choose by -- --set sweep.models", "--array-by", "model")
        self.refused("excludes --write-only", "--dry-run", "--write-only")
        self.refused("expected a job's number", "--after", "x")
        self.refused("did you mean '--nodes'", "--node", "2")

    def test_a_site_file_that_is_wrong(self):
        self.refused("VRP_PARTITON is read by nothing; did you mean VRP_PARTITION",
                     site=CPU + "VRP_PARTITON=x\n")
        self.refused("VRP_MAX_REQUEUES is 'often', expected a number", site=CPU + "VRP_MAX_REQUEUES=often\n")
        self.refused("VRP_SRUN_OPTIONS is no list", site=SITE.replace("VRP_SRUN_OPTIONS=(--cpu-bind=cores)", ""))
        self.refused("VRP_QOS is not set; copy slurm/site.sh anew", site=CPU.replace("VRP_QOS=", "#"))
        self.refused("expected srun or mpirun", site=CPU + "VRP_LAUNCH=prun\n")
        self.refused("bash cannot read it", site=CPU + "if then\n")
        self.refused("too little for \\[run\\] margin = 60", site=CPU + "VRP_SIGNAL_SECONDS=70\n")

    def test_a_folder_of_another_sweep(self):
        self.run_folder.mkdir()
        (self.run_folder / "manifest.json").write_text('{"sweep": "other"}')
        self.refused("belongs to sweep 'other'", code=5)

    def test_a_job_that_is_queued_for_the_folder(self):
        self.submit()
        (self.folder / "sbatch").unlink()
        (self.folder / "queue").write_text("99 RUNNING\n101 PENDING\n")
        self.refused("job 101 PENDING is in the queue for this folder", code=6)
        self.submit("--after", "101")
        self.assertEqual(self.submitted(), [
            f"--parsable --dependency=afterany:101 {self.run_folder}/slurm/submit-0002.sbatch"])
        (self.folder / "queue").write_text("99 RUNNING\n")
        self.submit()

    def test_a_queue_that_cannot_be_asked_and_a_damaged_record(self):
        self.submit()
        (self.folder / "sbatch").unlink()
        self.program("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1")
        self.refused("Unable to contact slurm controller", code=7)
        (self.run_folder / "slurm/jobs.json").write_text('[{"jobs": 5}]')
        self.refused("is no list of submissions", code=7)

    def test_help_names_every_option(self):
        text = subprocess.run([os.path.join(h.BIN, "vrp"), "submit", "--help"], text=True,
                              capture_output=True).stdout
        for option in ("-C", "--nodes", "--time", "--chain", "--stage", "--after", "--array-by", "--site",
                       "--dry-run", "--write-only"):
            self.assertIn(f"\n  {option} ", text)


if __name__ == "__main__":
    unittest.main()

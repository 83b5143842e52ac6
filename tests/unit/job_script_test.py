#!/usr/bin/env python3
"""slurm/job.sh and nodes.sh: who is to blame for a crash, and what a job does then. The messages were
recorded from srun of Slurm 22.05 and mpirun of Open MPI 4.1, but for two: ABORTED has another node and
code, and a lost daemon (MPIRUN_NODE) is as Open MPI's sources word it. Programs of Slurm are stand-ins."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

KILLED_RANK = """\
items 10/48 (20.8 %)  9.1 items/s
srun: error: n1: task 1: Killed
slurmstepd-n1: error:  mpi/pmix_v4: _errhandler: n1 [0]: pmixp_client_v2.c:211: Error handler invoked
srun: Job step aborted: Waiting up to 12 seconds for job step to finish.
slurmstepd-n1: error: *** STEP 10.0 ON n1 CANCELLED AT 2026-11-29T20:23:58 ***
srun: error: n1: task 0: Killed
srun: error: n2: tasks 2-3: Killed
"""
ABORTED = """\
MPI_ABORT was invoked on rank 1 in communicator MPI_COMM_WORLD
srun: Job step aborted: Waiting up to 12 seconds for job step to finish.
slurmstepd-n1: error: *** STEP 9.0 ON n1 CANCELLED AT 2026-11-29T20:23:55 ***
srun: error: n1: task 0: Killed
srun: error: n2: task 2: Exited with exit code 1
srun: error: n2: task 3: Killed
"""
STOPPED = """\
stopping: rank 1 got a stop signal
srun: error: n2: tasks 2-3: Exited with exit code 75
srun: error: n1: tasks 0-1: Exited with exit code 75
"""
LOST_NODE = """\
srun: error: Node failure on n2
srun: error: n2: tasks 2-3: Killed
srun: launch/slurm: _step_signal: Terminating StepId=21.0
srun: error: n1: tasks 0-1: Killed
srun: Force Terminated StepId=21.0
"""
NO_STEP = "srun: error: Unable to create step for job 3: Requested node configuration is not available\n"
MPIRUN_SIGNAL = """\
mpirun noticed that process rank 1 with PID 1817 on node n1 exited on signal 11 (Segmentation fault).
"""
MPIRUN_CODE = """\
mpirun detected that one or more processes exited with non-zero status, thus causing
the job to be terminated. The first process to do so was:

  Process name: [[27585,1],1]
  Exit code:    %d
"""
MPIRUN_NODE = """\
ORTE has lost communication with a remote daemon.

  HNP daemon   : [[27585,0],0] on node login
  Remote daemon: [[27585,0],2] on node n3
"""


class Script(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        self.run_folder = self.folder / "run"
        self.run_folder.mkdir()

    def program(self, name, text):
        path = self.bin / name
        path.write_text(f"#!/bin/bash\nrun={self.run_folder}\n{text}\n")
        path.chmod(0o755)

    def bash(self, text, **environment):
        process = subprocess.Popen(
            ["bash", "-c", f'for f in site nodes job; do . "{ROOT}/slurm/$f.sh"; done; {text}'],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            env={"PATH": f"{self.bin}:/usr/bin:/bin", "SLURM_JOB_ID": "7", "VRP_HOME": str(self.folder),
                 "HOME": str(self.folder)} | environment)
        try:
            return_text = process.communicate(timeout=60)[0]
        finally:  # a job that does not end must not outlive its test
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return process.returncode, return_text


class Text(unittest.TestCase):
    def test_bash_and_shellcheck_accept_every_file(self):
        files = sorted(path for kind in ("*.sh", "*.sbatch") for path in (ROOT / "slurm").glob(kind))
        self.assertEqual(len(files), 5)
        for path in files:
            self.assertEqual(subprocess.run(["bash", "-n", path]).returncode, 0, path)
        if shutil.which("shellcheck"):
            done = subprocess.run(["shellcheck", "-x", *files], text=True, cwd=ROOT / "slurm",
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)


class Blame(Script):
    def problem(self, text):
        (self.folder / "out").write_text(text)
        code, out = self.bash(f"vrp_launch_problem {self.folder}/out")
        self.assertEqual(code, 0, out)
        return out.strip()

    def test_the_first_killed_rank_of_srun_is_the_cause(self):
        self.assertEqual(self.problem(KILLED_RANK), "n1 Killed")

    def test_after_an_abort_the_rank_that_exited_is_the_cause_not_those_killed_before_it(self):
        self.assertEqual(self.problem(ABORTED), "n2 Exited with exit code 1")

    def test_ranks_that_stop_early_are_no_problem(self):
        self.assertEqual(self.problem(STOPPED), "")
        self.assertEqual(self.problem(MPIRUN_CODE % 75), "")

    def test_a_lost_node_is_named(self):
        self.assertEqual(self.problem(LOST_NODE), "n2 node failure")
        self.assertEqual(self.problem(MPIRUN_NODE), "n3 daemon lost")

    def test_a_step_that_cannot_be_made_names_no_node(self):
        self.assertTrue(self.problem(NO_STEP).startswith("- Unable to create step"))

    def test_mpirun_names_the_node_of_a_signal_but_not_of_an_exit_code(self):
        self.assertEqual(self.problem(MPIRUN_SIGNAL), "n1 signal 11 (Segmentation fault).")
        self.assertEqual(self.problem(MPIRUN_CODE % 1), "- exit code 1")

    def test_output_of_ranks_that_looks_like_a_message_of_srun_is_not_one(self):
        self.assertEqual(self.problem("n2: task 3: Killed\nfailed x: srun: error: n9: task 1: Killed\n"), "")

    def test_hosts_of_events_count_from_an_offset_and_match_nodes_without_domain(self):
        old = '{"event":"hung","host":"n1","rank":1}\n'
        new = '{"event":"hung","host":"n2.cluster","rank":5}\n{"event":"retired","host":"n3","rank":2}\n'
        (self.folder / "events").write_text(old + new)
        code, out = self.bash(f"vrp_event_hosts {self.folder}/events {len(old)} hung;"
                              f"vrp_node_of n2.cluster n1 n2; vrp_node_of n2.cluster n1 n20; "
                              "vrp_without 'n1 n3' n1 n2 n3")
        self.assertEqual((code, out.split()), (0, ["n2.cluster", "n2", "n2"]))


class Job(Script):
    """vrp_job with an srun that plays vrp-run: bin/vrp-run-N is what launch N does."""

    def setUp(self):
        super().setUp()
        self.state = "RUNNING Reason=None"
        self.program("srun", 'printf "%s\\n" "$*" >>$run/launches; exec bash $run/../launch-$(wc -l <$run/launches)')
        self.program("squeue", "echo 'n[1-2]'")
        self.program("sinfo", "printf 'n1 allocated\\nn2 allocated\\n'")
        for name in ("launches", "starts"):
            (self.run_folder / name).touch()
        self.on_requeue = ""

    def launch(self, number, text, units=0, end=None):
        done = "".join("echo '1 1 0 0 - unit' >>$run/units.journal;" for _ in range(units))
        event = "" if end is None else f"""echo '{{"code":{end},"event":"end"}}' >>$run/events.jsonl;"""
        (self.folder / f"launch-{number}").write_text(f"run={self.run_folder}\n{done}{event}\n{text}\n")

    def job(self, **environment):
        self.program("scontrol", 'case $1 in hostnames|show) if [ "$2" = hostnames ]; then printf "n1\\nn2\\n";'
                                 f' else echo "JobId=7 JobState={self.state} X=1"; fi ;;'
                                 f' *) {self.on_requeue} echo "$@" >>$run/scontrol ;; esac')
        return self.bash(f"VRP_LOOK_SECONDS=0.2; vrp_job {self.run_folder} -C sweep.ini", **{
            "VRP_REPORT": "no", "VRP_GPUS_PER_NODE": "0", "SLURM_JOB_NUM_NODES": "2",
            "SLURM_JOB_NODELIST": "n[1-2]"} | environment)

    def launches(self):
        return (self.run_folder / "launches").read_text().splitlines()

    def asked(self):
        path = self.run_folder / "scontrol"
        return path.read_text().splitlines() if path.exists() else []

    def test_a_complete_run_ends_the_job(self):
        self.launch(1, "exit 0", units=3, end=0)
        code, text = self.job()
        self.assertEqual((code, self.asked()), (0, []), text)
        self.assertIn("--nodes=2 --nodelist=n1,n2 --ntasks=2", self.launches()[0])
        self.assertIn(f"vrp-run -C sweep.ini --output-dir {self.run_folder} --wait-live 90", self.launches()[0])

    def test_modules_are_loaded_and_one_that_is_missing_ends_the_job_before_any_rank(self):
        self.launch(1, "exit 0", end=0)
        self.program("module", 'echo "$*" >>$run/modules; [ "$3" != none ]')
        self.assertEqual(self.job(VRP_MODULES="openmpi hdf5")[0], 0)
        self.assertEqual((self.run_folder / "modules").read_text(), "load openmpi hdf5\n")
        code, text = self.job(VRP_MODULES="openmpi none")
        self.assertEqual((code, len(self.launches())), (2, 1), text)

    def test_a_report_is_made_once(self):
        self.launch(1, "exit 0", units=1, end=0)
        self.launch(2, "exit 0", end=0)
        (self.folder / "build/bin").mkdir(parents=True)
        report = self.folder / "build/bin/vrp"
        report.write_text(f"#!/bin/bash\necho $1 >>{self.run_folder}/reports; touch $2/report.html\n")
        report.chmod(0o755)
        for _ in range(2):
            self.assertEqual(self.job(VRP_REPORT="yes")[0], 0)
        self.assertEqual((self.run_folder / "reports").read_text(), "report\n")

    def test_exit_75_with_progress_requeues_once(self):
        self.launch(1, "exit 75", units=1)
        code, text = self.job()
        self.assertEqual((code, self.asked()), (75, ["requeue 7"]), text)

    def test_slurms_term_that_follows_a_requeue_is_not_taken_for_a_failure(self):
        self.launch(1, "exit 75", units=1)
        self.on_requeue = 'kill -TERM 0; sleep 0.1;'  # as slurmd: every process of the script
        code, text = self.job()
        self.assertEqual((code, self.asked()), (75, ["requeue 7"]), text)
        self.assertIn("requeued with 1 units finished", text.splitlines()[-1])

    def test_exit_75_without_progress_does_not_requeue_and_says_so_last(self):
        self.launch(1, "exit 75")
        code, text = self.job()
        self.assertEqual((code, self.asked()), (75, []), text)
        self.assertIn("not requeued: no unit was finished", text.splitlines()[-1])

    def test_requeueing_is_bounded(self):
        self.launch(1, "exit 75", units=1)
        code, text = self.job(SLURM_RESTART_COUNT="3", VRP_MAX_REQUEUES="3")
        self.assertEqual((code, self.asked()), (75, []), text)
        self.assertIn("VRP_MAX_REQUEUES is 3", text.splitlines()[-1])

    def test_mistakes_are_not_repeated(self):
        for code in (2, 4, 5, 6, 7):
            (self.run_folder / "launches").write_text("")
            self.launch(1, f"exit {code}")
            got, text = self.job()
            self.assertEqual((got, self.asked(), len(self.launches())), (code, [], 1), text)

    def test_a_cancelled_job_does_not_requeue_itself_but_one_at_its_limit_does(self):
        self.launch(1, "exit 75", units=1)
        self.state = "COMPLETING Reason=None"
        self.assertEqual(self.job()[0], 75)
        self.assertEqual(self.asked(), [])
        (self.run_folder / "launches").write_text("")
        self.state = "COMPLETING Reason=TimeLimit"
        self.job()
        self.assertEqual(self.asked(), ["requeue 7"])

    def test_a_stop_signal_is_passed_on_as_usr2_and_requeues(self):
        self.launch(1, "trap 'exit 75' USR2; kill -TERM $PPID; while :; do sleep 0.1; done", units=1)
        code, text = self.job()
        self.assertEqual((code, self.asked()), (75, ["requeue 7"]), text)
        self.assertIn("got SIGTERM", text)

    def test_two_signalled_starts_without_progress_end_the_job(self):
        self.launch(1, "trap 'exit 75' USR2; kill -USR2 $PPID; while :; do sleep 0.1; done")
        code, text = self.job()
        self.assertEqual((code, self.asked()), (75, ["requeue 7"]), text)
        (self.run_folder / "launches").write_text("")
        code, text = self.job(SLURM_RESTART_COUNT="1")
        self.assertEqual((code, self.asked()), (75, ["requeue 7"]), text)
        self.assertIn("two starts in a row finished no unit", text.splitlines()[-1])

    def test_a_step_that_does_not_stop_is_ended_before_the_limit(self):
        self.launch(1, "trap '' USR2; kill -USR2 $PPID; while :; do sleep 0.1; done", units=1)
        code, text = self.job(VRP_SIGNAL_SECONDS="4")
        self.assertEqual((code, self.asked()), (75, ["requeue 7"]), text)
        self.assertIn("ending the step: it has not stopped", text)

    def test_a_run_without_heartbeat_is_ended_and_started_again(self):
        self.launch(1, "touch -d '1 hour ago' $run/owner.json; exec sleep 60", units=1)
        self.launch(2, "exit 0", end=0)
        code, text = self.job(VRP_SILENT_SECONDS="2")
        self.assertEqual((code, len(self.launches())), (0, 2), text)
        self.assertIn("no heartbeat in owner.json", text)

    def test_ranks_that_hang_in_the_start_or_end_of_mpi_are_ended(self):
        for body in ("rm -f $run/owner.json; exec sleep 60",
                     "touch $run/owner.json; sleep 1.5; rm $run/owner.json; exec sleep 60"):
            with self.subTest(body=body):
                self.setUp()
                self.launch(1, body, units=1)
                self.launch(2, "exit 0", end=0)
                code, text = self.job(VRP_SILENT_SECONDS="3")
                self.assertEqual((code, len(self.launches())), (0, 2), text)
                self.assertIn("no heartbeat in owner.json", text)

    def test_a_crash_with_progress_starts_again_in_the_allocation(self):
        self.launch(1, "exit 137", units=1)
        self.launch(2, "exit 0", end=0)
        code, text = self.job()
        self.assertEqual((code, len(self.launches()), self.asked()), (0, 2, []), text)

    def test_crashes_are_bounded(self):
        for number in range(1, 5):
            self.launch(number, "exit 137", units=1)
        code, text = self.job(VRP_MAX_CRASHES="3")
        self.assertEqual((code, len(self.launches())), (1, 3), text)
        self.assertIn("3 crashes in this allocation", text.splitlines()[-1])

    def test_crashes_without_progress_end_after_two(self):
        for number in (1, 2):
            self.launch(number, "exit 139")
        code, text = self.job()
        self.assertEqual((code, len(self.launches())), (1, 2), text)
        self.assertIn("crashes in a row without a finished unit", text.splitlines()[-1])

    def test_exit_0_without_the_runs_own_end_is_a_crash(self):
        self.launch(1, "exit 0", units=1)
        self.launch(2, "exit 3", end=3)
        code, text = self.job()
        self.assertEqual((code, len(self.launches())), (3, 2), text)

    def test_a_node_that_failed_twice_is_left_out_and_excluded_when_requeued(self):
        for number in (1, 2):
            self.launch(number, "echo 'srun: error: n2: task 1: Killed'; exit 137", units=1)
        self.launch(3, "exit 75", units=1)
        code, text = self.job()
        self.assertIn("--nodes=1 --nodelist=n1 --ntasks=1", self.launches()[2])
        self.assertEqual((code, self.asked()), (75, ["requeue 7", "update JobId=7 ExcNodeList=n2"]), text)

    def test_a_silent_rank_blames_its_host_not_rank_0s(self):
        for number in (1, 2):
            self.launch(number, """echo '{"event":"hung","host":"n2.site","rank":1}' >>$run/events.jsonl
                echo 'srun: error: n1: task 0: Exited with exit code 75'; exit 75""", units=1)
        self.launch(3, "exit 0", end=0)
        code, text = self.job()
        self.assertEqual(code, 0, text)
        self.assertIn("--nodes=1 --nodelist=n1", self.launches()[2])

    def test_too_few_nodes_left_goes_back_into_the_queue_without_them(self):
        for number in (1, 2):
            self.launch(number, "echo 'srun: error: n2: task 1: Killed'; exit 137", units=1)
        code, text = self.job(VRP_MIN_NODES="2")
        self.assertEqual(self.asked(), ["requeue 7", "update JobId=7 ExcNodeList=n2"], text)
        self.assertIn("1 of 2 nodes are left (left out: n2), fewer than 2", text)

    def test_nodes_that_are_down_are_not_used(self):
        self.program("sinfo", "printf 'n1 allocated\\nn2 down*\\n'")
        self.launch(1, "exit 0", end=0)
        self.job()
        self.assertIn("--nodes=1 --nodelist=n1", self.launches()[0])

    def test_a_link_of_a_chain_leaves_the_rest_to_the_next(self):
        self.launch(1, "exit 75", units=1)
        code, text = self.job(VRP_LINKS_LEFT="1")
        self.assertEqual((code, self.asked()), (75, []), text)
        self.assertIn("the next job of the chain goes on", text.splitlines()[-1])

    def test_an_element_of_an_array_speaks_of_itself_only(self):
        self.launch(1, "exit 75", units=1)
        self.job(SLURM_ARRAY_JOB_ID="7", SLURM_ARRAY_TASK_ID="4")
        self.assertEqual(self.asked(), ["requeue 7_4"])

    def test_mpirun_gets_hosts_and_slots(self):
        shutil.copy(self.bin / "srun", self.bin / "mpirun")
        self.launch(1, "exit 0", end=0)
        code, text = self.job(VRP_LAUNCH="mpirun", VRP_CPUS_PER_RANK="4", VRP_RANKS_PER_NODE="2")
        self.assertEqual(code, 0, text)
        self.assertIn("-n 4 --host n1:2,n2:2 --map-by ppr:2:node:pe=4 --bind-to core", self.launches()[0])


if __name__ == "__main__":
    unittest.main()

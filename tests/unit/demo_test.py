#!/usr/bin/env python3
"""tools/demo draws its data once, passes exit codes on and says where the results are."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Demo(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copytree(ROOT / "tools/lib", self.root / "tools/lib")
        shutil.copy(ROOT / "tools/demo", self.root / "tools/demo")
        self.program("tools/setup", "exit ${SETUP_EXIT:-0}")
        self.program("tools/demo_data/make_demo_data.py", "")
        self.program(".venv/bin/python", 'case $1 in *make_demo_data.py) echo draw >> "$CALLS"; mkdir -p data/demo;; esac')
        self.program("build/bin/vrp", 'echo "vrp $*" >> "$CALLS"; exit ${VRP_EXIT:-0}')
        self.program("bin/mpirun", 'echo "mpirun $*" >> "$CALLS"; exit ${RUN_EXIT:-0}')

    def program(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/usr/bin/env bash\n{text}\n")
        path.chmod(0o755)

    def demo(self, *arguments, **environment):
        log = self.root / "calls"
        log.write_text("")
        done = subprocess.run(
            [self.root / "tools/demo", *arguments], text=True, timeout=60, cwd=self.root,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=os.environ | {"PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", "CALLS": str(log)}
            | environment)
        return done.returncode, done.stdout, log.read_text().splitlines()

    def test_the_second_time_no_data_is_drawn_and_the_run_is_resumed(self):
        code, text, calls = self.demo()
        self.assertEqual(code, 0, text)
        self.assertEqual(calls.count("draw"), 1)
        self.assertEqual([c.split()[2] for c in calls if c.startswith("vrp import")],
                         ["pope", "counting", "spatial", "vqav2", "mme", "seed-bench"])
        self.assertIn(f"report: {self.root}/runs/demo/report.html", text)
        code, text, calls = self.demo()
        self.assertEqual((code, calls.count("draw")), (0, 0))
        self.assertTrue(any(c.startswith("mpirun -n 2 ") for c in calls))

    def test_a_changed_generator_draws_again(self):
        self.demo()
        for name in ("make_demo_data.py", "formats/mme.py"):
            self.program(f"tools/demo_data/{name}", "# changed")
            self.assertEqual(self.demo()[2].count("draw"), 1)

    def test_out_and_ranks_reach_the_run(self):
        code, text, calls = self.demo("--out", "runs/other", "--ranks", "3")
        self.assertEqual(code, 0, text)
        run = next(c for c in calls if c.startswith("mpirun"))
        self.assertIn("-n 3 ", run)
        self.assertIn(f"--output-dir {self.root}/runs/other", run)
        self.assertIn(f"vrp report {self.root}/runs/other", calls)

    def test_exit_codes_are_passed_on_and_no_report_is_made(self):
        for wanted in ("75", "7"):
            code, text, calls = self.demo(RUN_EXIT=wanted)
            self.assertEqual(str(code), wanted)
            self.assertFalse(any("vrp report" in c for c in calls))
        self.assertEqual(self.demo(VRP_EXIT="7")[0], 7)
        self.assertEqual(self.demo(SETUP_EXIT="1")[0], 1)

    def test_the_summary_prints_intervals_and_says_what_is_undefined(self):
        table = self.root / "T4.csv"
        table.write_text("model,benchmark,signal,statistic,n,estimate,low,high,note\n"
                         "m,set,,accuracy,200,0.4049,0.3349,0.47,\n"
                         "m,pooled,s_sc,auroc,200,,,,one class only\nm,set,s_sc,auroc,200,0.9,0.8,1,\n")
        done = subprocess.run([sys.executable, ROOT / "tools/lib/demo_summary.py", table], text=True,
                              capture_output=True, check=True)
        self.assertRegex(done.stdout, r"m +set +n +200 +0\.40 \[0\.33, 0\.47\]")
        self.assertRegex(done.stdout, r"m +s_sc +undefined \(one class only\)")
        self.assertNotIn("0.90", done.stdout)

    def test_wrong_arguments_are_refused_before_anything_happens(self):
        for arguments in (["--ranks", "0"], ["--ranks", "two"], ["--ranks"], ["--out", ""], ["--fast"]):
            code, _, calls = self.demo(*arguments)
            self.assertEqual((code, calls), (2, []), arguments)


if __name__ == "__main__":
    unittest.main()

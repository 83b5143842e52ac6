#!/usr/bin/env python3
"""tools/check passes ctest's options on, leaves out gpu without a GPU, and fails when any part does."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Check(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copytree(ROOT / "tools/lib", self.root / "tools/lib")
        shutil.copy(ROOT / "tools/check", self.root / "tools/check")
        self.program("tools/setup", 'echo "setup $*"; exit ${SETUP_EXIT:-0}')
        self.program(".venv/bin/python", "exit ${INCLUDES_EXIT:-0}")
        self.program(".venv/bin/ctest", 'printf "ctest"; printf " <%s>" "$@"; exit ${CTEST_EXIT:-0}')
        self.program("bin/clang-format-14", 'echo "Debian clang-format version 13.0.1"')
        self.mode("OFF")

    def program(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/usr/bin/env bash\n{text}\n")
        path.chmod(0o755)

    def mode(self, cuda):
        (self.root / "build").mkdir(exist_ok=True)
        (self.root / "build/CMakeCache.txt").write_text(f"VRP_CUDA:BOOL={cuda}\n")

    def check(self, *arguments, **environment):
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run([self.root / "tools/check", *arguments], text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=os.environ | {"PATH": path} | environment)
        return done.returncode, done.stdout

    def test_all_passes_and_options_reach_ctest(self):
        code, text = self.check("-R", "store", "--cpu")
        self.assertEqual(code, 0, text)
        self.assertIn("setup --tests --cpu", text)
        self.assertIn("<-R> <store>", text)
        self.assertIn("<--no-tests=error>", text)
        self.assertIn("<-LE> <gpu>", text)

    def test_own_exclusions_are_joined_with_gpu(self):
        self.assertIn("<-LE> <slow|resume|gpu>", self.check("-LE", "slow", "-LE", "resume")[1])

    def test_with_a_gpu_and_a_cuda_build_the_gpu_tests_run(self):
        self.program("bin/nvidia-smi", 'echo "GPU 0: some GPU"')
        self.assertIn("<-LE> <gpu>", self.check()[1])
        self.mode("ON")
        self.assertNotIn("-LE", self.check()[1])

    def test_any_failing_part_fails_the_whole(self):
        for part, word in (("INCLUDES_EXIT", "includes"), ("CTEST_EXIT", "tests")):
            code, text = self.check(**{part: "8"})
            self.assertEqual(code, 1)
            self.assertIn(f"failed: {word}", text)
            self.assertNotIn("all passed", text)

    def test_nothing_is_tested_when_set_up_fails(self):
        code, text = self.check(SETUP_EXIT="1")
        self.assertEqual(code, 1)
        self.assertNotIn("ctest", text)

    def test_a_file_in_another_layout_is_named(self):
        self.program("bin/clang-format-14", 'if [ "$1" = --version ]; then echo "version 14.0.6"; else '
                     'echo "kernels/a.cpp:3:1: error: code should be clang-formatted"; exit 1; fi')
        (self.root / "kernels").mkdir()
        (self.root / "kernels/a.cpp").write_text("int  a;\n")
        code, text = self.check()
        self.assertEqual(code, 1)
        self.assertIn("kernels/a.cpp", text)
        self.assertIn("failed: format", text)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""slurm/container.def without Apptainer: its scripts are sound, %setup puts a checkout in place, and what
%post, %test and the environment name is there and known."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECTIONS = ["arguments", "setup", "post", "environment", "runscript", "test", "labels"]


def sections():
    text = (ROOT / "slurm/container.def").read_text()
    parts = re.split(r"^%(\w+)\n", text, flags=re.M)
    return parts[0], dict(zip(parts[1::2], parts[2::2]))


class Recipe(unittest.TestCase):
    def setUp(self):
        self.header, self.parts = sections()

    def test_header_and_sections(self):
        words = [line for line in self.header.splitlines() if not line.startswith("#")]
        self.assertEqual(words, ["Bootstrap: docker", "From: debian:12", ""])
        self.assertEqual(list(self.parts), SECTIONS)
        self.assertIn("mode=cuda", self.parts["arguments"])

    def test_scripts_are_sound_for_either_mode(self):
        for mode in ("cpu", "cuda"):
            for name in ("setup", "post", "environment", "runscript", "test"):
                script = self.parts[name].replace("{{ mode }}", mode)
                self.assertNotIn("{{", script)
                done = subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True)
                self.assertEqual(done.returncode, 0, name + done.stderr)

    def test_the_setup_is_told_what_it_knows(self):
        usage = (ROOT / "tools/setup").read_text()
        for mode in ("cpu", "cuda"):
            self.assertIn(f"    --{mode}) mode={mode} ;;", usage)
        self.assertIn('tools/setup "--{{ mode }}"', self.parts["post"])
        self.assertIn("export CUDA_HOME=/usr/local/cuda-13.0", self.parts["post"])  # find_nvcc looks there

    @unittest.skipUnless((ROOT / ".git").exists(), "not a git checkout")
    def test_setup_leaves_a_checkout_with_its_revision(self):
        with tempfile.TemporaryDirectory() as rootfs:
            os.mkdir(os.path.join(rootfs, "opt"))
            script = self.parts["setup"].replace("--depth 1", "--depth 1 --no-checkout")  # the names will do
            done = subprocess.run(["sh", "-ec", script], cwd=ROOT, text=True, capture_output=True,
                                  env=os.environ | {"APPTAINER_ROOTFS": rootfs})
            self.assertEqual(done.returncode, 0, done.stderr)
            git = ["git", "-C", os.path.join(rootfs, "opt/vrp")]
            listed = subprocess.run([*git, "ls-tree", "-r", "--name-only", "HEAD"], text=True,
                                    capture_output=True, check=True).stdout.split("\n")
            for name in ("tools/setup", "tools/requirements/debian.txt", "slurm/site.sh", "slurm/job.sh"):
                self.assertIn(name, listed)
            self.assertEqual(subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True).stdout,
                             subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True).stdout)


if __name__ == "__main__":
    unittest.main()

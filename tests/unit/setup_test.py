#!/usr/bin/env python3
"""tools/setup on machines that it does not run on here: no apt, a broken apt, modules, no or old CUDA.

Each test runs the set-up's own shell functions in a copy of tools/, with a PATH of its own.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("bash cat cut grep sed awk head tail wc find sha256sum dirname uname env id mkdir rm tr "
            "nproc flock touch").split()
LIST = """
# package    signs
tool-there   command:cat
libone-dev   header:one.h
libtwo-dev   header:two/two.h  command:two-config
viewer       command:no-such-viewer  optional
queue        command:no-such-queue  test
"""


class Machine(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copytree(ROOT / "tools/lib", self.folder / "tools/lib")
        (self.folder / "tools/requirements").mkdir()
        shutil.copy(ROOT / "tools/setup", self.folder / "tools/setup")
        (self.folder / "tools/requirements/debian.txt").write_text(LIST)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for name in PROGRAMS:
            found = shutil.which(name)
            self.assertIsNotNone(found, name)
            (self.bin / name).symlink_to(found)

    def program(self, name, text, folder=None):
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text("#!/usr/bin/env bash\n" + text + "\n")
        path.chmod(0o755)

    def header(self, prefix, name):
        path = self.folder / prefix / "include" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return str(self.folder / prefix)

    def run_bash(self, script, **environment):
        """Runs script after the set-up's functions were sourced: (exit code, all it printed)."""
        sources = " ".join(f'. "$VRP_ROOT/tools/lib/{name}.sh";'
                           for name in ("say", "packages", "wheels", "build"))
        done = subprocess.run(
            ["bash", "-c", f"set -u; {sources} {script}"], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=60,
            env={"PATH": str(self.bin), "VRP_ROOT": str(self.folder), "CUDA_HOME": "/nonexistent",
                 "HOME": str(self.folder)} | environment)
        return done.returncode, done.stdout

    def as_root(self):
        self.program("id", "echo 0")


class Packages(Machine):
    def test_without_apt_the_missing_ones_are_named_and_nothing_is_made(self):
        done = subprocess.run(["bash", self.folder / "tools/setup", "--cpu"], text=True,
                              capture_output=True, timeout=60,
                              env={"PATH": str(self.bin), "HOME": str(self.folder)})
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("there is no apt-get on this machine", done.stderr)
        self.assertIn("missing (Debian names): libone-dev libtwo-dev \n", done.stderr)
        self.assertNotIn("tool-there", done.stderr)
        self.assertFalse((self.folder / ".venv").exists())
        self.assertFalse((self.folder / "build").exists())

    def test_without_root_and_sudo_the_missing_ones_are_named(self):
        self.program("apt-get", "touch $VRP_ROOT/called")
        self.program("id", "echo 1000")
        code, text = self.run_bash("install_packages")
        self.assertEqual(code, 1)
        self.assertIn("needs root or a sudo without password", text)
        self.assertIn("libone-dev libtwo-dev", text)
        self.assertFalse((self.folder / "called").exists())

    def test_a_failing_apt_shows_what_it_said(self):
        self.as_root()
        self.program("apt-get", "echo 'E: no route to the archive'; exit 100")
        code, text = self.run_bash("install_packages")
        self.assertEqual(code, 1)
        self.assertIn("E: no route to the archive", text)
        self.assertIn("libone-dev libtwo-dev", text)

    def test_apt_that_installs_nothing_is_noticed(self):
        self.as_root()
        self.program("apt-get", "exit 0")
        code, text = self.run_bash("install_packages")
        self.assertEqual(code, 1)
        self.assertIn("not found afterwards", text)

    def test_what_is_missing_and_only_that_is_installed(self):
        self.as_root()
        prefix = self.header("modules", "one.h")
        self.program("apt-get", 'echo "$@" >> "$VRP_ROOT/calls"; for p in one.h two/two.h; do mkdir -p '
                                '"$VRP_ROOT/modules/include/two"; touch "$VRP_ROOT/modules/include/$p"; done')
        code, text = self.run_bash("install_packages", CPATH=prefix + "/include")
        self.assertEqual(code, 0, text)
        calls = (self.folder / "calls").read_text().splitlines()
        self.assertEqual(calls[1].split()[-2:], ["libtwo-dev", "viewer"])
        self.assertNotIn("libone-dev", calls[1])
        self.assertIn("going on without viewer", text)

    def test_packages_of_tests_are_installed_only_where_tests_are_run(self):
        self.as_root()
        prefix = self.header("modules", "one.h")
        self.header("modules", "two/two.h")
        self.program("apt-get", 'echo "$@" >> "$VRP_ROOT/calls"')
        code, text = self.run_bash("install_packages", CPATH=prefix + "/include", VRP_WITH_TESTS="yes")
        self.assertEqual(code, 0, text)
        calls = (self.folder / "calls").read_text().splitlines()
        self.assertEqual(calls[1].split()[-2:], ["viewer", "queue"])
        self.assertIn("going on without viewer queue", text)

    def test_cluster_modules_stand_in_for_packages(self):
        prefix = self.header("modules", "one.h")
        self.program("two-config", "", self.folder / "hdf5/bin")
        code, text = self.run_bash("install_packages", CMAKE_PREFIX_PATH=f"/opt/nothing:{prefix}",
                                   HDF5_ROOT=str(self.folder / "hdf5"))
        self.assertEqual(code, 0, text)
        self.assertIn("going on without viewer", text)

    def test_a_tex_file_is_looked_for_with_kpsewhich(self):
        (self.folder / "tools/requirements/debian.txt").write_text("lettering  tex:lettering.sty  optional\n")
        self.assertIn("going on without lettering", self.run_bash("install_packages")[1])
        self.program("kpsewhich", '[ "$1" = lettering.sty ] && echo /tex/lettering.sty')
        code, text = self.run_bash("install_packages")
        self.assertEqual(code, 0, text)
        self.assertIn("packages: all there", text)

    def test_an_unknown_sign_in_the_list_is_an_error(self):
        (self.folder / "tools/requirements/debian.txt").write_text("libx-dev  library:x\n")
        code, text = self.run_bash("install_packages; echo went on")
        self.assertEqual(code, 1)
        self.assertIn("unknown sign 'library:x'", text)
        self.assertNotIn("went on", text)


class Wheels(Machine):
    def setUp(self):
        super().setUp()
        self.program("python", 'if [ "$1" = --version ]; then echo Python 3.11.2; else '
                               'echo "$@" >> "$VRP_ROOT/pip"; exit "${PIP_EXIT:-0}"; fi',
                     self.folder / ".venv/bin")
        self.pins = self.folder / "tools/requirements/test.txt"
        self.pins.write_text("numpy==1.0\n")

    def calls(self):
        log = self.folder / "pip"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def test_a_second_call_installs_nothing_and_a_changed_pin_installs(self):
        for text, calls in (("numpy==1.0\n", 1), ("numpy==1.0\n", 1), ("numpy==2.0\n", 2)):
            self.pins.write_text(text)
            self.assertEqual(self.run_bash("wheels test")[0], 0)
            self.assertEqual(self.calls(), calls)

    def test_a_failed_install_is_tried_again_and_names_the_wheels(self):
        code, text = self.run_bash("wheels test", PIP_EXIT="1")
        self.assertEqual(code, 1)
        self.assertIn("numpy==1.0", text)
        self.assertEqual(self.run_bash("wheels test")[0], 0)
        self.assertEqual(self.calls(), 2)

    def test_a_given_libtorch_replaces_the_wheel(self):
        code, text = self.run_bash("torch_wheels cpu", Torch_DIR="/opt/torch/share/cmake/Torch")
        self.assertEqual((code, self.calls()), (0, 0))
        self.assertIn("/opt/torch/share/cmake/Torch", text)

    def test_an_old_python_is_refused(self):
        self.program("python3", 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi')
        code, text = self.run_bash("find_python() { return 1; }; make_venv")
        self.assertEqual(code, 1)
        self.assertIn("found Python 3.9.2, expected 3.11 to 3.14", text)


class Mode(Machine):
    def nvcc(self, release):
        self.program("nvcc", f"echo 'Cuda compilation tools, release {release}, V{release}.1'")

    def test_no_toolkit_means_a_cpu_build(self):
        code, text = self.run_bash("choose_mode auto; echo $VRP_MODE")
        self.assertEqual((code, text.split()[-1]), (0, "cpu"))

    def test_an_old_toolkit_means_a_cpu_build_and_says_so(self):
        self.nvcc("12.4")
        code, text = self.run_bash("choose_mode auto; echo $VRP_MODE")
        self.assertEqual((code, text.split()[-1]), (0, "cpu"))
        self.assertIn("release 12.4; the CUDA build needs 13", text)

    def test_toolkit_13_means_a_cuda_build_unless_cpu_is_asked_for(self):
        self.nvcc("13.0")
        code, text = self.run_bash("choose_mode auto; echo $VRP_MODE")
        self.assertEqual((code, text.split()[-1]), (0, "cuda"))
        self.assertEqual(self.run_bash("choose_mode cpu; echo $VRP_MODE")[1].split()[-1], "cpu")

    def test_what_was_asked_for_holds_for_later_calls(self):
        self.nvcc("13.0")
        self.run_bash("choose_mode cpu")
        code, text = self.run_bash("choose_mode auto; echo $VRP_MODE")
        self.assertEqual((code, text.split()[-1]), (0, "cpu"))
        self.assertIn("as asked for earlier", text)
        self.run_bash("choose_mode cuda")
        self.assertEqual(self.run_bash("choose_mode auto; echo $VRP_MODE")[1].split()[-1], "cuda")

    def test_cuda_asked_for_without_its_toolkit_is_an_error(self):
        code, text = self.run_bash("choose_mode cuda")
        self.assertEqual(code, 1)
        self.assertIn("no nvcc on PATH", text)
        self.nvcc("12.4")
        code, text = self.run_bash("choose_mode cuda")
        self.assertEqual(code, 1)
        self.assertIn("release 12.4, expected 13", text)

    def test_an_unknown_argument_is_refused(self):
        done = subprocess.run(["bash", self.folder / "tools/setup", "--gpu"], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("unknown argument '--gpu'", done.stderr)


if __name__ == "__main__":
    unittest.main()

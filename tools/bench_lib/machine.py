"""What the figures depend on besides the code: processor, cores, load, memory, versions."""
import os
import pathlib
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version

ROOT = pathlib.Path(__file__).resolve().parents[2]


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*:\s*(.*)$", text, re.M)
    return found.group(1) if found else platform.machine()


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else "unknown"


def wheel(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def facts():
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": processor(), "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(pages / 2**30, 1), "load_1min": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "versions": {
            "vrp": first_line("git", "describe", "--always", "--dirty"),
            "compiler": first_line("g++", "--version"),
            "python": platform.python_version(),
            **{name: wheel(name) for name in ("torch", "transformers", "numpy", "scipy",
                                                "scikit-learn")}}}

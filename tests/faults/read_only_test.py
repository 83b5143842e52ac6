"""A file system that is or becomes read-only: named, nothing lost."""
import os
import shutil
import subprocess

import faults as f


def mounted_read_only(run, expected):
    """A real read-only mount in a name space of its own, where this machine allows one."""
    words = " ".join(f"'{word}'" for word in f.h.command(run, 2, f.ARGUMENTS))
    script = f"mount --bind {run} {run} && mount -o remount,bind,ro {run} && {words}"
    done = subprocess.run(["unshare", "--mount", "--map-root-user", "--user", "sh", "-c", script], text=True,
                          capture_output=True, cwd=f.h.SOURCE)
    if "unshare" in done.stderr or "mount" in done.stderr and "permitted" in done.stderr:
        print("NOT TESTED on a real mount: " + done.stderr.strip()[:200])
        return
    f.h.check(done.returncode == 7 and "Read-only file system" in done.stderr and run in done.stderr,
              f"exit code {done.returncode}, expected 7:\n{done.stderr}")
    f.heals(run, expected)
    print("a folder mounted read-only gives 7 and is named")


def main():
    kept, expected = f.reference()
    run = f.folder("start")
    rules = [f"mkdir,link,rename:{run}*:0:*:EROFS", f"open:{run}/*.tmp-*:0:*:EROFS", f"write:{run}/*:0:*:EROFS"]
    f.faulty(run, rules, 7, "Read-only file system", run)
    f.h.check(not os.path.exists(run), "a folder was made")
    os.mkdir(run)
    f.faulty(run, rules, 7, "Read-only file system", "owner.json")
    f.heals(run, expected)
    run = f.folder("midway")
    rules = [f"open:{run}/*unit-*.tmp-*:2:*:EROFS"]
    f.faulty(run, rules, 75, "Read-only file system", "unit-", "the same command goes on", ranks=2)
    f.check_all(run)
    f.heals(run, expected)
    print("read-only from the start gives 7, midway 75, and both heal")
    run = f.folder("mounted")
    shutil.copytree(kept, run)
    mounted_read_only(run, expected)
    shutil.rmtree(f.WORK)


main()

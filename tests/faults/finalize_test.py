"""A rank that hangs in the end of MPI: all ranks end by themselves, say what they waited for, and nothing is lost."""
import os
import shutil

import faults as f


def main():
    _, expected = f.reference()
    run = f.folder("run")
    # Ranks leave with 0; mpirun makes that 1, since they have not said good-bye to it.
    f.faulty(run, ["finalize:*:0:*:until=/nowhere/at/all"], 1, "(MPI_Finalize)", "leaves with exit code 0",
             "all work is on disk", ranks=2, arguments=[*f.ARGUMENTS, "--set", "run.heartbeat=10"],
             env={"VRP_FAULTS_RANK": "1"})
    f.h.check(f.h.digest(run) == expected, "another digest")
    f.h.check(not f.h.ranks_of(run), f"processes are left: {f.h.ranks_of(run)}")
    f.h.check(not os.path.exists(os.path.join(run, "owner.json")), "the folder is not free")
    f.heals(run, expected)
    print("a rank that hangs in MPI_Finalize keeps nobody, and is ended itself")
    shutil.rmtree(f.WORK)


main()

#!/usr/bin/env python3
"""Peak memory of the probes does not grow with the items of a cell: 20 times more items, the same
budget, at most 1.3 times the memory (columns of the size of the items included)."""
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop(1)
SETTINGS = ("fits=hidden_mlp hidden_linear contrib12 sparse fusion",
            "controls=shuffle authors_split duplicates", "shuffles_linear=2", "shuffles_sparse=0",
            "shuffles_net=0", "mlp_epochs=1", "mlp_width=16", "mlp_batch=256", "layers_per_part=3",
            "inner_folds=2")


def peak_kb(items, memory_mb):
    run = subprocess.run([PROGRAM, str(items), "3", "64", str(memory_mb), *SETTINGS],
                         check=True, stdout=subprocess.PIPE, text=True)
    return int(run.stdout.split("peak_kb")[1])


class Memory(unittest.TestCase):
    def test_twenty_times_the_items(self):
        small, large = peak_kb(500, 1), peak_kb(10000, 1)
        print(f"peak {small} kB at 500 items, {large} kB at 10000")
        self.assertLess(large, 1.3 * small)

    def test_the_budget_is_what_holds_it_down(self):
        # The features of a part are about 3 x 64 x 10000 x 4 bytes = 7.7 MB, and a layer in fp64 5.1 MB.
        bounded, free = peak_kb(10000, 1), peak_kb(10000, 2048)
        self.assertGreater(free, bounded + 5000)


if __name__ == "__main__":
    unittest.main()

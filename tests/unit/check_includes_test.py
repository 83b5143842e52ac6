#!/usr/bin/env python3
"""tools/check_includes.py finds each kind of wrong include, and only those."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from check_includes import Project  # noqa: E402

# A small tree in which everything is allowed.
GOOD = {
    "kernels/maps.hpp": "#include <vector>",
    "kernels/maps.cpp": '#include "kernels/maps.hpp"',
    "kernels/maps_cuda.cu": "#include <cuda_runtime.h>",
    "pipeline/base/error.hpp": "",
    "pipeline/base/log.hpp": "#include <spdlog/spdlog.h>",
    "pipeline/store/h5.hpp": '#include <hdf5.h>\n#include "pipeline/base/error.hpp"',
    "pipeline/items/table.hpp": '#include "pipeline/store/h5.hpp"',
    "pipeline/dist/session.hpp": "#include <mpi.h>",
    "pipeline/model/model.hpp": '#include "pipeline/base/error.hpp"',
    "pipeline/model/weights.hpp": "#include <ATen/ATen.h>",
    "pipeline/model/model.cpp": '#include "pipeline/model/weights.hpp"',
    "pipeline/driver/driver.hpp": '#include "pipeline/dist/session.hpp"',
    "stages/capture/record.hpp": "",
    "stages/capture/stage.hpp": '#include "pipeline/model/model.hpp"',
    "stages/metrics/stage.cpp": '#include "stages/capture/record.hpp"\n#include "kernels/maps.hpp"',
    "stages/probes/fit.cpp": '#include "pipeline/model/weights.hpp"',
    "stages/runners.hpp": "",
    "stages/runners.cpp": '#include "stages/runners.hpp"\n#include "stages/capture/stage.hpp"',
    "pipeline/version.hpp": "",
    "pipeline/control/show.cpp": '#include "stages/capture/stage.hpp"\n#include "pipeline/version.hpp"',
    "pipeline/vrp_run.cpp": '#include <mpi.h>\n#include "stages/capture/stage.hpp"',
    "tests/unit/scratch.hpp": "",
    "tests/unit/a_test.cpp": '#include "pipeline/store/h5.hpp"\n#include <hdf5.h>\n#include "scratch.hpp"',
}

# One wrong line each: file, its text, what the message has to say.
BAD = [
    ("kernels/maps.cpp", '#include "pipeline/base/error.hpp"', "kernels may include nothing else"),
    ("kernels/maps.hpp", "#include <ATen/ATen.h>", "libtorch headers belong in"),
    ("pipeline/base/error.hpp", '#include "pipeline/store/h5.hpp"', "pipeline/base may include kernels"),
    ("pipeline/stats/auroc.hpp", '#include "pipeline/items/table.hpp"', "pipeline/stats may include"),
    ("pipeline/model/model.hpp", '#include "pipeline/driver/driver.hpp"', "pipeline/model may include"),
    ("pipeline/driver/driver.cpp", '#include "stages/capture/record.hpp"', "pipeline/driver may include"),
    ("stages/metrics/stage.cpp", '#include "stages/capture/stage.hpp"', "stage metrics may include only"),
    ("stages/capture/stage.hpp", '#include "pipeline/control/commands.hpp"', "no such file"),
    ("stages/capture/stage.hpp", '#include "pipeline/model/weights.hpp"', "sees libtorch through"),
    ("stages/capture/stage.cpp", "#include <mpi.h>", "MPI headers belong in"),
    ("pipeline/items/table.cpp", "  #  include <hdf5.h>", "HDF5 headers belong in"),
    ("stages/capture/stage.hpp", '#include "stages/runners.hpp"', "stages may include"),
    ("pipeline/driver/driver.cpp", '#include "pipeline/version.hpp"', "only the mains and pipeline/control"),
    ("pipeline/base/text.cpp", '#include "text.hpp"', "no such file"),
    ("pipeline/stats/fast.cpp", "#include <cuda_runtime.h>", "CUDA headers belong in"),
    ("stages/reduce/trees.cpp", "#include <xgboost/c_api.h>", "XGBoost headers belong in"),
    ("pipeline/model/model.cpp", '#include <ATen/ATen.h>\n#include "pipeline/base/log.hpp"',
     "sees both libtorch and spdlog"),
    ("stages/metrics/stage.cpp", '#include "tests/unit/helper.hpp"', "no such file"),
    ("pipeline/vrp.cpp", "#include <mpi.h>", "MPI headers belong in"),
    ("pipeline/base/text.cpp", '#include "error.hpp"', "no such file"),
    ("pipeline/base/text.cpp", "#include <pipeline/items/table.hpp>", "pipeline/base may include"),
]


def problems(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n")
        return Project(folder).problems()


class Includes(unittest.TestCase):
    def test_a_tree_that_keeps_the_direction_has_no_problems(self):
        self.assertEqual(problems(GOOD), [])

    def test_each_wrong_include_is_found_and_named(self):
        for name, text, words in BAD:
            with self.subTest(file=name, text=text):
                found = problems(GOOD | {name: text})
                self.assertTrue(any(name in line and words in line for line in found), found)

    def test_only_tests_include_tests(self):
        files = GOOD | {"tests/unit/helper.hpp": "", "pipeline/vrp.cpp": '#include "tests/unit/helper.hpp"'}
        self.assertIn("only tests include tests", problems(files)[0])

    def test_two_types_of_one_name_are_found_unless_nobody_else_sees_them(self):
        one = "namespace vrp {\nstruct Row {\n};\n}  // namespace vrp\n"
        hidden = "namespace vrp {\nnamespace {\nstruct Row {\n};\n}  // namespace\n}  // namespace vrp\n"
        other = "namespace vrp::golden {\nclass Row final : public Base {\n};\n}  // namespace vrp::golden\n"
        files = GOOD | {"stages/capture/row.hpp": one, "stages/metrics/row.cpp": hidden,
                        "stages/metrics/other.hpp": other}
        self.assertEqual(problems(files), [])
        found = problems(files | {"kernels/row.hpp": one})
        self.assertEqual(len(found), 1)
        self.assertIn("vrp::Row", found[0])


if __name__ == "__main__":
    unittest.main()

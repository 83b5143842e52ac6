"""A record file opens in plain h5py and shows its dimension names in xarray (h5netcdf)."""
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import xarray

path = os.path.join(tempfile.mkdtemp(), "unit.h5")
subprocess.run([sys.argv[1], "a record comes back*"], check=True, stdout=subprocess.DEVNULL,
               env=dict(os.environ, VRP_KEEP_RECORD=path))
with h5py.File(path) as file:
    assert file["attention/map"].shape == (2, 4), file["attention/map"].shape
    assert file["hidden/first"].dtype == np.float16
    assert file["item/key"].asstr()[0] == "set/val/0"
    assert file["output/p_tok"].attrs["units"] == "nats"
    assert file["attention/map"].attrs["description"] == "m(l)"
    names = [[scale.name for scale in dim.values()] for dim in file["attention/map"].dims]
    assert names == [["/attention/layer"], ["/attention/image_token"]], names
for group, variable, dims in (("attention", "map", ("layer", "image_token")),
                              ("hidden", "first", ("item", "hidden")),
                              ("item", "key", ("item",))):
    with xarray.open_dataset(path, engine="h5netcdf", group=group) as data:
        assert data[variable].dims == dims, (group, data[variable].dims)
print("h5py and xarray read the record with its names")

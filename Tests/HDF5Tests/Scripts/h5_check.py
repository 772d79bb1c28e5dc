"""Checks with h5py what HDF5Tests wrote. usage: h5_check.py FILE"""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1]) as file:
    assert file.attrs["title"] == "nœud" and isinstance(file.attrs["title"], str)
    assert list(file.attrs["columns"]) == ["a", "b c"]
    assert file.attrs["rate"] == 30000.0 and file.attrs["rate"].shape == ()
    assert file.attrs["counts"].dtype == np.int32 and list(file.attrs["counts"]) == [1, 2]
    table = file["general/electrodes"]
    grown = table["grown"]
    assert grown.shape == (500, 2) and grown.maxshape == (None, 2) and grown.chunks == (64, 2)
    assert grown.compression == "gzip" and grown.dtype == np.int16
    assert np.array_equal(grown[:], np.arange(1000).reshape(500, 2))
    assert table["plain"].dtype == np.float64 and np.array_equal(table["plain"][:], [0.5, -1.0])
    assert [x.decode() for x in table["names"][:]] == ["tetrode 1", "μ"]
    assert table["one"][()].decode() == "alone" and table["one"].shape == ()
    assert file[table["groups"][1]] == table["grown"]
    assert file[table.attrs["table"]].name == "/general"
    assert table.get("link", getlink=True).path == "/general/electrodes/plain"
    assert table["none"].shape == (0,)
    assert file["general/scalar"][()] == 7
print("ok")

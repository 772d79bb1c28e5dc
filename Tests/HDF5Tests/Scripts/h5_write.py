"""Writes an HDF5 file with h5py that HDF5Tests reads back. usage: h5_write.py OUTPUT"""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "w") as file:
    file.attrs["title"] = "nœud"
    file.attrs["fixed"] = np.bytes_("ascii")
    file.attrs["list"] = np.array(["a", "bc"], dtype=h5py.string_dtype())
    file.attrs["number"] = np.float32(0.25)
    file.attrs["empty"] = h5py.Empty("f")
    group = file.create_group("a group/inside")
    grid = np.arange(1000 * 3, dtype=">i2").reshape(1000, 3)
    group.create_dataset("big-endian", data=grid)
    group.create_dataset("packed", data=grid, chunks=(128, 2), compression="gzip", shuffle=True)
    group.create_dataset("flags", data=np.array([True, False, True]))
    group.create_dataset("texts", data=["x", "", "yä"], dtype=h5py.string_dtype())
    group.create_dataset("fixed", data=np.array([b"left", b"r"], dtype="S4"))
    group.create_dataset("references", data=np.array([group.ref, group["packed"].ref], dtype=h5py.ref_dtype))
    group["packed"].attrs["target"] = group.ref
    group["packed"].attrs["other"] = np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    group["soft"] = h5py.SoftLink("/a group/inside/packed")
    group["dangling"] = h5py.SoftLink("/nowhere")
    group.create_dataset("nothing", shape=(10**9, 4), dtype="f8", chunks=(1000, 4))
    group.create_dataset("scalar", data=7.5)

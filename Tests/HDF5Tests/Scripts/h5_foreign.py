"""Writes HDF5 files whose values lie elsewhere, or inflate without end; the argument is a folder with a pipe `pipe`."""

import sys
import zlib

import h5py
import numpy as np

folder = sys.argv[1]
pipe = f"{folder}/pipe"
shape = (1000, 4)
with h5py.File(f"{folder}/other.h5", "w") as file:
    file["x"] = np.arange(4000, dtype="i2").reshape(shape)
with h5py.File(f"{folder}/strange.h5", "w") as file:
    file["outside"] = h5py.ExternalLink(f"{folder}/other.h5", "/x")
    file["pipe"] = h5py.ExternalLink(pipe, "/x")
    file["by a soft link"] = h5py.SoftLink("/outside")
    file.create_dataset("raw", shape, "i2", external=[(f"{folder}/other.h5", 0, 8000)])
    file.create_dataset("raw pipe", shape, "i2", external=[(pipe, 0, 8000)])
    layout = h5py.VirtualLayout(shape, "i2")
    layout[:] = h5py.VirtualSource(f"{folder}/other.h5", "x", shape)
    file.create_virtual_dataset("view", layout)
    endless = h5py.h5s.UNLIMITED
    layout = h5py.VirtualLayout(shape, "i2", maxshape=(None, 4))
    source = h5py.VirtualSource(pipe, "x", shape, maxshape=(None, 4))
    layout[0:endless] = source[0:endless]
    file.create_virtual_dataset("view of a pipe", layout)
    file["turn"] = h5py.SoftLink("/about")
    file["about"] = h5py.SoftLink("/turn")
    rows = 1 << 24
    bomb = file.create_dataset("bomb", (rows, 4), "i2", chunks=(rows, 4), compression="gzip")
    bomb.id.write_direct_chunk((0, 0), zlib.compress(bytes(8 * rows)))
    rows = 1 << 20
    zeros = file.create_dataset("zeros", (rows, 4), "i2", chunks=(rows, 4), compression="gzip")
    zeros.id.write_direct_chunk((0, 0), zlib.compress(bytes(8 * rows)))

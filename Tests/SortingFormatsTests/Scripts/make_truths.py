"""The same spikes as other programs write them: times.npy (frames) and labels.npy of a folder, into that folder."""

import datetime
import sys
from pathlib import Path

import h5py
import numpy as np
import scipy.io
import spikeinterface.core as sc
from pynwb import NWBHDF5IO, NWBFile

folder = Path(sys.argv[1])
rate = 30000.0
times, labels = np.load(folder / "times.npy"), np.load(folder / "labels.npy")
sorting = sc.NumpySorting.from_samples_and_labels([times], [labels], rate)
sorting.save(folder=folder / "saved")
sorting.save(folder=folder / "saved npz", format="npz_folder")
sc.NpzSortingExtractor.write_sorting(sorting, folder / "sorting.npz")

classes = np.column_stack([labels.astype(float), times / rate * 1000])
scipy.io.savemat(folder / "times_a.mat", {"cluster_class": classes, "spikes": np.zeros((len(times), 8)), "par": {"sr": rate}})
with h5py.File(folder / "times_b.mat", "w", userblock_size=512) as file:
    file["cluster_class"] = classes.T
    file.create_group("par")["sr"] = [[rate]]
head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jun  3 15:20:10 2019 HDF5 schema 1.00 ."
with open(folder / "times_b.mat", "r+b") as file:
    file.write(head.ljust(124) + b"\x00\x02IM")

nwb = NWBFile("a", "b", datetime.datetime.now(datetime.timezone.utc))
for unit in np.unique(labels):
    nwb.add_unit(spike_times=times[labels == unit] / rate, id=int(unit))
with NWBHDF5IO(folder / "truth.nwb", "w") as io:
    io.write(nwb)

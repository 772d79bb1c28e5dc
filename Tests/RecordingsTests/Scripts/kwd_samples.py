"""Writes a .kwd as Open Ephys does, and its samples in microvolts as h5py reads them. usage: kwd_samples.py FILE OUTPUT"""
import sys

import h5py
import numpy as np

random = np.random.default_rng(5)
gains = np.array([0.195, 0.195, 0.00015], dtype="f4")
with h5py.File(sys.argv[1], "w") as file:
    file.attrs["kwik_version"] = 2
    for name, count in (("0", 3000), ("1", 1500), ("10", 200)):
        group = file.create_group("recordings/" + name)
        group.attrs.update(name="Open Ephys Recording #" + name, start_time=0, sample_rate=30000.0, bit_depth=16)
        group.create_dataset(
            "data", data=random.integers(-2000, 2000, (count, 3), dtype=np.int16), chunks=(700, 1), maxshape=(None, 3))
        application = group.create_group("application_data")
        application.attrs["is_multiSampleRate_data"] = 0
        if name == "1":
            application.create_dataset("channel_bit_volts", data=gains)
        else:
            application.attrs["channel_bit_volts"] = gains
with h5py.File(sys.argv[1]) as file:
    data = [file[f"recordings/{name}/data"][:] for name in ("0", "1", "10")]
np.save(sys.argv[2], np.concatenate(data) * gains.astype(float))

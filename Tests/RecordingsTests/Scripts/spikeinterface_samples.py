"""Saves a recording with SpikeInterface or pynwb, and what SpikeInterface reads of it.

usage: spikeinterface_samples.py folder|nwb|nwb-timestamps PLACE OUTPUT
OUTPUT is an .npy of frames x channels in microvolts, segments end to end; groups and positions stand beside it.
"""
import sys
from datetime import datetime, timezone

import numpy as np

kind, place, output = sys.argv[1:]
random = np.random.default_rng(3)


def write_nwb(path, with_timestamps):
    import pynwb
    from hdmf.backends.hdf5 import H5DataIO

    file = pynwb.NWBFile("a session", "id", datetime(2020, 1, 1, tzinfo=timezone.utc))
    device = file.create_device("probe")
    groups = [file.create_electrode_group(n, n, "CA1", device) for n in ("tetrode 1", "tetrode 2")]
    for i in range(8):
        file.add_electrode(group=groups[i // 4], location="CA1", rel_x=20.0 * (i % 2), rel_y=15.0 * i)
    region = file.create_electrode_table_region([1, 2, 3, 4, 5], "some")
    data = random.integers(-3000, 3000, (2500, 5), dtype=np.int16)
    time = {"rate": 25000.0}
    if with_timestamps:
        stamps = np.arange(2500) / 25000.0
        stamps[1700:] += 0.5
        time = {"timestamps": stamps}
    raw = pynwb.ecephys.ElectricalSeries(
        "Raw", H5DataIO(data, chunks=(600, 5), compression="gzip"), region, conversion=1e-7, offset=2e-5,
        channel_conversion=[1.0, 2.0, 3.0, 4.0, 5.0], **time)
    slow = pynwb.ecephys.ElectricalSeries("LFP", data[::25], region, conversion=1e-7, rate=1000.0)
    file.add_acquisition(raw)
    file.add_acquisition(slow)
    with pynwb.NWBHDF5IO(path, "w") as io:
        io.write(file)


if kind == "folder":
    import spikeinterface.core as core

    recording = core.generate_recording(
        num_channels=4, durations=[0.05, 0.1], sampling_frequency=20000.0, set_probe=True, seed=1)
    recording.set_channel_gains([0.1, 0.2, 0.3, 0.4])
    recording.set_channel_offsets([0.0, 1.0, 2.0, -3.0])
    recording.save(folder=place, format="binary", verbose=False)
    recording = core.load(place)
else:
    import spikeinterface.extractors as extractors

    write_nwb(place, kind == "nwb-timestamps")
    recording = extractors.read_nwb_recording(place, electrical_series_path="acquisition/Raw")

# In double precision, as SpikeInterface scales in single.
gains, offsets = recording.get_channel_gains(), recording.get_channel_offsets()
parts = [recording.get_traces(segment_index=i).astype(float) for i in range(recording.get_num_segments())]
np.save(output, np.concatenate(parts) * gains + offsets)
np.save(output + ".locations.npy", recording.get_channel_locations().astype(float))

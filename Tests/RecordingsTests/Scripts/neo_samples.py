"""Writes what Neo reads of a recording: frames x channels in microvolts, segments end to end, as an .npy file.

usage: neo_samples.py READER STREAM OUTPUT KEY=VALUE...
"""
import sys
from contextlib import suppress

import neo.rawio
import numpy as np

name, stream, output = sys.argv[1], int(sys.argv[2]), sys.argv[3]
options = dict(argument.split("=", 1) for argument in sys.argv[4:])
for key, value in options.items():
    with suppress(ValueError):
        options[key] = float(value)
reader = getattr(neo.rawio, name)(**options)
reader.parse_header()
stream_id = reader.header["signal_streams"][stream]["id"]
channels = reader.header["signal_channels"]
units = {"uV": 1.0, "mV": 1e3, "V": 1e6, "": 1.0}
to_microvolts = [units[unit] for unit in channels["units"][channels["stream_id"] == stream_id]]
parts = []
for segment in range(reader.segment_count(0)):
    raw = reader.get_analogsignal_chunk(block_index=0, seg_index=segment, stream_index=stream)
    parts.append(reader.rescale_signal_raw_to_float(raw, dtype="float64", stream_index=stream) * to_microvolts)
np.save(output, np.concatenate(parts))

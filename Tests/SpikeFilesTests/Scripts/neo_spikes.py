"""Prints what Neo reads of a folder with one Neuralynx tetrode file, as JSON: times in microseconds, cells, and
waveforms (spikes x channels x samples) in microvolts.

usage: neo_spikes.py FOLDER
"""
import json
import sys

import neo.rawio
import numpy as np

reader = neo.rawio.NeuralynxRawIO(dirname=sys.argv[1])
reader.parse_header()
units = reader.header["spike_channels"]
times, cells, waveforms = [], [], []
# Neo lists every cell once for each channel of the header, with that channel's gain; the samples are always all four's.
cell_count = len(set(units["id"]))
for cell in range(cell_count):
    raw = reader.get_spike_raw_waveforms(0, 0, cell)
    stamps = reader.get_spike_timestamps(0, 0, cell)
    gains = units["wf_gain"][cell::cell_count]
    times += stamps.tolist()
    cells += [int(units["id"][cell])] * len(stamps)
    waveforms += (raw * np.asarray(gains)[None, :, None]).tolist()
print(json.dumps({"rate": float(units["wf_sampling_rate"][0]), "times": times, "cells": cells, "waveforms": waveforms}))

"""Opens exports with the programs they are for and checks them against the result folder; prints what it saw."""
import json
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
result, exports = Path(sys.argv[1]), Path(sys.argv[2])
times = np.load(result / "spike_times.npy")
units = np.load(result / "spike_clusters.npy")
record = json.loads((result / "sorting.json").read_text())
rate = record["source"]["samplingRate"]
verdicts = {unit["id"]: unit["verdict"] for unit in record["units"]}
ids = sorted(verdicts)
trains = {unit: times[units == unit] for unit in ids}
seen = {}


def same(unit, frames):
    assert np.array_equal(np.asarray(frames), trains[unit]), unit


# SpikeInterface's NpzSorting and curation format.
from spikeinterface.core import NpzSortingExtractor
from spikeinterface.curation import apply_curation
from spikeinterface.curation.curation_model import Curation

sorting = NpzSortingExtractor(exports / "sorting.npz")
assert sorted(sorting.unit_ids.tolist()) == ids and sorting.sampling_frequency == rate
for unit in ids:
    same(unit, sorting.get_unit_spike_train(unit))
curation = json.loads((exports / "curation.json").read_text())
Curation(**curation)
curated = apply_curation(sorting, curation)
assert {u: str(v) for u, v in zip(curated.unit_ids, curated.get_property("verdict"))} == verdicts
seen["npz"] = len(ids)

# pynapple.
import pynapple

group = pynapple.load_file(str(exports / "pynapple.npz"))
assert sorted(group.keys()) == ids
for unit in ids:
    same(unit, np.round(group[unit].t * rate).astype(int))
assert dict(zip(group.index.tolist(), group["verdict"])) == verdicts
seen["pynapple"] = len(group)

# Klusters, by SpikeInterface's reader (which numbers the clusters anew, in order) and by its text.
from spikeinterface.extractors import read_neuroscope_sorting

klusters = exports / "klusters"
neuroscope = read_neuroscope_sorting(klusters, xml_file_path=klusters / "klusters.xml")
assert neuroscope.get_sampling_frequency() == rate
inhabited = [unit for unit in ids if len(trains[unit])]
assert len(neuroscope.unit_ids) == len(inhabited)
found = {
    unit: neuroscope.get_unit_spike_train(theirs) for unit, theirs in zip(inhabited, sorted(neuroscope.unit_ids))
}
clusters = np.loadtxt(klusters / "klusters.clu.1", dtype=int)
assert clusters[0] == len(inhabited) and np.array_equal(clusters[1:] - 2, units)
for unit, frames in found.items():
    same(unit, frames)
features = np.loadtxt(klusters / "klusters.fet.1", skiprows=1)
assert np.array_equal(features[:, -1], times)
stored = np.load(result / "pc_features.npy").transpose(0, 2, 1).reshape(len(times), -1)
scale = 1e6 / np.abs(stored).max()
assert np.abs(features[:, :-1] - stored * scale).max() <= 0.51
seen["klusters"] = len(found)

# MATLAB.
from scipy.io import loadmat

mat = loadmat(exports / "sorting.mat", squeeze_me=True)
assert np.array_equal(mat["spike_frames"], times) and np.array_equal(mat["spike_units"], units)
assert np.array_equal(mat["spike_times"], times / rate) and mat["amplitude_unit"] == record["source"]["amplitudeUnit"]
assert np.atleast_1d(mat["units"]["verdict"].item()).tolist() == [verdicts[unit] for unit in ids]
assert np.array_equal(mat["waveform_mean"], np.load(result / "unit_waveforms.mean.npy").squeeze())
seen["mat"] = len(times)

# CSV.
import pandas

table = pandas.read_csv(exports / "csv" / "spikes.csv")
assert np.array_equal(table.frame, times) and np.array_equal(table.unit, units)
assert pandas.read_csv(exports / "csv" / "units.csv").verdict.tolist() == [verdicts[unit] for unit in ids]

# Phy, by phylib.
from phylib.io.model import load_model

model = load_model(exports / "phy" / "params.py")
assert np.array_equal(model.spike_samples, times) and np.array_equal(model.spike_clusters, units)

# NWB, by pynwb and its inspector.
from nwbinspector import Importance, inspect_nwbfile
from pynwb import NWBHDF5IO, validate

path = exports / "sorting.nwb"
assert not validate(path=str(path))
with NWBHDF5IO(path, "r") as io:
    nwb = io.read()
    frame = nwb.units.to_dataframe()
    assert frame.index.tolist() == ids
    for unit, row in frame.iterrows():
        same(unit, np.round(np.asarray(row.spike_times) * rate).astype(int))
        assert row.verdict == verdicts[unit]
    means = np.load(result / "unit_waveforms.mean.npy") * np.float32(1e-6)
    assert np.allclose(np.stack(frame.waveform_mean), means, rtol=1e-6, atol=0)
    positions = record["source"]["channelPositions"]
    table = nwb.electrodes.to_dataframe()
    assert np.allclose(table[["rel_x", "rel_y"]], positions)
    seen["nwb"] = [name for name in frame.columns if name in ("snr", "isi_violations_ratio", "l_ratio", "firing_range")]
messages = list(inspect_nwbfile(nwbfile_path=path))
seen["critical"] = [
    m.check_function_name for m in messages if m.importance.value >= Importance.CRITICAL.value
]

# Neo's reader of NWB.
import neo

block = neo.io.NWBIO(str(path), "r").read_block(lazy=False)
seen["neo"] = sum(len(segment.spiketrains) for segment in block.segments)
print(json.dumps(seen))

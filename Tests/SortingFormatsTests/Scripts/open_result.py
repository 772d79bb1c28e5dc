"""python open_result.py FOLDER: opens a result in phylib and SpikeInterface and checks what they see against its arrays.

Prints one JSON object; ends with an AssertionError where a reader sees something else.
"""
import csv
import json
import sys
from pathlib import Path

import numpy as np
from phylib.io.model import load_model
from spikeinterface.extractors import read_phy

folder = Path(sys.argv[1])


def array(name):
    return np.load(folder / f"{name}.npy")


times, clusters, components = array("spike_times"), array("spike_clusters"), array("spike_templates")
templates, positions, channels = array("templates"), array("channel_positions"), array("channel_map")
with open(folder / "cluster_group.tsv") as file:
    groups = {int(row["cluster_id"]): row["group"] for row in csv.DictReader(file, delimiter="\t")}
with open(folder / "cluster_info.tsv") as file:
    info = {int(row["cluster_id"]): row for row in csv.DictReader(file, delimiter="\t")}
assert times.ndim == 1 and times.dtype == np.int64 and np.all(np.diff(times) >= 0)
assert sorted(info) == sorted(groups) == sorted(set(clusters.tolist()))
assert all(int(info[unit]["n_spikes"]) == np.sum(clusters == unit) for unit in info)
assert np.array_equal(array("whitening_mat") @ array("whitening_mat_inv"), np.eye(len(channels)))

# Phy's own loader.
model = load_model(folder / "params.py")
assert np.array_equal(model.spike_samples, times)
assert np.allclose(model.spike_times, times / model.sample_rate)
assert np.array_equal(model.spike_clusters, clusters) and np.array_equal(model.spike_templates, components)
assert np.array_equal(model.amplitudes, array("amplitudes"))
assert np.array_equal(model.channel_positions, positions) and np.array_equal(model.channel_mapping, channels)
assert model.n_templates == len(templates)
assert model.metadata["group"] == groups
for component in np.unique(components):
    seen = model.get_template(component)
    assert np.allclose(seen.template, templates[component][:, seen.channel_ids], atol=1e-3)
all_channels = np.arange(len(channels))
features = model.get_features(np.arange(len(times)), all_channels)
# Those of channels that the folder does not hold of a spike's template are 0.
stored, held = np.transpose(array("pc_features"), (0, 2, 1)), array("pc_feature_ind")[components]
expected = np.zeros((len(times), len(channels), stored.shape[2]), stored.dtype)
np.put_along_axis(expected, held[:, :, None], stored, axis=1)
assert np.array_equal(features, expected)
has_traces = model.traces is not None
if has_traces:
    # The stretch around a spike as it lies in the file: channels in file order, those sorted taken out.
    spikes = np.flatnonzero((times > 1000) & (times < model.traces.shape[0] - 1000))[::50]
    waveforms = model.get_waveforms(spikes, all_channels)
    before = waveforms.shape[1] // 2
    raw = np.fromfile(model.dat_path[0], dtype=model.dtype).reshape(-1, model.n_channels_dat)
    cut = np.stack([raw[t - before : t - before + waveforms.shape[1]][:, channels] for t in times[spikes]])
    # Phy takes an average off what it shows; the shape is the file's.
    waveforms, cut = (w - w.mean(axis=1, keepdims=True) for w in (waveforms.astype(float), cut.astype(float)))
    error = np.abs(waveforms - cut).max()
    assert error < 1e-6 or np.corrcoef(waveforms.ravel(), cut.ravel())[0, 1] > 0.99, error
else:
    spikes = array("_phy_spikes_subset.spikes")
    assert len(spikes) > 0 and np.all(np.diff(spikes) > 0)
    waveforms = model.get_waveforms(spikes, all_channels)
    # Those of channels that the folder does not hold of a spike are 0.
    stored, held = array("_phy_spikes_subset.waveforms"), array("_phy_spikes_subset.channels")
    expected = np.zeros((*stored.shape[:2], len(channels)), stored.dtype)
    np.put_along_axis(expected, np.repeat(held[:, None, :], stored.shape[1], axis=1), stored, axis=2)
    assert np.array_equal(waveforms, expected)

# SpikeInterface.
sorting = read_phy(folder)
assert sorted(sorting.unit_ids.tolist()) == sorted(info)
assert sorting.get_sampling_frequency() == model.sample_rate
for unit in sorting.unit_ids:
    assert np.array_equal(sorting.get_unit_spike_train(unit), times[clusters == unit])
assert dict(zip(sorting.unit_ids.tolist(), sorting.get_property("quality"))) == groups

print(json.dumps({
    "spikes": len(times), "units": len(info), "templates": len(templates), "channels": channels.tolist(),
    "rate": float(model.sample_rate), "hasTraces": has_traces,
    "groups": [groups[unit] for unit in sorted(groups)],
}))

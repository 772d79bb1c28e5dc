"""SpikeInterface's metrics and correlograms of the spike trains in .res/.clu files; prints them as JSON."""
import json
import sys
import warnings

import numpy as np
from spikeinterface.core import NumpyRecording, NumpySorting, create_sorting_analyzer
from spikeinterface.postprocessing import compute_correlograms

warnings.filterwarnings("ignore")
res, clu, rate, frames = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
times = np.loadtxt(res, dtype=np.int64)
labels = np.loadtxt(clu, dtype=np.int64)[1:]
keep = labels > 1
times, labels = times[keep], labels[keep]
ids = np.unique(labels)
sorting = NumpySorting.from_samples_and_labels([times], [labels], rate)


# As long as the session, without its samples: the metrics of spike times need the length alone.
recording = NumpyRecording([np.broadcast_to(np.zeros((1, 1), dtype="int16"), (frames, 1))], rate)
recording = recording.set_dummy_probe_from_locations(np.zeros((1, 2))) or recording
analyzer = create_sorting_analyzer(sorting, recording, sparse=False, format="memory")
names = ["num_spikes", "firing_rate", "presence_ratio", "isi_violation", "rp_violation", "sliding_rp_violation",
         "firing_range"]
from spikeinterface.metrics import compute_quality_metrics  # noqa: E402

table = compute_quality_metrics(analyzer, metric_names=names, skip_pc_metrics=True)
ccg, bins = compute_correlograms(sorting, window_ms=60.0, bin_ms=1.0)
print(json.dumps({
    "ids": ids.tolist(),
    "metrics": {column: [None if np.isnan(v) else float(v) for v in table[column].loc[ids]] for column in table.columns},
    "correlograms": ccg.tolist(),
}))

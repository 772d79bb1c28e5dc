"""Cuts snippets around the true spikes of a simulated tetrode and saves them as wave_clus does, by SciPy.

usage: wave_clus_spikes.py RECORDING_FOLDER OUTPUT.mat
"""
import json
import sys
from pathlib import Path

import numpy as np
from scipy import io, signal

folder, output = Path(sys.argv[1]), sys.argv[2]
meta = json.loads((folder / "meta.json").read_text())
rate = meta["sampling_rate_hz"]
trace = np.fromfile(next(folder.glob("*.dat")), "<i2").reshape(-1, meta["channels"])
trace = trace * meta["gain_uV_per_bit"]
# wave_clus's own band and window: 300 to 3000 Hz, 20 samples before the peak and 44 after.
trace = signal.sosfiltfilt(signal.ellip(2, 0.1, 40, [300, 3000], "bandpass", fs=rate, output="sos"), trace, axis=0)
times = np.load(folder / "gt_times.npy")
times = times[(times > 64) & (times < len(trace) - 64)]
# The triggers of a threshold: the largest deflection within half a millisecond of the spike.
reach = np.arange(-15, 16)
times = times + reach[np.argmin(trace[times[:, None] + reach].min(axis=2), axis=1)]
times = np.unique(times)
snippets = trace[times[:, None] + np.arange(-20, 44)]
io.savemat(
    output,
    {
        "spikes": snippets.transpose(0, 2, 1).reshape(len(times), -1),
        "index": times[None, :] * 1000 / rate,
        "par": {"sr": float(rate), "channels": 4.0, "w_pre": 20.0, "w_post": 44.0},
    },
    do_compression=True,
)
print(len(times))

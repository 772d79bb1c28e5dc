"""Other sorters on the same recording or features, each with its defaults, in this run."""
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

import measure


def mountainsort5(folder, seconds):
    """Seconds of MountainSort5 (scheme 2, its default) on the first part of a recording, filtered and whitened for it."""
    import mountainsort5
    import spikeinterface
    import spikeinterface.preprocessing as preprocessing
    spikeinterface.set_global_job_kwargs(progress_bar=False)
    recording = spikeinterface.read_binary(next(folder.glob("*.dat")), 30_000, "int16", 4, gain_to_uV=0.195,
                                           offset_to_uV=0).frame_slice(0, seconds * 30_000)
    recording.set_dummy_probe_from_locations(np.array([[0, 0], [0, 12], [12, 0], [12, 12]]))
    started = time.perf_counter()
    filtered = preprocessing.bandpass_filter(recording, 300, 6000, dtype="float32")
    white = preprocessing.whiten(filtered, dtype="float32")
    with tempfile.TemporaryDirectory() as cache:
        kept = white.save(folder=Path(cache) / "traces", verbose=False)
        sorting = mountainsort5.sorting_scheme2(
            kept, sorting_parameters=mountainsort5.Scheme2SortingParameters(
                phase1_detect_channel_radius=150, detect_channel_radius=50, training_duration_sec=300))
    return time.perf_counter() - started, len(sorting.unit_ids)


def klustakwik2(python, features):
    """(seconds, clusters) of KlustaKwik2 on features, in its own environment."""
    script = """
import sys, time, numpy as np
from klustakwik2 import KK, load_fet_fmask_to_raw
data = load_fet_fmask_to_raw(sys.argv[1], '1').to_sparse_data()
np.random.seed(0)
started = time.time()
kk = KK(data, use_mua_cluster=False)
kk.cluster_from(np.random.randint(1, 31, data.num_spikes))
print(time.time() - started, len(set(kk.clusters)))
"""
    x = np.load(features)
    with tempfile.TemporaryDirectory() as folder:
        base = f"{folder}/spikes"
        np.savetxt(base + ".fet.1", x, fmt="%.6g", header=str(x.shape[1]), comments="")
        np.savetxt(base + ".fmask.1", np.ones_like(x), fmt="%d", header=str(x.shape[1]), comments="")
        done = subprocess.run([python, "-W", "ignore", "-c", script, base], capture_output=True, text=True, check=True)
    seconds, clusters = done.stdout.split()[-2:]
    return float(seconds), int(clusters)


def ours_on(executable, work, folder, seconds):
    """Our seconds on the same part of a recording."""
    out = work / "sorted_part"
    return measure.median_of(lambda: measure.run(executable, [
        "sort", folder, "-o", out, "--overwrite", "--json", "--quiet", "--end", seconds]))

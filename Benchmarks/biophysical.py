"""Makes biophysical recordings of a drifting tetrode with bursting neurons, each with its truth.

    python Benchmarks/biophysical.py OUT            (needs numpy, scipy, MEArec 1.11, LFPy 2.3, neuron 8.2)

Two cortical models of inhibitory cells and four more of both kinds (MEArec's, from the Blue Brain Project) are simulated with
NEURON at eight places each, every place along a drift of up to 60 um; recordings move the five neurons chosen by a part of
that. Two of the five burst, and every spike varies by 5 %. The templates take a quarter of an hour, once.
"""
import json
import shutil
import sys
from pathlib import Path

import MEArec as mr
import numpy as np
from scipy.signal import butter, sosfiltfilt

RATE, GAIN = 30000.0, 0.195
MODELS = {
    "inhibitory": ["L5_BP_bAC217_1", "L5_ChC_cACint209_1"],
    "mixed": ["L5_STPC_cADpyr232_1", "L5_TTPC2_cADpyr232_1", "L5_NBC_bAC217_1", "L5_SBC_bNAC219_1"],
}
# name: templates, drift steps used (of 31), seed, seconds, drift in um a minute (0: none)
RECORDINGS = {
    "still": ("inhibitory", (0, 31), 23, 300, 0),
    "vanishing_a": ("inhibitory", (0, 31), 11, 240, 6),
    "vanishing_b": ("inhibitory", (0, 31), 24, 300, 5),
    "alike_a": ("inhibitory", (8, 23), 31, 480, 4),
    "alike_b": ("inhibitory", (8, 23), 32, 480, 6),
    "alike_c": ("inhibitory", (8, 23), 33, 480, 3),
    "alike_d": ("inhibitory", (8, 23), 34, 600, 5),
    "mixed_a": ("mixed", (8, 23), 41, 480, 4),
    "mixed_b": ("mixed", (8, 23), 42, 480, 6),
    "mixed_c": ("mixed", (8, 23), 43, 480, 3),
    "mixed_d": ("mixed", (8, 23), 44, 600, 5),
}


def make_templates(root, name):
    """Extracellular spikes of every model at eight places and 31 steps of drift, on MEArec's tetrode."""
    path = root / f"templates_{name}.h5"
    if path.exists():
        return path
    installed = Path(mr.__file__).parent / "cell_models" / "bbp"
    models = root / f"models_{name}" / "bbp"
    models.mkdir(parents=True, exist_ok=True)
    for folder in MODELS[name]:
        shutil.copytree(installed / folder, models / folder, dirs_exist_ok=True)
    options = mr.get_default_templates_params()
    options.update(
        probe="tetrode", n=8, drifting=True, drift_steps=31, min_drift=20, max_drift=60, drift_xlim=[-10, 10],
        drift_ylim=[-10, 10], drift_zlim=[20, 60], min_amp=40, seed=7, xlim=[8, 60], overhang=20, ncontacts=5, sim_time=1)
    made = mr.gen_templates(
        str(models), params=options, templates_tmp_folder=str(root / f"templates_{name}"), intraonly=False, n_jobs=1)
    mr.save_template_generator(made, filename=str(path))
    return path


def record(templates, steps, seed, seconds, speed):
    """A recording of five neurons in uV, frames by channels, and their spikes in frames."""
    made = mr.load_templates(str(templates), return_h5_objects=False)
    made.templates = made.templates[:, steps[0]:steps[1]]
    made.locations = made.locations[:, steps[0]:steps[1]]
    has_excitatory = any("PC" in str(kind) for kind in set(made.celltypes))
    options = mr.get_default_recordings_params()
    options["spiketrains"].update(
        n_exc=3 if has_excitatory else 0, n_inh=2 if has_excitatory else 5, f_exc=4, f_inh=8, duration=seconds, seed=seed,
        min_rate=1, ref_per=2)
    options["templates"].update(min_dist=12, min_amp=50, max_amp=300, seed=seed, n_overlap_pairs=None)
    options["recordings"].update(
        fs=RATE, noise_mode="uncorrelated", noise_level=8, chunk_duration=20.0, filter=False, overlap=False,
        modulation="electrode", sdrand=0.05, bursting=True, exp_decay=0.1, n_bursting=2, max_burst_duration=100,
        n_burst_spikes=5, shape_mod=True, shape_stretch=20.0)
    if speed:
        options["recordings"].update(
            drifting=True, n_drifting=None, drift_mode_speed="slow", drift_mode="slow", preferred_dir=[0, 0, 1],
            angle_tol=180, slow_drift_velocity=speed)
    options["seeds"].update(spiketrains=seed, templates=seed + 1, convolution=seed + 2, noise=seed + 3)
    recording = mr.gen_recordings(params=options, tempgen=made, verbose=False, n_jobs=1)
    trace = np.asarray(recording.recordings)
    trace = trace if trace.shape[0] > trace.shape[1] else trace.T
    trains = [np.rint(np.asarray(train.times.rescale("s")) * RATE).astype("i8") for train in recording.spiketrains]
    return trace, trains


def at_troughs(trace, trains):
    """The spike trains moved to the trough of each neuron's mean waveform, and its peak in noise deviations."""
    band = butter(3, [600, 6000], btype="band", fs=RATE, output="sos")
    start = sosfiltfilt(band, trace[:3_000_000].astype("f8"), axis=0)
    noise = np.median(np.abs(start), 0) / 0.6745
    moved, peaks = [], []
    for train in trains:
        inside = train[(train > 100) & (train < start.shape[0] - 100)]
        mean = np.mean([start[i - 45:i + 60] for i in inside], 0)
        channel = np.argmin(mean.min(0))
        moved.append(train + int(np.argmin(mean[:, channel])) - 45)
        peaks.append(float((-mean / noise).max()))
    return moved, peaks, noise


def main():
    root = Path(sys.argv[1])
    root.mkdir(parents=True, exist_ok=True)
    for name, (kind, steps, seed, seconds, speed) in RECORDINGS.items():
        trace, trains = record(make_templates(root, kind), steps, seed, seconds, speed)
        trains, peaks, noise = at_troughs(trace, trains)
        folder = root / name
        folder.mkdir(exist_ok=True)
        np.clip(np.rint(trace / GAIN), -32768, 32767).astype("<i2").tofile(folder / f"{name}.dat")
        times = np.concatenate(trains)
        labels = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
        order = np.argsort(times, kind="stable")
        np.save(folder / "gt_times.npy", times[order])
        np.save(folder / "gt_labels.npy", labels[order].astype("i4"))
        meta = dict(
            name=name, file=f"{name}.dat", dtype="int16 little endian", sampling_rate_hz=RATE, channels=trace.shape[1],
            frames=trace.shape[0], gain_uV_per_bit=GAIN, offset_uV=0.0, noise_sigma_600_6000_uV=noise.tolist(),
            units=[dict(id=u, spikes=len(train), snr_600_6000=peak) for u, (train, peak) in enumerate(zip(trains, peaks))])
        (folder / "meta.json").write_text(json.dumps(meta, indent=1))
        print(name, [round(peak, 1) for peak in peaks])


if __name__ == "__main__":
    main()

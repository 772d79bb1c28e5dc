"""Correlograms beside SpikeInterface's numba, and SciPy's filter as a yardstick of the front end."""
import time

import numpy as np
import scipy.signal

import measure

SPIKES, UNITS, SECONDS, RATE = 100_000, 20, 1200, 30_000


def write_spikes(path):
    """Spikes at random for the Swift benchmarks: rows of frame and unit."""
    generator = np.random.default_rng(0)
    frames = np.sort(generator.integers(0, SECONDS * RATE, SPIKES))
    np.save(path, np.stack([frames, generator.integers(0, UNITS, SPIKES)], axis=1).astype("i8"))


def their_correlograms(path):
    """Seconds of SpikeInterface's correlograms with numba, compiled before; the median of nine."""
    import spikeinterface
    from spikeinterface.postprocessing import compute_correlograms
    frames, units = np.load(path).T
    sorting = spikeinterface.NumpySorting.from_samples_and_labels([frames], [units], RATE)

    def once():
        return compute_correlograms(sorting, window_ms=60, bin_ms=1, method="numba")
    once()
    return measure.median_of(once, repeats=9)[0]


def their_filter(folder, seconds=120):
    """How many times real time SciPy filters a part of a recording, 600-6000 Hz, one pass each way."""
    traces = np.memmap(next(folder.glob("*.dat")), dtype="i2").reshape(-1, 4)[:seconds * RATE].astype("f4")
    sections = scipy.signal.butter(3, [600, 6000], "bandpass", fs=RATE, output="sos")
    started = time.perf_counter()
    scipy.signal.sosfiltfilt(sections, traces, axis=0)
    return seconds / (time.perf_counter() - started)

"""Measures spikesort beside its peers, in one run on one machine, and writes RESULTS.md and scaling.svg.

    python Benchmarks/bench.py --executable .build/release/spikesort [--full] [--work FOLDER] [--klustakwik2 PYTHON]

Ratios are what counts: both sides run on the same data, one after the other, each at its best setting.
"""
import argparse
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import kernels
import measure
import mixtures
import plots
import recordings
import sorters
import trains
from measure import table, verdict

HERE = Path(__file__).resolve().parent


def targets(r):
    """The table of what was asked: a row each."""
    sweep, hour, peak = r["sweep"], r["sorts"][-1 - r["full"]], r["kernels"]["GEMM 1024 × 1024 × 1024"]["GFLOP/s"]
    def kernel(start):
        return min(v["seconds"] for name, v in r["kernels"].items() if name.startswith(start))
    one = r["their_iteration"] / kernel("EM, Gaussian, 34,000")
    step = min(r["kernels"][f"{s}-step product, 128 components"]["GFLOP/s"] for s in "EM") / peak
    day = max(kernel(start) for start in ("EM, Gaussian, 1.9M", "EM, t, 1.9M", "EM, drifting t, 1.9M"))
    correlograms = r["their_correlograms"] / kernel("correlograms")
    ratio = sweep["theirs"] / sweep["fits"]
    return table(["what", "reached", "asked", "goal", "meets"], [
        ["sweep K = 2…15 × 10 restarts, 34,000 × 12, against scikit-learn", f"{ratio:.0f} ×", "50 ×", "100 ×",
         verdict(ratio, 50, 100)],
        ["one fit, K = 13, 34,000 × 12, time of an EM iteration against scikit-learn", f"{one:.1f} ×", "10 ×", "20 ×",
         verdict(one, 10, 20)],
        ["the slower of the E- and M-step products of 128 components, of the machine's large-GEMM rate, doubles",
         f"{100 * step:.0f} %", "60 %", "80 %", verdict(step, 0.6, 0.8)],
        ["`sort` of 60 minutes, 4 channels, 30 kHz", f"{hour['speed']:.0f} × real time", "200 ×", "300 ×",
         verdict(hour["speed"], 200, 300)],
        ["its peak memory", f"{hour['mebibytes'] * 1.048576:.0f} MB", "500 MB", "300 MB",
         verdict(hour["mebibytes"] * 1.048576, 500, 300, False)],
        ["1.9 million spikes × 12, K = 10, 318 frames: the slowest model's EM iteration", f"{day:.2f} s", "0.5 s",
         "0.25 s", verdict(day, 0.5, 0.25, False)],
        ["correlograms, 100,000 spikes, 20 units, ±30 ms, against SpikeInterface's numba", f"{correlograms:.1f} ×",
         "1 ×", "2 ×", verdict(correlograms, 1, 2)],
        ["`spikesort --help`", f"{1000 * r['help']:.0f} ms", "50 ms", "20 ms", verdict(r["help"], 0.05, 0.02, False)],
        ["from Ctrl-C to the end of a `sort`, the longest of 12", f"{r['interrupted'][0]:.2f} s", "1 s", "",
         verdict(r["interrupted"][0], 1, 1, False)]])


def page(r):
    """RESULTS.md."""
    s = r["sweep"]
    growth = ""
    if r["full"]:
        hour, day = r["sorts"][-2:]
        extra = (day["mebibytes"] - hour["mebibytes"]) * 2**20 / (day["spikes"] - hour["spikes"])
        growth = f"\nFrom 60 to 240 minutes memory grows by {extra:.0f} bytes for each further spike (asked: at most 1000).\n"
    left = ", ".join(r["interrupted"][1]) or "nothing"
    return f"""# Benchmark results

Written by `make bench{"-full" if r["full"] else ""}`. Machine: {measure.machine()}. {r["version"]};
{", ".join(f"{name} {version(name)}" for name in ("scikit-learn", "numpy", "scipy", "spikeinterface", "numba", "mountainsort5"))},
Python {platform.python_version()}. Seconds are wall clock; medians of at least five runs where a run takes under 10 s.

## What was asked

{targets(r)}

An interrupted `sort` left {left} behind.
{growth}
## A sweep of Gaussian mixtures

K = 2…15 × 10 restarts on {mixtures.N:,} spikes of the simulated hour ({mixtures.D} features each), full covariance, ridge {mixtures.RIDGE}, both to a
mean log-likelihood change of {mixtures.TOLERANCE} on all spikes. Ours: k-means++ starts, restarts racing. scikit-learn: k-means starts,
max_iter 1000, {r["threads"]} BLAS thread(s), its faster setting here.

{table(["", "seconds", "ratio"], [
    ["scikit-learn", f"{s['theirs']:.1f}", "1"],
    [f"spikesort, the fits ({s['repeats']} runs)", f"{s['fits']:.2f}", f"{s['theirs'] / s['fits']:.0f} × faster"],
    ["spikesort, the whole command with its report", f"{s['wall']:.2f}", f"{s['theirs'] / s['wall']:.0f} × faster"]])}

{table(["K", "our best BIC", "their best BIC", "difference"], s["rows"])}

One EM iteration, K = 13: scikit-learn {1000 * r["their_iteration"]:.1f} ms; ours in the table of kernels.

## Time against size

![seconds against spikes, components, features and recording length](scaling.svg)

Sweeps of two restarts; `sort` of simulated recordings.

## Sorting a recording

Simulated, 4 channels, 30 kHz, 8 units, drift, LFP; page cache warm, everything included to the report. SciPy's `sosfiltfilt` alone
filters the same traces, read already, at {r["their_filter"]:.0f} × real time on one core.

{table(["recording", "spikes", "units", "wall clock", "times real time", "peak memory", "runs"], [
    [f"{x['minutes']} min", x["spikes"], x["units"], f"{x['seconds']:.2f} s", f"{x['speed']:.0f} ×",
     f"{x['mebibytes']:.0f} MiB", x["repeats"]] for x in r["sorts"]])}

## Other sorters, with their defaults

{table(["", "on", "seconds", "clusters or units", "spikesort on the same"], r["sorters"])}

## Kernels

Swift micro-benchmarks (`Benchmarks/Package.swift`), medians. GEMM and the products of one block of 512 spikes run on one core, in
doubles, through the matrix type the engine's BLAS calls are made with.

{table(["kernel", "time", "GFLOP/s", "of the GEMM's"], kernel_rows(r["kernels"]))}

SpikeInterface's correlograms (numba, compiled before) of the same spikes: {1000 * r["their_correlograms"]:.2f} ms.
"""


def kernel_rows(found):
    """A row a kernel."""
    peak = found["GEMM 1024 × 1024 × 1024"]["GFLOP/s"]
    rows = []
    for name, values in found.items():
        speed = values.get("GFLOP/s")
        took = "" if speed else f"{1000 * values['seconds']:.2f} ms"
        rows.append([name, took, f"{speed:.1f}" if speed else "", f"{100 * speed / peak:.0f} %" if speed else ""])
    return rows


def other_sorters(executable, work, path, full, klustakwik2):
    """A row a sorter; one that cannot run says so."""
    seconds = 600 if full else 120
    folder = recordings.simulated(executable, work, 10)
    wall, _, answer = sorters.ours_on(executable, work, folder, seconds)
    theirs, units = sorters.mountainsort5(folder, seconds)
    rows = [["MountainSort5", f"{seconds} s of tetrode", f"{theirs:.1f}", units, f"{wall:.2f} s, {answer['units']} units"]]
    mixture, _, answer = measure.median_of(lambda: measure.run(executable, [
        "cluster", path, "-o", work / "clustered", "--overwrite", "--json", "--quiet"]))
    if klustakwik2:
        theirs, clusters = sorters.klustakwik2(klustakwik2, path)
        rows.append(["KlustaKwik2 0.2.6, from 30 random clusters", "34,000 × 12 features", f"{theirs:.1f}", clusters,
                     f"{mixture:.2f} s, best K {answer['selection']['bestK']}"])
    else:
        rows.append(["KlustaKwik2", "", "", "could not be installed", ""])
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--executable", required=True)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--work", default=str(HERE / ".work"))
    parser.add_argument("--klustakwik2", help="a Python that has KlustaKwik2")
    options = parser.parse_args()
    work = Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    executable = str(Path(options.executable).resolve())
    r = dict(full=options.full, version=subprocess.run(
        [executable, "--version"], capture_output=True, text=True).stdout.strip())
    r["help"] = recordings.help_seconds(executable)
    r["sorts"] = [recordings.sort(executable, work, m) for m in ((10, 30, 60, 240) if options.full else (10, 30, 60))]
    r["interrupted"] = recordings.interruptions(executable, work, r["sorts"][0]["seconds"])
    r["their_filter"] = trains.their_filter(work / "tetrode_10min")
    trains.write_spikes(work / "spikes.npy")
    r["their_correlograms"] = trains.their_correlograms(work / "spikes.npy")
    r["kernels"] = kernels.run(HERE, work, work / "spikes.npy")
    path = work / "features.npy"
    x = mixtures.features(path, work / "sorted_60min")
    r["threads"] = mixtures.best_threads(x)
    r["their_iteration"] = mixtures.their_iteration(x, r["threads"])
    r["sweep"] = mixtures.sweep(executable, path, x, work, r["threads"])
    plots.draw(HERE / "scaling.svg", mixtures.scaling(executable, x, work, r["threads"]), r["sorts"])
    r["sorters"] = other_sorters(executable, work, path, options.full, options.klustakwik2)
    (HERE / "RESULTS.md").write_text(page(r))
    print(targets(r))


if __name__ == "__main__":
    main()

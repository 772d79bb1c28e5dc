"""Measures spikesort beside its peers, in one run on one machine, and writes RESULTS.md and its plot.

    python Benchmarks/bench.py --executable .build/release/spikesort [--full] [--work FOLDER]

Ratios are what counts: both sides run on the same data, one after the other, each at its best setting.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import scipy
import sklearn
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

HERE = Path(__file__).parent
N, D, COMPONENTS, RESTARTS = 34_000, 12, range(2, 16), 10
TOLERANCE, RIDGE = 1e-5, 1e-6


def features(path, sorted_folder):
    """Features of a tetrode: 34,000 spikes, evenly spaced in time, of the simulated hour (3 PCs on each of 4 channels)."""
    components = np.load(sorted_folder / "pc_features.npy")  # spikes x components x channels
    chosen = np.linspace(0, len(components) - 1, N).astype(int)
    np.save(path, components[chosen].transpose(0, 2, 1).reshape(N, D).astype("f8"))
    return np.load(path)


def ours(executable, arguments, repeats=5):
    """Runs a command several times; its JSON, and the median of its wall clock."""
    seconds, answer = [], None
    for _ in range(repeats):
        started = time.perf_counter()
        done = subprocess.run([executable, *map(str, arguments)], capture_output=True, text=True)
        seconds.append(time.perf_counter() - started)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, arguments))}\n{done.stderr}")
        answer = json.loads(done.stdout) if done.stdout.strip() else {}
        if seconds[0] > 10:
            break
    return answer, statistics.median(seconds), len(seconds)


def sklearn_fit(x, k, seed):
    model = GaussianMixture(k, covariance_type="full", max_iter=1000, tol=TOLERANCE, reg_covar=RIDGE,
                            init_params="kmeans", random_state=seed)
    started = time.perf_counter()
    model.fit(x)
    return time.perf_counter() - started, model.bic(x), model.n_iter_


def sweep(executable, work, full):
    path = work / "features.npy"
    x = features(path, work / "sorted_60min")
    answer, wall, repeats = ours(executable, [
        "cluster", path, "-o", work / "sweep", "--overwrite", "--json", "--quiet", "--model", "gaussian",
        "--components", "2...15", "--restarts", RESTARTS, "--init", "kmeans++", "--no-merge"])
    fit_seconds = answer["seconds"]["cluster"]
    chosen = list(COMPONENTS) if full else [2, 5, 8, 11, 15]
    restarts = RESTARTS if full else 1
    best_setting = None
    for threads in (1, os.cpu_count()):
        with threadpool_limits(threads):
            started = time.perf_counter()
            sklearn_fit(x, 8, 0)
            took = time.perf_counter() - started
        if best_setting is None or took < best_setting[0]:
            best_setting = took, threads
    times, bics = {}, {}
    with threadpool_limits(best_setting[1]):
        for k in chosen:
            runs = [sklearn_fit(x, k, seed) for seed in range(restarts)]
            times[k] = sum(r[0] for r in runs) / restarts
            bics[k] = min(r[1] for r in runs)
            print(f"scikit-learn K={k}: {times[k]:.2f} s a fit, {runs[0][2]} iterations", flush=True)
    theirs = RESTARTS * float(np.interp(list(COMPONENTS), chosen, [times[k] for k in chosen]).sum())
    our_bic = dict(zip(answer["selection"]["components"], answer["selection"]["bestBIC"]))
    rows = [[k, f"{our_bic[k]:.0f}", f"{bics[k]:.0f}", f"{100 * (our_bic[k] / bics[k] - 1):+.3f} %"] for k in chosen]
    return dict(
        n=N, d=D, wall=wall, fit=fit_seconds, theirs=theirs, threads=best_setting[1], repeats=repeats,
        part=f"K = {', '.join(map(str, chosen))} × {restarts} restart(s)" + ("" if full else ", the rest interpolated"),
        rows=rows)


def recordings(executable, work):
    rows = []
    for minutes in (10, 60):
        folder = work / f"tetrode_{minutes}min"
        if not (folder / "meta.json").exists():
            ours(executable, ["simulate", "-o", folder, "--seconds", 60 * minutes, "--units", 8, "--seed", 5,
                              "--drift", "--quiet", "--overwrite"], repeats=1)
        for path in folder.glob("*.dat"):
            with open(path, "rb") as file:  # warm the page cache
                while file.read(1 << 24):
                    pass
        answer, wall, repeats = ours(executable, ["sort", folder, "-o", work / f"sorted_{minutes}min",
                                                  "--overwrite", "--json", "--quiet"])
        rows.append([f"{minutes} min", answer["spikes"], answer["units"], f"{wall:.2f} s",
                     f"{60 * minutes / wall:.0f} ×", f"{answer['peakMemoryMiB']:.0f} MiB", repeats])
        print(rows[-1], flush=True)
    return rows


def table(head, rows):
    lines = ["| " + " | ".join(map(str, head)) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def processor():
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    except OSError:
        pass
    return platform.processor()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--executable", required=True)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--work", default=str(HERE / ".work"))
    options = parser.parse_args()
    work = Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    executable = str(Path(options.executable).resolve())
    version = subprocess.run([executable, "--version"], capture_output=True, text=True).stdout.strip()
    r = recordings(executable, work)
    s = sweep(executable, work, options.full)
    text = f"""# Benchmark results

Written by `make bench{"-full" if options.full else ""}`. Machine: {processor()}, {os.cpu_count()} cores. {version};
scikit-learn {sklearn.__version__}, NumPy {np.__version__}, SciPy {scipy.__version__}, Python {platform.python_version()}.
Seconds are wall clock; medians of the stated number of runs.

## A sweep of Gaussian mixtures

K = 2…15 × {RESTARTS} restarts on the features of {s["n"]:,} spikes of the simulated hour below ({s["d"]} each), full covariance, ridge {RIDGE}, both to a mean log-likelihood change of
{TOLERANCE}. Ours: k-means++ starts. scikit-learn: k-means starts, max_iter 1000, {s["threads"]} BLAS thread(s) (its faster setting here),
timed on {s["part"]}.

{table(["", "seconds", "ratio"], [
    ["scikit-learn", f"{s['theirs']:.1f}", "1"],
    [f"spikesort, the fits ({s['repeats']} runs)", f"{s['fit']:.2f}", f"{s['theirs'] / s['fit']:.1f} × faster"],
    ["spikesort, the whole command with its report", f"{s['wall']:.2f}", f"{s['theirs'] / s['wall']:.1f} × faster"]])}

{table(["K", "our best BIC", "their best BIC", "difference"], s["rows"])}

## Sorting a recording

`spikesort sort` of a simulated 4-channel, 30 kHz recording (8 units, drift, LFP), page cache warm, everything included to the report.

{table(["recording", "spikes", "units", "wall clock", "times real time", "peak memory", "runs"], r)}
"""
    (HERE / "RESULTS.md").write_text(text)
    print(text)

"""Gaussian mixtures beside scikit-learn: the sweep over the number of components, and time against N, K and D."""
import os
import time

import numpy as np
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

import measure

N, D, COMPONENTS, RESTARTS = 34_000, 12, range(2, 16), 10
TOLERANCE, RIDGE = 1e-5, 1e-6


def features(path, sorted_folder):
    """Features of a tetrode: 34,000 spikes, evenly spaced in time, of the simulated hour (3 PCs on each of 4 channels)."""
    components = np.load(sorted_folder / "pc_features.npy")  # spikes x components x channels
    chosen = np.linspace(0, len(components) - 1, N).astype(int)
    np.save(path, components[chosen].transpose(0, 2, 1).reshape(N, D).astype("f8"))
    return np.load(path)


def their_fit(x, k, seed, iterations=1000):
    """(seconds, BIC, EM iterations) of one fit of scikit-learn."""
    model = GaussianMixture(k, covariance_type="full", max_iter=iterations, tol=TOLERANCE, reg_covar=RIDGE,
                            init_params="kmeans", random_state=seed)
    started = time.perf_counter()
    model.fit(x)
    return time.perf_counter() - started, model.bic(x), model.n_iter_


def best_threads(x):
    """The number of BLAS threads at which scikit-learn is fastest here."""
    def seconds(threads):
        with threadpool_limits(threads):
            return their_fit(x, 8, 0)[0]
    return min((1, os.cpu_count()), key=seconds)


def our_sweep(executable, path, work, components, restarts):
    """(seconds of the fits, seconds of the command, runs, best BIC of every number of components) of `cluster`."""
    inside = []

    def once():
        answer = measure.run(executable, [
            "cluster", path, "-o", work / "sweep", "--overwrite", "--json", "--quiet", "--model", "gaussian",
            "--components", components, "--restarts", restarts, "--init", "kmeans++", "--no-merge"])
        inside.append(answer["seconds"]["cluster"])
        return answer["selection"]
    wall, repeats, selection = measure.median_of(once)
    return float(np.median(inside)), wall, repeats, dict(zip(selection["components"], selection["bestBIC"]))


def sweep(executable, path, x, work, threads):
    """The sweep of both."""
    fits, wall, repeats, ours = our_sweep(executable, path, work, "2...15", RESTARTS)
    times, bics = {}, {}
    with threadpool_limits(threads):
        for k in COMPONENTS:
            runs = [their_fit(x, k, seed) for seed in range(RESTARTS)]
            times[k] = sum(r[0] for r in runs)
            bics[k] = min(r[1] for r in runs)
            print(f"scikit-learn K={k}: {times[k] / RESTARTS:.2f} s a fit", flush=True)
    rows = [[k, f"{ours[k]:.0f}", f"{bics[k]:.0f}", f"{100 * (ours[k] / bics[k] - 1):+.3f} %"] for k in COMPONENTS]
    rows.append(["sum", f"{sum(ours.values()):.0f}", f"{sum(bics.values()):.0f}", ""])
    return dict(fits=fits, wall=wall, repeats=repeats, theirs=sum(times.values()), rows=rows)


def their_iteration(x, threads, components=13):
    """Seconds of one EM iteration of scikit-learn: a fit of 12 iterations less one of 2, the median of five."""
    import warnings

    def once():
        return (their_fit_limited(12) - their_fit_limited(2)) / 10

    def their_fit_limited(iterations):
        model = GaussianMixture(components, max_iter=iterations, tol=0, reg_covar=RIDGE, init_params="random_from_data",
                                random_state=0)
        started = time.perf_counter()
        model.fit(x)
        return time.perf_counter() - started
    with warnings.catch_warnings(), threadpool_limits(threads):
        warnings.simplefilter("ignore")
        return float(np.median([once() for _ in range(5)]))


def scaling(executable, x, work, threads):
    """Seconds of sweeps K = 2…top × 2 restarts of both against N, top and D: {axis: (values, ours, theirs)}."""
    cases = {"N": [4250, 8500, 17_000, 34_000], "K": [3, 6, 9, 12], "D": [3, 6, 12]}
    result = {}
    for axis, values in cases.items():
        ours, theirs = [], []
        for value in values:
            n, top, d = {"N": (value, 6, D), "K": (N, value, D), "D": (N, 6, value)}[axis]
            part = x[np.linspace(0, N - 1, n).astype(int)][:, np.linspace(0, D - 1, d).astype(int)]
            path = work / "part.npy"
            np.save(path, part)
            ours.append(our_sweep(executable, path, work, f"2...{top}", 2)[0])
            with threadpool_limits(threads):
                theirs.append(sum(their_fit(part, k, seed)[0] for k in range(2, top + 1) for seed in range(2)))
            print(axis, value, f"{ours[-1]:.2f} s, scikit-learn {theirs[-1]:.2f} s", flush=True)
        result[axis] = (values, ours, theirs)
    return result

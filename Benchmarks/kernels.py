"""The Swift micro-benchmarks (Benchmarks/Package.swift): runs them and reads the median of each."""
import os
import statistics
import subprocess

FOLDER = "kernels"


def run(here, work, spikes):
    """{benchmark: {metric: median}}; times in seconds, rates in GFLOP/s."""
    target = work / FOLDER
    target.mkdir(exist_ok=True)
    for old in target.glob("*.tsv"):
        old.unlink()
    subprocess.run(
        ["swift", "package", "--package-path", here, "--allow-writing-to-package-directory",
         "--allow-writing-to-directory", target, "benchmark", "--format", "histogramSamples", "--path", target],
        check=True, stdout=subprocess.DEVNULL, env=os.environ | {"SPIKESORT_BENCHMARK_SPIKES": str(spikes)})
    result = {}
    for path in sorted(target.glob("*.tsv")):
        head, *values = path.read_text().split("\n")
        name = path.name.split(".Kernels.", 1)[1].rsplit(".histogram", 1)[0].rsplit(".", 1)[0].replace("_", " ")
        median = statistics.median(float(value) for value in values if value)
        if head.startswith("MFLOP"):
            result.setdefault(name, {})["GFLOP/s"] = median / 1e3
        elif head.startswith("µs an iteration"):
            result.setdefault(name, {})["seconds"] = median / 1e6
        elif head.startswith("Time (wall clock) (ns)"):
            result.setdefault(name, {})["seconds"] = median / 1e9
        else:
            raise ValueError(f"{path}: a header of unknown unit, {head!r}")
    return result

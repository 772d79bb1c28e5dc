"""The spikesort program behind SpikeInterface's sorter interface."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
from probeinterface import write_probeinterface
from spikeinterface.core import NumpySorting, write_binary_recording
from spikeinterface.preprocessing import scale_to_uV
from spikeinterface.sorters.basesorter import BaseSorter, get_job_kwargs

PARAMETERS = {
    # name: (default, what it means); None leaves the choice to the program.
    "band": (None, "Band-pass edges in Hz, two numbers"),
    "threshold": (None, "Detection threshold in standard deviations of the noise"),
    "peak": (None, "Which deflections are spikes: negative, positive, both or auto"),
    "reference": (None, "What is subtracted from every channel: none or median"),
    "exclude_channels": (None, "Channels to leave out, 0-based numbers in the order of the recording"),
    "model": (None, "Components of the mixture: gaussian, t or drifting-t"),
    "covariance": (None, "Covariances: full, tied, diag or spherical"),
    "components": (None, "Numbers of components to try, a pair (low, high)"),
    "restarts": (None, "Fits for every number of components"),
    "seed": (None, "The seed all random choices hang on"),
    "init": (None, "How fits start: random or kmeans++"),
    "criterion": (None, "What chooses the number of components"),
    "preset": (None, "A set of options by name"),
    "threads": (None, "Threads to use; results do not depend on it"),
    "merge": (True, "Make components that are one neuron one unit"),
    "keep_noise": (False, "Also return the clusters that the program calls noise"),
}

RAW_TYPES = ("int16", "uint16", "int32", "float32", "float64")


class SpikesortSorter(BaseSorter):
    """Runs `spikesort sort` and brings back its units, their verdicts and the reasons."""

    sorter_name = "spikesort"
    requires_locations = False
    requires_binary_data = True
    handle_multi_segment = True
    gpu_capability = "not-supported"
    executable: str | None = None
    sorter_description = (
        "Mixtures of drifting t-distributions for tetrodes and small probes: one native program, the same result on "
        "every run, and a verdict in words for every unit."
    )
    installation_mesg = (
        "Build the program with `make install` in its folder, or name it in the environment variable SPIKESORT_EXECUTABLE."
    )

    _default_params = {name: default for name, (default, _) in PARAMETERS.items()}
    _params_description = {name: meaning for name, (_, meaning) in PARAMETERS.items()}

    @classmethod
    def find_executable(cls) -> str | None:
        """The program: the class's own, the environment's, or the one on the path."""
        return cls.executable or os.environ.get("SPIKESORT_EXECUTABLE") or shutil.which("spikesort")

    @classmethod
    def is_installed(cls) -> bool:
        executable = cls.find_executable()
        return executable is not None and shutil.which(executable) is not None

    @classmethod
    def get_sorter_version(cls) -> str:
        answer = subprocess.run([cls.find_executable(), "--version"], capture_output=True, text=True, check=True)
        return answer.stdout.strip()

    @classmethod
    def _check_apply_filter_in_params(cls, params) -> bool:
        return True

    @classmethod
    def _setup_recording(cls, recording, sorter_output_folder, params, verbose):
        """Writes what the program is to read: files (the recording's own where they are flat binary), and how."""
        gain, offset, recording = one_gain(recording)
        files, sample_type = binary_files(recording, sorter_output_folder, get_job_kwargs(params, verbose))
        description = {
            "files": [str(file) for file in files],
            "sample_type": sample_type,
            "rate": float(recording.get_sampling_frequency()),
            "channels": int(recording.get_num_channels()),
            "gain": gain,
            "offset": offset,
            "segment_frames": [
                int(recording.get_num_samples(segment_index=i)) for i in range(recording.get_num_segments())
            ],
        }
        if recording.has_probe():
            write_probeinterface(sorter_output_folder / "probe.json", recording.get_probegroup())
        (sorter_output_folder / "recording.json").write_text(json.dumps(description, indent=2), encoding="utf8")

    @classmethod
    def _run_from_folder(cls, sorter_output_folder, params, verbose):
        description = json.loads((sorter_output_folder / "recording.json").read_text(encoding="utf8"))
        probe = sorter_output_folder / "probe.json"
        command = [cls.find_executable(), "sort", *description["files"]]
        command += ["-o", str(sorter_output_folder / "result"), "--overwrite", "--quiet"]
        command += ["--rate", repr(description["rate"]), "--channels", str(description["channels"])]
        command += ["--dtype", description["sample_type"]]
        if description["gain"] is not None:
            command += ["--gain", repr(description["gain"]), "--offset", repr(description["offset"])]
        if probe.exists():
            command += ["--probe", str(probe)]
        command += option_words(params)
        answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        log = answer.stdout + answer.stderr
        (sorter_output_folder / f"{cls.sorter_name}.log").write_text(log, encoding="utf8")
        if verbose:
            print(answer.stdout)
        if answer.returncode != 0:
            raise RuntimeError(answer.stderr.strip() or f"spikesort ended with exit code {answer.returncode}")

    @classmethod
    def _get_result_from_folder(cls, sorter_output_folder):
        sorter_output_folder = Path(sorter_output_folder)
        description = json.loads((sorter_output_folder / "recording.json").read_text(encoding="utf8"))
        parameters = json.loads((sorter_output_folder.parent / "spikeinterface_params.json").read_text(encoding="utf8"))
        keep_noise = parameters["sorter_params"].get("keep_noise", False)
        return read_result(sorter_output_folder / "result", description, keep_noise)


def one_gain(recording):
    """The gain and offset (µV) all channels share, and the recording to which they belong.

    Where channels differ the recording is scaled to µV first. Without gains the answer is (None, None, recording): the
    program then speaks of ADC units.
    """
    if not recording.has_scaleable_traces():
        return None, None, recording
    gains, offsets = recording.get_channel_gains(), recording.get_channel_offsets()
    if np.all(gains == gains[0]) and np.all(offsets == offsets[0]):
        return float(gains[0]), float(offsets[0]), recording
    return 1.0, 0.0, scale_to_uV(recording)


def binary_files(recording, folder: Path, job_kwargs: dict):
    """Flat binary files of the recording's segments, in order, and their sample type.

    The recording's own files are taken where they are laid out as the program reads them; else copies are written.
    """
    sample_type = recording.get_dtype().name
    # The name says nothing of the order of bytes, and the program reads little-endian files.
    is_little = recording.get_dtype().newbyteorder("<") == recording.get_dtype()
    segments = recording.get_num_segments()
    if is_little and sample_type in RAW_TYPES and recording.binary_compatible_with(time_axis=0, file_paths_length=segments, file_offset=0):
        found = recording.get_binary_description()
        if found["num_channels"] == recording.get_num_channels():
            return found["file_paths"], sample_type
    if sample_type not in RAW_TYPES:
        sample_type = "float32"
    files = [folder / f"segment{i}.dat" for i in range(segments)]
    write_binary_recording(recording, file_paths=files, dtype=sample_type, **job_kwargs)
    return files, sample_type


def option_words(params: dict) -> list[str]:
    """The command line's words for the parameters that are set."""
    words = []
    for name in PARAMETERS:
        value = params.get(name)
        if name in ("merge", "keep_noise") or value is None:
            continue
        if name in ("band", "exclude_channels"):
            value = ",".join(str(item) for item in value)
        elif name == "components":
            value = f"{value[0]}...{value[1]}"
        words.append(f"--{name.replace('_', '-')}={value}")
    if not params.get("merge", True):
        words.append("--no-merge")
    return words


def read_result(folder: Path, description: dict, keep_noise: bool) -> NumpySorting:
    """The units of a result folder as a sorting with the recording's segments, each with its verdict and reason."""
    with open(folder / "units.csv", newline="", encoding="utf8") as file:
        units = [row for row in csv.DictReader(file) if keep_noise or row["verdict"] != "noise"]
    # Of a probe with groups the units of all groups are numbered through.
    ids = [int(row.get("number", row["unit"])) for row in units]
    times, labels = np.zeros(0, dtype="int64"), np.zeros(0, dtype="int64")
    if (folder / "spike_times.npy").exists():  # not there when no spike was found
        times = np.load(folder / "spike_times.npy").ravel()
        labels = np.load(folder / "spike_clusters.npy").ravel().astype("int64")
    ends = np.cumsum(description["segment_frames"])
    trains = []
    for start, end in zip(ends - description["segment_frames"], ends):
        inside = (times >= start) & (times < end)
        trains.append({unit: times[inside & (labels == unit)] - start for unit in ids})
    sorting = NumpySorting.from_unit_dict(trains, description["rate"])
    if units:
        sorting.set_property("verdict", np.array([row["verdict"] for row in units]))
        sorting.set_property("reason", np.array([row["reason"] for row in units]))
        if "group" in units[0]:
            sorting.set_property("group", np.array([row["group"] for row in units]))
        for name in ("contamination", "false_positives", "false_negatives"):
            values = [float(row[name]) if row[name] else np.nan for row in units]
            sorting.set_property(name, np.array(values))
    return sorting

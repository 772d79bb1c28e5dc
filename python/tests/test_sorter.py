"""The sorter as SpikeInterface runs it. Needs SPIKESORT_EXECUTABLE; run by scripts/test."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
import spikeinterface.core as sc
import spikeinterface.sorters as ss
from spikeinterface.comparison import compare_sorter_to_ground_truth

import spikesort_spikeinterface  # noqa: F401  (registers the sorter)
from spikesort_spikeinterface.sorter import binary_files, option_words

sc.set_global_job_kwargs(progress_bar=False)
EXECUTABLE = os.environ["SPIKESORT_EXECUTABLE"]


def run(recording, folder, **options):
    return ss.run_sorter("spikesort", recording, folder=folder, verbose=False, **options)


def trains(sorting, segment=0):
    return {int(u): sorting.get_unit_spike_train(u, segment_index=segment) for u in sorting.unit_ids}


class SimulatedTetrode(unittest.TestCase):
    """One recording of our own simulator, read by SpikeInterface as flat binary."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="spikesort ü ")
        cls.folder = Path(cls.scratch.name)
        simulated = cls.folder / "simulated"
        subprocess.run(
            [EXECUTABLE, "simulate", "-o", simulated, "--seconds", "60", "--units", "3", "--quiet"],
            check=True, capture_output=True)
        meta = json.loads((simulated / "meta.json").read_text())
        cls.rate = meta["sampling_rate_hz"]
        cls.file = next(simulated.glob("*.dat"))
        cls.gain = meta["gain_uV_per_bit"]
        cls.recording = cls.read([cls.file])
        cls.truth = sc.NumpySorting.from_samples_and_labels(
            [np.load(simulated / "gt_times.npy")], [np.load(simulated / "gt_labels.npy")], cls.rate)
        cls.simulated = simulated

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def read(cls, files, dtype="int16"):
        return sc.BinaryRecordingExtractor(
            files, cls.rate, dtype, num_channels=4, gain_to_uV=cls.gain, offset_to_uV=0.0)

    def test_byte_order(self):
        swapped = self.folder / "swapped.dat"
        np.fromfile(self.file, "<i2").astype(">i2").tofile(swapped)
        recording = self.read([swapped], dtype=">i2")
        files, sample_type = binary_files(recording, self.folder, {})
        self.assertEqual(sample_type, "int16")
        np.testing.assert_array_equal(np.fromfile(files[0], "<i2"), np.fromfile(self.file, "<i2"))

    def command_line(self, name, *options):
        out = self.folder / name
        subprocess.run([EXECUTABLE, "sort", self.simulated, "-o", out, "--quiet", *options],
                       check=True, capture_output=True)
        times, labels = np.load(out / "spike_times.npy"), np.load(out / "spike_clusters.npy")
        return {int(u): times[labels == u] for u in np.unique(labels)}

    def test_same_spikes_as_the_command_line(self):
        sorting = run(self.recording, self.folder / "whole")
        command_line = self.command_line("command line")
        self.assertGreaterEqual(len(sorting.unit_ids), 3)
        for unit, train in trains(sorting).items():
            np.testing.assert_array_equal(train, command_line[unit])
        accuracy = compare_sorter_to_ground_truth(self.truth, sorting, exhaustive_gt=True)
        self.assertGreater(accuracy.get_performance()["accuracy"].astype(float).mean(), 0.95)
        self.assertEqual(set(sorting.get_property("verdict")) - {"single", "multi", "tooFew"}, set())
        self.assertFalse((self.folder / "whole/sorter_output/segment0.dat").exists(), "no copy of flat binary")

    def test_segments_come_back_as_segments(self):
        samples = np.fromfile(self.file, "int16").reshape(-1, 4)
        cut = 25 * int(self.rate)
        parts = [self.folder / "first.dat", self.folder / "second.dat"]
        samples[:cut].tofile(parts[0])
        samples[cut:].tofile(parts[1])
        sorting = run(self.read(parts), self.folder / "parts")
        self.assertEqual(sorting.get_num_segments(), 2)
        for unit in sorting.unit_ids:
            first, second = (sorting.get_unit_spike_train(unit, segment_index=i) for i in range(2))
            self.assertTrue(first.size and second.size)
            self.assertTrue(first.max() < cut and second.max() < len(samples) - cut)

    def test_gains_that_differ_are_applied_before(self):
        recording = self.read([self.file])
        recording.set_channel_gains([self.gain, self.gain, 2 * self.gain, self.gain])
        run(recording, self.folder / "gains")
        description = json.loads((self.folder / "gains/sorter_output/recording.json").read_text())
        self.assertEqual((description["gain"], description["sample_type"]), (1.0, "float32"))
        written = np.fromfile(description["files"][0], "float32").reshape(-1, 4)[:1000]
        expected = np.fromfile(self.file, "int16").reshape(-1, 4)[:1000] * recording.get_channel_gains()
        np.testing.assert_allclose(written, expected, rtol=1e-6)

    def test_a_derived_recording_is_written_out(self):
        recording = self.recording.frame_slice(0, 20 * int(self.rate))
        sorting = run(recording, self.folder / "slice")
        written = np.fromfile(self.folder / "slice/sorter_output/segment0.dat", "int16").reshape(-1, 4)
        np.testing.assert_array_equal(written, recording.get_traces())
        self.assertTrue(all(train.max() < 20 * self.rate for train in trains(sorting).values()))

    def test_options_reach_the_program(self):
        run(self.recording, self.folder / "options", model="t", components=(2, 6), seed=3, merge=False, band=[400, 5000])
        made = json.loads((self.folder / "options/sorter_output/result/sorting.json").read_text())["options"]
        self.assertEqual((made["model"], made["components"], made["seed"]), ("t", [2, 6], 3))
        self.assertEqual((made["merges"], made["band"]), (False, [400, 5000]))

    def test_an_impossible_option_is_answered_with_the_programs_sentence(self):
        with self.assertRaisesRegex(Exception, "--threshold 0.* is not possible"):
            run(self.recording, self.folder / "impossible", threshold=0)


class Generated(unittest.TestCase):
    """Recordings that SpikeInterface makes."""

    def test_every_parameter_is_an_option_of_the_program(self):
        help_text = subprocess.run([EXECUTABLE, "sort", "--help"], capture_output=True, text=True).stdout
        values = {"band": (300, 5000), "exclude_channels": [1], "components": (2, 5)}
        parameters = {name: values.get(name, "x") for name in spikesort_spikeinterface.SpikesortSorter._default_params}
        for word in option_words({**parameters, "merge": False}):
            if word.startswith("--"):
                self.assertIn(word.split("=")[0], help_text)

    def test_a_recording_without_spikes(self):
        with tempfile.TemporaryDirectory() as folder:
            quiet = np.zeros((30000, 4), dtype="int16")
            recording = sc.NumpyRecording([quiet], 30000.0).save(folder=f"{folder}/quiet")
            try:
                sorting = run(recording, f"{folder}/sorted")
            except Exception as error:  # a flat recording may also be refused, with a sentence
                self.assertIn("spikesort:", str(error))
            else:
                self.assertEqual(len(sorting.unit_ids), 0)

    def test_scores_as_the_command_line_does(self):
        with tempfile.TemporaryDirectory() as folder:
            recording, truth = sc.generate_ground_truth_recording(
                durations=[60.0], num_channels=4, num_units=3, seed=1, sampling_frequency=30000.0)
            saved = recording.save(folder=f"{folder}/recording")
            sorting = run(saved, f"{folder}/sorted")
            result = f"{folder}/command line"
            # What SpikeInterface holds, read without it.
            file = saved.get_binary_description()["file_paths"][0]
            subprocess.run(
                [EXECUTABLE, "sort", file, "-o", result, "--quiet", "--rate", "30000", "--channels", "4",
                 "--dtype", "float32", "--gain", "1"], check=True, capture_output=True)
            times, labels = np.load(f"{result}/spike_times.npy"), np.load(f"{result}/spike_clusters.npy")
            with open(f"{result}/cluster_group.tsv", encoding="utf8") as table:
                noise = [int(line.split("\t")[0]) for line in table if line.strip().endswith("noise")]
            kept = ~np.isin(labels, noise)
            direct = sc.NumpySorting.from_samples_and_labels([times[kept]], [labels[kept]], 30000.0)
            scores = [
                compare_sorter_to_ground_truth(truth, tested, exhaustive_gt=True).get_performance()["accuracy"].astype(float).mean()
                for tested in (sorting, direct)]
            self.assertAlmostEqual(scores[0], scores[1], delta=0.005)
            self.assertGreater(scores[0], 0.5)


if __name__ == "__main__":
    unittest.main()

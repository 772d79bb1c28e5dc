"""python compare_result.py FOLDER TRUTH: SpikeInterface's comparison of a result with a simulated recording's truth, as JSON.

Units of group noise are left out. The window is 0.4 ms; a true unit counts as well detected from an accuracy of 0.8.
"""
import json
import sys
from pathlib import Path

import numpy as np
import spikeinterface as si
from spikeinterface.comparison import compare_sorter_to_ground_truth
from spikeinterface.extractors import read_phy

result, truth = Path(sys.argv[1]), Path(sys.argv[2])
found = read_phy(result, exclude_cluster_groups=["noise"])
known = si.NumpySorting.from_samples_and_labels(
    [np.load(truth / "gt_times.npy")], [np.load(truth / "gt_labels.npy")], found.get_sampling_frequency())
comparison = compare_sorter_to_ground_truth(known, found, delta_time=0.4, exhaustive_gt=True)
table = comparison.get_performance(method="by_unit").astype(float)
matched = comparison.hungarian_match_12
print(json.dumps({
    "meanAccuracy": float(table["accuracy"].mean()),
    "units": [
        {
            "truth": int(unit),
            "unit": None if int(matched[unit]) == -1 else int(matched[unit]),
            "accuracy": float(row["accuracy"]), "precision": float(row["precision"]), "recall": float(row["recall"]),
        }
        for unit, row in table.iterrows()
    ],
    "wellDetected": int(comparison.count_well_detected_units(well_detected_score=0.8)),
    "falsePositive": int(comparison.count_false_positive_units()),
    "redundant": int(comparison.count_redundant_units()),
    "overmerged": int(comparison.count_overmerged_units()),
}))

"""`write FILE` makes a MAT-file with SciPy; `read FILE` prints what SciPy sees in one of ours."""
import json
import sys

import numpy as np
from scipy.io import loadmat, savemat

if sys.argv[1] == "write":
    spikes = np.arange(24, dtype=float).reshape(4, 6) / 8
    savemat(sys.argv[2], {
        "spikes": spikes, "index": np.array([[1.5, 2.25, 3, 4]]), "par": {"sr": 24000.0, "channels": 2, "name": "µx"},
        "small": np.int16([[1, -2], [3, 4]]), "cells": np.array(["a", np.eye(2)], dtype=object),
        "nothing": np.zeros((0, 3)), "flag": True, "z": np.array([1 + 2j]),
    }, do_compression=sys.argv[3] == "compressed")
elif sys.argv[1] == "zeros":
    savemat(sys.argv[2], {"x": np.zeros((1, 40 << 20), np.int8)}, do_compression=True)
    savemat(sys.argv[2].replace("zeros.mat", "few.mat"), {"x": np.zeros((1, 1 << 20), np.int8)}, do_compression=True)
else:
    mat = loadmat(sys.argv[2])
    print(json.dumps({
        "cube": [mat["cube"].dtype.str, list(mat["cube"].shape), mat["cube"].ravel().tolist()],
        "frames": [mat["frames"].dtype.str, mat["frames"].ravel().tolist()],
        "text": mat["text"].tolist(), "cell": [c[0].tolist()[0] for c in mat["cell"]],
        "field": mat["record"]["field"][0, 0].ravel().tolist(),
    }))

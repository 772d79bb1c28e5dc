"""Makes an NWB recording of a simulated tetrode by pynwb, or prints what pynwb and its inspector say of an export.

usage: nwb_session.py make RECORDING.dat OUTPUT.nwb
       nwb_session.py read EXPORT.nwb
"""
import json
import sys
from datetime import datetime, timedelta, timezone

import numpy as np
from nwbinspector import Importance, inspect_nwbfile
from pynwb import NWBHDF5IO, NWBFile, validate
from pynwb.ecephys import ElectricalSeries
from pynwb.file import Subject


def make(samples, output):
    nwb = NWBFile("a tetrode", "made", datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=2))))
    nwb.subject = Subject(subject_id="rat 7", species="Rattus norvegicus", sex="F", age="P90D")
    device = nwb.create_device("probe")
    group = nwb.create_electrode_group("tetrode", "four wires", "CA1", device)
    for _ in range(4):
        nwb.add_electrode(location="CA1", group=group)
    nwb.add_acquisition(
        ElectricalSeries(
            "trace", np.fromfile(samples, "<i2").reshape(-1, 4), nwb.create_electrode_table_region([0, 1, 2, 3], "all"),
            rate=30000.0, conversion=0.195e-6,
        )
    )
    with NWBHDF5IO(output, "w") as io:
        io.write(nwb)


def read(path):
    messages = list(inspect_nwbfile(nwbfile_path=path))
    with NWBHDF5IO(path, "r") as io:
        nwb = io.read()
        said = {
            "start": nwb.session_start_time.isoformat(),
            "description": nwb.session_description,
            "subject": [nwb.subject.subject_id, nwb.subject.species, nwb.subject.sex, nwb.subject.age],
            "invalid": [str(error) for error in validate(path=path)],
            "critical": [m.message for m in messages if m.importance.value >= Importance.CRITICAL.value],
            "violations": [m.check_function_name for m in messages if "VIOLATION" in m.importance.name],
        }
    print(json.dumps(said))


{"make": make, "read": read}[sys.argv[1]](*sys.argv[2:])

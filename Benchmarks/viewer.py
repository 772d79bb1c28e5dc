"""Measures the viewer in headless Chromium, beside Phy's start on the same folder, and writes VIEWER.md.

    python Benchmarks/viewer.py --executable .build/release/spikesort [--phy PYTHON] [--work FOLDER]

The Python needs playwright and NumPy; --phy names one that has Phy. `scripts/bench-viewer` makes both.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from measure import machine, table

HERE = Path(__file__).resolve().parent


def result(executable, work, count):
    """A result with so many spikes of 20 units: one of five minutes, repeated."""
    source, target = work / "viewer-base", work / f"viewer-{count}"
    if not source.exists():
        subprocess.run([executable, "simulate", "-o", work / "viewer-recording", "--units", "20", "--seed", "1",
                        "--overwrite", "--quiet"], check=True)
        subprocess.run([executable, "sort", work / "viewer-recording", "-o", source, "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("figures", "report.html"))
    record = json.loads((source / "sorting.json").read_text())
    span, copies = record["source"]["frameCount"], -(-count // record["spikeCount"])
    for name in ["spike_clusters", "spike_templates", "amplitudes", "pc_features", "spike_times"]:
        values = np.load(source / f"{name}.npy")
        shift = span if name == "spike_times" else 0
        np.save(target / f"{name}.npy", np.concatenate([values + values.dtype.type(shift * c) for c in range(copies)])[:count])
    units = np.load(target / "spike_clusters.npy")
    record["spikeCount"] = count
    record["source"]["frameCount"] = span * copies
    record["editableFiles"] = {}
    for unit in record["units"]:
        unit["spikeCount"] = int((units == unit["id"]).sum())
    (target / "sorting.json").write_text(json.dumps(record))
    return target


MEASURES = "performance.getEntriesByType('measure').filter(m => m.name.startsWith('points of')).map(m => [m.name, m.duration])"


ACKNOWLEDGED = "performance.getEntriesByType('resource').filter(e => e.name.endsWith('api/actions')).map(e => e.duration)"


def both_views(spent):
    """The milliseconds of one drawing of both views of points, for each step that drew them."""
    return [sum(statistics.median(d for n, d in one if n == name) for name in {n for n, _ in one}) for one in spent if one]


class Viewer:
    """`spikesort view` and a page on it."""

    def __init__(self, executable, folder, browser):
        self.started = time.perf_counter()
        self.process = subprocess.Popen([executable, "view", folder, "--no-open"], stdout=subprocess.PIPE, text=True)
        address = self.process.stdout.readline().strip()
        self.served = time.perf_counter()
        self.page = browser.new_page(viewport={"width": 1600, "height": 1000})
        self.page.goto(address)
        # Usable: the table is there, the first unit is chosen and all its views are drawn.
        for view in ["features", "amplitudes", "waveforms", "correlograms", "trace"]:
            self.page.wait_for_selector(f"html[data-ready] #{view} .figure svg text", state="attached", timeout=60_000)
        self.usable = time.perf_counter()

    def walk(self, units):
        """Chooses one unit after the other; the milliseconds of drawing the points of both views, for each."""
        self.page.keyboard.press("Home")
        self.page.wait_for_timeout(800)
        spent = []
        for _ in range(units):
            self.page.evaluate("performance.clearMeasures()")
            self.page.keyboard.press("ArrowDown")
            self.page.wait_for_timeout(500)
            spent.append(self.page.evaluate(MEASURES))
        return spent

    def grow(self, units):
        """The milliseconds of drawing after each unit that was added to the selection, until all are in it."""
        self.page.keyboard.press("Home")
        spent = []
        for _ in range(units - 1):
            self.page.evaluate("performance.clearMeasures()")
            self.page.keyboard.press("Shift+ArrowDown")
            self.page.wait_for_timeout(700)
            spent.append(self.page.evaluate(MEASURES))
        return spent

    def redraw(self):
        """The milliseconds of drawing all points anew in another size of the window, for eight sizes."""
        spent = []
        for step in range(8):
            self.page.evaluate("performance.clearMeasures()")
            self.page.set_viewport_size({"width": 1600 - 8 * (step + 1), "height": 1000})
            self.page.wait_for_timeout(1200)
            spent.append(self.page.evaluate(MEASURES))
        return spent

    def actions(self):
        """The milliseconds until an action was acknowledged, as the browser saw it: labels, a merge, undo and redo."""
        self.page.evaluate("performance.clearResourceTimings()")
        for key in ["Home", "Alt+g", "Alt+m", "Shift+ArrowDown", "g", "Control+z", "Control+y", "Control+z"] * 3:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(500)
        return self.page.evaluate(ACKNOWLEDGED)

    def splits(self, units):
        """The milliseconds until a split of one unit by a mixture of two was acknowledged, for some units."""
        spent = []
        for unit in range(units):
            for key in ["Home", *["ArrowDown"] * unit, "Shift+K"]:
                self.page.keyboard.press(key)
            self.page.wait_for_timeout(300)
            self.page.evaluate("performance.clearResourceTimings()")
            self.page.keyboard.press("Enter")
            self.page.wait_for_timeout(1200)
            spent += self.page.evaluate(ACKNOWLEDGED)
            self.page.keyboard.press("Control+z")
            self.page.wait_for_timeout(500)
        return spent

    def memory(self):
        """The most memory the server ever had, in megabytes."""
        return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())[1]) / 1024

    def close(self):
        self.page.close()
        self.process.terminate()
        self.process.wait()


PHY = """
import os, sys, time, tempfile
from pathlib import Path
from phy.apps.template.gui import TemplateController
from phy.gui import create_app
from phylib.io.model import load_model
from phylib.utils import connect
path = Path(sys.argv[1])
app = create_app()
controller = TemplateController(model=load_model(path), dir_path=path.parent, config_dir=Path(tempfile.mkdtemp()), clear_cache=True)
ready = []
@connect
def on_ready(sender): ready.append(True)
gui = controller.create_gui(do_prompt_save=False)
gui.show()
while not ready:
    app.processEvents()
controller.supervisor.select([controller.supervisor.clustering.cluster_ids[0]])
controller.supervisor.block()
app.processEvents()
print("shown", flush=True)
os._exit(0)
"""


def phy_seconds(python, folder, repeats=3):
    """From the start of the process until Phy shows its first cluster, without a screen; None where it does not run."""
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", QTWEBENGINE_DISABLE_SANDBOX="1",
                       QTWEBENGINE_CHROMIUM_FLAGS="--no-sandbox --disable-gpu")
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        try:
            done = subprocess.run([python, "-W", "ignore", "-c", PHY, str(folder / "params.py")], capture_output=True,
                                  text=True, timeout=120, env=environment)
        except subprocess.TimeoutExpired:
            return None
        if "shown" not in done.stdout:
            print(done.stderr[-800:])
            return None
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--executable", required=True)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    parser.add_argument("--phy", help="a Python that has Phy")
    parser.add_argument("--work", default=str(HERE / ".work"))
    options = parser.parse_args()
    work = Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    executable = str(Path(options.executable).resolve())
    small, large = result(executable, work, 200_000), result(executable, work, 1_000_000)
    load = os.getloadavg()[0]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        starts, acknowledged = [], []
        for _ in range(3):
            viewer = Viewer(executable, small, browser)
            starts.append((viewer.usable - viewer.served, viewer.usable - viewer.started))
            if not acknowledged:
                acknowledged = viewer.actions()
                parted = viewer.splits(6)
            viewer.close()
        page, whole = (statistics.median(column) for column in zip(*starts))
        viewer = Viewer(executable, large, browser)
        large_page = viewer.usable - viewer.served
        views = both_views(viewer.walk(15))
        anew = both_views(viewer.redraw())
        grown = both_views(viewer.grow(20))
        anew_all = both_views(viewer.redraw())
        large_acknowledged = viewer.actions()
        large_parted = viewer.splits(6)
        memory = viewer.memory()
        viewer.close()
        version = browser.version
        browser.close()
    phy = phy_seconds(options.phy, small) if options.phy else None
    rows = [
        ["200,000 spikes, 20 units: from opening the address until every view is drawn", f"{page:.2f} s", "2 s"],
        ["the same from the start of `spikesort view`", f"{whole:.2f} s", ""],
        ["the same folder in Phy 2, from its start until the first cluster is shown (Qt offscreen)",
         f"{phy:.1f} s" if phy else "not measured", ""],
        [f"an action until it is on disk and acknowledged, 200,000 spikes: median, longest of {len(acknowledged)}",
         f"{statistics.median(acknowledged):.0f}, {max(acknowledged):.0f} ms", "100 ms"],
        [f"the same, 1,000,000 spikes: median, longest of {len(large_acknowledged)}",
         f"{statistics.median(large_acknowledged):.0f}, {max(large_acknowledged):.0f} ms", "100 ms"],
        [f"a unit of 10,000 spikes parted by a mixture, until that is on disk and acknowledged: median, longest of {len(parted)}",
         f"{statistics.median(parted):.0f}, {max(parted):.0f} ms", "100 ms"],
        [f"the same, a unit of 50,000 among 1,000,000 spikes: median, longest of {len(large_parted)}",
         f"{statistics.median(large_parted):.0f}, {max(large_parted):.0f} ms", ""],
        ["1,000,000 spikes: from opening the address until every view is drawn", f"{large_page:.2f} s", ""],
        [f"1,000,000 spikes: redrawing the points of seven panels after a selection: median, longest of {len(views)}",
         f"{statistics.median(views):.0f}, {max(views):.0f} ms", "150 ms"],
        [f"the same from nothing, after a change of the window's size: median, longest of {len(anew)}",
         f"{statistics.median(anew):.0f}, {max(anew):.0f} ms", "150 ms"],
        [f"the same while units are added to the selection, up to all 20 with every spike coloured: median, longest of {len(grown)}",
         f"{statistics.median(grown):.0f}, {max(grown):.0f} ms", "150 ms"],
        [f"with all 20 units selected, after a change of the window's size: median, longest of {len(anew_all)}",
         f"{statistics.median(anew_all):.0f}, {max(anew_all):.0f} ms", "150 ms"],
        ["1,000,000 spikes: the server's largest memory", f"{memory:.0f} MB", "400 MB"],
    ]
    text = (f"# The viewer, measured\n\nHeadless Chromium {version} without a graphics card, {machine()}, load average {load:.0f}. "
            "Written by `scripts/bench-viewer`.\n\n" + table(["what", "measured", "goal"], rows) + "\n")
    (HERE / "VIEWER.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()

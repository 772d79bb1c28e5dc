"""`sort` on simulated recordings: speed, memory, how fast Ctrl-C and --help are."""
import random
import shutil
import signal
import subprocess
import time

import measure


def simulated(executable, work, minutes):
    """The folder of a simulated 4-channel recording, made once; its data are in the page cache afterwards."""
    folder = work / f"tetrode_{minutes}min"
    if not (folder / "meta.json").exists():
        measure.run(executable, ["simulate", "-o", folder, "--seconds", 60 * minutes, "--units", 8, "--seed", 5,
                                 "--drift", "--quiet", "--overwrite"])
    for path in folder.glob("*.dat"):
        with open(path, "rb") as file:
            while file.read(1 << 24):
                pass
    return folder


def sort(executable, work, minutes):
    """What sorting a recording of some minutes took."""
    folder = simulated(executable, work, minutes)
    wall, repeats, answer = measure.median_of(
        lambda: measure.run(executable, ["sort", folder, "-o", work / f"sorted_{minutes}min", "--overwrite",
                                         "--json", "--quiet"]))
    result = dict(minutes=minutes, spikes=answer["spikes"], units=answer["units"], seconds=wall,
                  speed=60 * minutes / wall, mebibytes=answer["peakMemoryMiB"], repeats=repeats)
    print(result, flush=True)
    return result


def help_seconds(executable):
    """Seconds of `spikesort --help`, the median of 20."""
    return measure.median_of(
        lambda: subprocess.run([executable, "--help"], capture_output=True, check=True), repeats=20)[0]


def interruptions(executable, work, seconds, minutes=10, times=12):
    """(the longest time from Ctrl-C to the end of a `sort` that takes some seconds, what was left behind).

    Ctrl-C comes at random over the whole of the run; runs that ended before it do not count.
    """
    folder, out = simulated(executable, work, minutes), work / "interrupted"
    generator, longest = random.Random(1), 0.0
    before = set(work.iterdir())
    counted = 0
    while counted < times:
        process = subprocess.Popen([executable, "sort", folder, "-o", out, "--quiet"], stderr=subprocess.DEVNULL)
        time.sleep(generator.uniform(0.02, seconds))
        asked = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait()
        if process.returncode == 0:
            shutil.rmtree(out)
            continue
        longest = max(longest, time.perf_counter() - asked)
        counted += 1
    return longest, sorted(str(path.name) for path in set(work.iterdir()) - before)

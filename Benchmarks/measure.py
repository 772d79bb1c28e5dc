"""Running a command several times, and what every page of results needs: the machine, tables, medians."""
import json
import os
import platform
import statistics
import subprocess
import sys
import time


def median_of(function, repeats=5, most_seconds=10.0):
    """The median wall clock of a function over `repeats` calls, one call if it takes over `most_seconds`.

    Returns (seconds, calls, the last result).
    """
    seconds, result = [], None
    for _ in range(repeats):
        started = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - started)
        if seconds[0] > most_seconds:
            break
    return statistics.median(seconds), len(seconds), result


def run(executable, arguments):
    """Runs our program; its JSON. A failure ends the benchmark with what the program said."""
    done = subprocess.run([executable, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}\n{done.stderr}")
    return json.loads(done.stdout) if done.stdout.strip().startswith("{") else {}


def table(head, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(map(str, head)) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def verdict(reached, asked, goal, larger_is_better=True):
    """Whether a figure meets what was asked or the goal, in one word."""
    def holds(bound):
        return reached >= bound if larger_is_better else reached <= bound
    return "goal" if holds(goal) else "asked" if holds(asked) else "**missed**"


def machine():
    """The processor's name and the number of cores."""
    name = platform.processor()
    try:
        with open("/proc/cpuinfo") as lines:
            name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{name}, {os.cpu_count()} cores"

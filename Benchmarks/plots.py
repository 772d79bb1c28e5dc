"""The plot of time against N, K, D and recording length."""
import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

TITLES = {"N": "spikes (D = 12, K = 2…6)", "K": "largest K (34,000 × 12)", "D": "features (34,000, K = 2…6)"}


def draw(path, scaling, recordings):
    """One panel an axis; ours and scikit-learn's seconds of a sweep, and the seconds of `sort`."""
    matplotlib.rcParams.update({"svg.hashsalt": "spikesort", "font.size": 9, "axes.spines.top": False,
                                "axes.spines.right": False})
    figure, panels = plt.subplots(1, 4, figsize=(11, 2.8), layout="constrained")
    for panel, (axis, (values, ours, theirs)) in zip(panels, scaling.items()):
        panel.loglog(values, theirs, "s-", color="#d55e00", label="scikit-learn")
        panel.loglog(values, ours, "o-", color="#0072b2", label="spikesort")
        panel.set_xlabel(TITLES[axis])
        panel.set_xticks(values, [f"{value:,}" for value in values])
        panel.minorticks_off()
    panels[0].set_ylabel("seconds of a sweep")
    panels[0].legend(frameon=False)
    last = panels[3]
    last.plot([r["minutes"] for r in recordings], [r["seconds"] for r in recordings], "o-", color="#0072b2")
    last.set_xlabel("minutes of tetrode recording")
    last.set_ylabel("seconds of `sort`")
    last.set_xlim(left=0)
    last.set_ylim(bottom=0)
    figure.savefig(path, metadata={"Date": None})

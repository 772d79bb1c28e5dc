"""Importing this package registers the sorter "spikesort" with SpikeInterface."""

from spikeinterface.sorters import sorterlist

from .sorter import SpikesortSorter

__all__ = ["SpikesortSorter"]


def _register() -> None:
    """Adds the sorter to SpikeInterface's lists, once."""
    if SpikesortSorter.sorter_name not in sorterlist.sorter_dict:
        sorterlist.sorter_full_list.append(SpikesortSorter)
        sorterlist.sorter_dict[SpikesortSorter.sorter_name] = SpikesortSorter


_register()

// One import for everything that sorting takes: recordings in, judged units out, and what is done with them.
@_exported public import Curation
@_exported public import MixtureModels
@_exported public import Recordings
@_exported public import Report
@_exported public import SortingFormats
@_exported public import SpikeDetection
@_exported public import SpikeFiles
@_exported public import SpikeSorting
@_exported public import SpikeTrains

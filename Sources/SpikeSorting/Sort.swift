public import LinearAlgebra
public import Recordings
public import SpikeFiles

/// Sorts a recording: raw voltage in, judged units out; `Sorter` with its own stages.
public func sort(
  _ recording: any Recording, options: SortingOptions = SortingOptions(), checksum: String? = nil,
  threads: Int = Parallel.defaultThreads, progress: @escaping (String, Double) -> Void = { _, _ in }
) throws -> SortingRun {
  try Sorter(options, threads: threads).sort(recording, checksum: checksum, progress: progress)
}

/// Sorts spikes that another program detected; `Sorter` with its own stages.
public func sort(
  _ events: SpikeEvents, options: SortingOptions = SortingOptions(),
  threads: Int = Parallel.defaultThreads, progress: @escaping (String, Double) -> Void = { _, _ in }
) throws -> SortingRun {
  try Sorter(options, threads: threads).sort(events, progress: progress)
}

/// Sorts spikes of which there are features; `Sorter` with its own stages.
public func cluster(
  _ input: FeatureInput, options: SortingOptions, threads: Int = Parallel.defaultThreads,
  progress: @escaping (String, Double) -> Void = { _, _ in }
) throws -> SortingRun {
  try Sorter(options, threads: threads).sort(input, progress: progress)
}

internal import Foundation
internal import LinearAlgebra
public import Recordings
internal import SpikeDetection
public import SpikeFiles

/// Sorts groups of channels (tetrodes, shanks) side by side, each by itself, as many at once as memory has room for.
public struct GroupSorter: Sendable {
  /// Sorts each group; its threads are shared out among the groups under way.
  public var sorter: Sorter
  /// The bytes that all groups under way may need together; where they do not hold one group, one is sorted at a time.
  public var memoryBudget: Double

  /// What a second of a group's channel may need, in bytes: 200 spikes of 40 samples, held two and a half times.
  private static let bytesPerChannelSecond = 200 * 40 * 4 * 2.5
  /// More groups than this are never under way.
  private static let mostAtOnce = 1000.0

  /// A sorter of groups.
  ///
  /// - Parameter memoryBudget: in bytes; nil for half of the machine's memory.
  public init(_ sorter: Sorter = Sorter(), memoryBudget: Double? = nil) {
    self.sorter = sorter
    self.memoryBudget = memoryBudget ?? 0.5 * Double(ProcessInfo.processInfo.physicalMemory)
  }

  /// A group whose turn it is.
  public struct Turn: Sendable {
    /// The group's place among all.
    public let place: Int
    /// The threads it may use.
    public let threads: Int
    fileprivate let run: @Sendable () throws -> SortingRun

    /// Sorts the group.
    ///
    /// - Throws: `SortingError`, `RecordingError`, `SpikeDetectionError`.
    public func sort() throws -> SortingRun { try run() }
  }

  /// Sorts the groups that a recording has.
  ///
  /// - Returns: a group's sorting, or why it could not be sorted, in the order of `channelGroups()`.
  /// - Throws: `RecordingError` where the files cannot be read.
  public func sort(_ recording: any Recording) throws -> [Result<SortingRun, any Error>] {
    try map(recording.channelGroups(), of: recording) { turn in Result { try turn.sort() } }
  }

  /// Does something with the sorting of every group of channels.
  ///
  /// - Parameters:
  ///   - groups: channels that see the same neurons, as the recording numbers them; the groups' results do so too.
  ///   - body: sorts a group by its turn, on any thread. What it does not return is gone before the next group is sorted.
  /// - Returns: what `body` returned, in the order of the groups.
  /// - Throws: `RecordingError` where the files cannot be read.
  public func map<Kept: Sendable>(
    _ groups: [[Int]], of recording: any Recording, _ body: @Sendable (Turn) -> Kept
  ) throws -> [Kept] {
    let need = recording.seconds * Double(groups.map(\.count).max() ?? 1) * Self.bytesPerChannelSecond
    let checksum = try inputChecksum(of: recording.files)
    let fitting = memoryBudget / max(need, 1)
    // One at least; also where the budget is negative or not a number.
    let atOnce = fitting >= 1 ? Int(min(fitting, Self.mostAtOnce)) : 1
    return map(count: groups.count, atOnce: atOnce, body) { place, sorter in
      // Channels of other groups are left out of the whole, so that channels and files keep their own numbers and names.
      var own = sorter
      own.options.excludedChannels = (0..<recording.channelCount).filter { !groups[place].contains($0) }
      if own.options.reference == .others {
        own.options.referenceChannels = groups.indices.filter { $0 != place }.flatMap { groups[$0] }.sorted()
      }
      return try own.sort(recording, checksum: checksum)
    }
  }

  /// Does something with the sorting of every group of spikes that another program detected.
  public func map<Kept: Sendable>(
    _ groups: [SpikeEvents], _ body: @Sendable (Turn) -> Kept
  ) -> [Kept] {
    map(count: groups.count, atOnce: sorter.threads, body) { place, sorter in
      try sorter.sort(groups[place])
    }
  }

  private func map<Kept: Sendable>(
    count: Int, atOnce: Int, _ body: @Sendable (Turn) -> Kept,
    sort: @escaping @Sendable (Int, Sorter) throws -> SortingRun
  ) -> [Kept] {
    let width = max(1, min(atOnce, sorter.threads, count))
    var own = sorter
    own.threads = max(1, sorter.threads / width)
    return Parallel.map(count: count, threads: width) { [own] (place: Int) -> Kept in
      body(Turn(place: place, threads: own.threads) { try sort(place, own) })
    }
  }
}

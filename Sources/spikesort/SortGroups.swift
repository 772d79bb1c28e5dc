import Foundation
import LinearAlgebra
import Recordings
import Report
import SortingFormats
import SpikeFiles
import SpikeSorting
import SpikeTrains
import Synchronization

/// Channels of a recording that see the same neurons.
struct ChannelGroup: Sendable {
  var name: String
  var channels: [Int]
}

/// What became of several groups.
struct SortedGroups {
  var result: GroupedResult
  /// The units of every group, none where it failed.
  var units: [[Sorting.Unit]]
  /// What the groups that were sorted took.
  var answers: [SortAnswer]
}

/// Sorts several groups of channels into one folder, side by side; a group that cannot be sorted does not lose the
/// others. Where reading or writing fails, all of it does.
struct SortGroups {
  var threads: Int
  var progress: ProgressLine

  /// Groups are sorted side by side while what they may need stays below this share of the machine's memory.
  private static let memoryShare = 0.5
  /// What a second of a group's channel may need, in bytes: 200 spikes of 40 samples, held two and a half times.
  private static let bytesPerChannelSecond = 200 * 40 * 4 * 2.5

  /// Sorts groups of a recording's channels into folders inside `place`.
  ///
  /// - Throws: what the first group threw where none could be sorted.
  func write(
    _ groups: [ChannelGroup], of recording: any Recording, opened: Sorting.Opened, in place: URL,
    options: SortingOptions
  ) throws -> SortedGroups {
    let largest = groups.map(\.channels.count).max() ?? 1
    let need = recording.seconds * Double(largest) * Self.bytesPerChannelSecond
    let checksum = try inputChecksum(of: recording.files)
    let budget = Self.memoryShare * Double(ProcessInfo.processInfo.physicalMemory)
    // What is said of the whole recording is said once.
    for notice in recording.notices { Console.note("warning: \(notice)") }
    let atOnce = max(1, Int(min(budget / max(need, 1), 1000)))
    return try write(groups.map(\.name), in: place, atOnce: atOnce, told: recording.notices) { i, threads in
      // Channels of other groups are left out of the whole, so that channels and files keep their own numbers and names.
      var own = options
      own.excludedChannels = (0..<recording.channelCount).filter { !groups[i].channels.contains($0) }
      var run = try sort(recording, options: own, checksum: checksum, threads: threads)
      run.sorting.source.opened = opened
      return run
    }
  }

  /// Sorts groups of detected spikes into folders inside `place`.
  ///
  /// - Throws: what the first group threw where none could be sorted.
  func write(_ groups: [SpikeEvents], in place: URL, options: SortingOptions) throws -> SortedGroups {
    try write(groups.map(\.name), in: place, atOnce: threads) { i, threads in
      try sort(groups[i], options: options, threads: threads)
    }
  }

  /// Sorts every group into a folder of its own inside `place` and writes the page that lists them.
  ///
  /// - Parameters:
  ///   - atOnce: groups that memory has room for.
  ///   - told: warnings that were given before.
  ///   - sort: sorts the group of a place in `names` with so many threads.
  private func write(
    _ names: [String], in place: URL, atOnce: Int, told: [String] = [],
    sort: @Sendable (Int, Int) throws -> SortingRun
  ) throws -> SortedGroups {
    let folders = GroupedResult.folderNames(names)
    let width = max(1, min(atOnce, threads, names.count))
    let done = Mutex(0)
    let hasFailed = Mutex(false)
    progress.show("Sorting \(names.count) groups", 0)
    let outcomes = Parallel.map(count: names.count, threads: width) { (i: Int) -> Outcome in
      let outcome = Outcome {
        let inside = place.appendingPathComponent(folders[i])
        do {
          if hasFailed.withLock({ $0 }) { throw CancellationError() }
          try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: false)
          let own = max(1, threads / width)
          let run = try FinishedRun.make(
            in: inside, threads: own, progress: ProgressLine(quiet: true), of: names[i], told: told
          ) { try sort(i, own) }
          return Outcome.Parts(run, group: names[i])
        } catch {
          try? FileManager.default.removeItem(at: inside)
          if ExitStatus.code(for: error) == ExitStatus.inputOutput { hasFailed.withLock { $0 = true } }
          throw error
        }
      }
      let count = done.withLock { count in
        count += 1
        return count
      }
      progress.show("Sorting \(names.count) groups", Double(count) / Double(names.count))
      return outcome
    }
    return try gather(outcomes, names: names, folders: folders, in: ResultFolder(place))
  }

  private func gather(
    _ outcomes: [Outcome], names: [String], folders: [String], in folder: ResultFolder
  ) throws -> SortedGroups {
    // A disk that is full or breaks is no fault of one group's channels.
    if let error = outcomes.compactMap(\.error).first(where: {
      ExitStatus.code(for: $0) == ExitStatus.inputOutput
    }) {
      throw error
    }
    if outcomes.allSatisfy({ $0.parts == nil }), let error = outcomes.first?.error { throw error }
    let groups = outcomes.enumerated().map { i, outcome -> GroupedResult.Group in
      guard let parts = outcome.parts else {
        let sentence = outcome.error.map { ExitStatus.sentence(for: $0) } ?? ""
        Console.note("warning: \(names[i]) is left out: \(sentence)")
        return .init(
          name: names[i], folder: folders[i], spikes: nil, units: [:], failure: sentence,
          code: outcome.error.flatMap { ExitStatus.code(for: $0) } ?? ExitStatus.ourFault)
      }
      let verdicts = parts.units.reduce(into: [UnitVerdict: Int]()) { $0[$1.verdict, default: 0] += 1 }
      return .init(name: names[i], folder: folders[i], spikes: parts.answer.spikes, units: verdicts)
    }
    let sorted = SortedGroups(
      result: GroupedResult(groups: groups), units: outcomes.map { $0.parts?.units ?? [] },
      answers: outcomes.compactMap { $0.parts?.answer })
    try folder.write(
      sorted.result, units: sorted.units,
      spikes: outcomes.map { $0.parts?.spikes ?? LabelledTimes(frames: [], labels: []) })
    try GroupsReport(sorted.result, units: sorted.units).write(to: folder)
    return sorted
  }

  /// What became of one group.
  private struct Outcome: Sendable {
    /// What is kept of a sorted group.
    struct Parts: Sendable {
      var units: [Sorting.Unit]
      var spikes: LabelledTimes?
      var answer: SortAnswer

      init(_ run: FinishedRun, group: String) {
        units = run.sorting.units
        spikes = run.sorting.spikes.frames.map { LabelledTimes(frames: $0, labels: run.sorting.spikes.units) }
        answer = SortAnswer(run, group: group)
      }
    }

    var parts: Parts?
    var error: (any Error)?

    init(_ work: () throws -> Parts) {
      do { parts = try work() } catch { self.error = error }
    }
  }
}

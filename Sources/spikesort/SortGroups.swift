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

  /// Sorts groups of a recording's channels into folders inside `place`.
  ///
  /// - Throws: what the first group threw where none could be sorted.
  func write(
    _ groups: [ChannelGroup], of recording: any Recording, opened: Sorting.Opened, in place: URL,
    options: SortingOptions
  ) throws -> SortedGroups {
    // What is said of the whole recording is said once.
    for notice in recording.notices { Console.note("warning: \(notice)") }
    let sorter = GroupSorter(Sorter(options, threads: threads))
    return try write(groups.map(\.name), in: place, opened: opened, told: recording.notices) { body in
      try sorter.map(groups.map(\.channels), of: recording, body)
    }
  }

  /// Sorts groups of detected spikes into folders inside `place`.
  ///
  /// - Throws: what the first group threw where none could be sorted.
  func write(_ groups: [SpikeEvents], in place: URL, options: SortingOptions) throws -> SortedGroups {
    let sorter = GroupSorter(Sorter(options, threads: threads))
    return try write(groups.map(\.name), in: place) { body in sorter.map(groups, body) }
  }

  /// Sorts every group into a folder of its own inside `place` and writes the page that lists them.
  ///
  /// - Parameters:
  ///   - opened: what was opened to be sorted.
  ///   - told: warnings that were given before.
  ///   - sortAll: gives every group its turn.
  private func write(
    _ names: [String], in place: URL, opened: Sorting.Opened? = nil, told: [String] = [],
    _ sortAll: (@Sendable (GroupSorter.Turn) -> Outcome) throws -> [Outcome]
  ) throws -> SortedGroups {
    let folders = GroupedResult.folderNames(names)
    let done = Mutex(0)
    let hasFailed = Mutex(false)
    progress.show("Sorting \(names.count) groups", 0)
    let outcomes = try sortAll { [progress] turn in
      let outcome = Outcome {
        let inside = place.appendingPathComponent(folders[turn.place])
        do {
          if hasFailed.withLock({ $0 }) { throw CancellationError() }
          try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: false)
          let run = try FinishedRun.make(
            in: inside, threads: turn.threads, progress: ProgressLine(quiet: true), of: names[turn.place],
            told: told
          ) {
            var run = try turn.sort()
            if let opened { run.sorting.source.opened = opened }
            return run
          }
          return Outcome.Parts(run, group: names[turn.place])
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

internal import Foundation
public import SortingFormats
internal import SpikeSorting
internal import SpikeTrains

/// Decisions made on one sorting of a recording, carried over to another.
///
/// Spikes are matched in time (±0.4 ms, each once), and units by the spikes they share. Where a person parted spikes
/// that the other sorting holds in one unit, that unit is parted; where a person joined what it holds in several,
/// these are joined; labels, notes and rejections follow the unit that shares at least half of the spikes.
public struct DecisionReplay: Sendable {
  /// What became of the decisions, a sentence each.
  public struct Report: Sendable {
    /// What was done.
    public var carried: [String] = []
    /// What the other sorting says by itself.
    public var unneeded: [String] = []
    /// What has no counterpart.
    public var lost: [String] = []
  }

  /// The share of both units' spikes that counterparts have in common at least.
  static let counterpartAgreement = 0.5
  /// The share of a unit that must lie in a joined unit to be joined with the rest of it.
  static let memberShare = 0.5
  /// The least share of a unit here that another unit there holds to be parted from it with a person's part.
  static let partShare = 0.1

  private let sourceState: CurationState
  private let sourceSpikes: Int
  /// For every spike of the destination the matching one of the source; −1 for none.
  private let match: [Int32]
  private let base: CurationBase
  private var state: CurationState
  private var journal: Journal
  private var report = Report()

  /// Carries the decisions of `source` over to `destination`, whose journal gets them.
  ///
  /// - Throws: `ResultError`, `CurationError`.
  public static func carry(from source: ResultFolder, to destination: ResultFolder) throws -> Report {
    var replay = try DecisionReplay(source, destination)
    try replay.partUnits()
    try replay.joinUnits()
    try replay.carryWords()
    return replay.report
  }

  private init(_ source: ResultFolder, _ destination: ResultFolder) throws {
    guard source.isCurated else {
      throw CurationError.impossible(
        "\(source.url.path) holds no \(ResultFolder.journalName): nothing was decided")
    }
    let other = try CurationBase(source)
    base = try CurationBase(destination)
    guard let theirs = other.sorting.spikes.frames, let mine = base.sorting.spikes.frames,
      let rate = base.sorting.source.samplingRate, rate == other.sorting.source.samplingRate
    else {
      throw CurationError.impossible(
        "the two results have no spike times at one sampling rate, by which decisions are carried over")
    }
    let decided = try Journal(in: source.url, sorting: other.checksum, setsAside: false)
    sourceState = try CurationState(other.sorting).replaying(decided)
    sourceSpikes = theirs.count
    match = Self.matches(mine, theirs, within: Int(0.4e-3 * rate))
    journal = try Journal(in: destination.url, sorting: base.checksum, setsAside: true)
    try base.checkUnchanged()
    state = try CurationState(base.sorting).replaying(journal)
  }

  /// For every time the nearest other one within a distance, no other one twice; −1 for none. Both ascend.
  static func matches(_ times: [Int], _ others: [Int], within distance: Int) -> [Int32] {
    var result = [Int32](repeating: -1, count: times.count)
    var owner = [Int32](repeating: -1, count: others.count)
    var start = 0
    for (n, time) in times.enumerated() {
      while start < others.count, others[start] < time - distance { start += 1 }
      var best: (place: Int, gap: Int)?
      var place = start
      while place < others.count, others[place] <= time + distance {
        let gap = abs(others[place] - time)
        let taken = owner[place] >= 0 ? abs(others[place] - times[Int(owner[place])]) : Int.max
        if gap < taken, gap < best?.gap ?? Int.max { best = (place, gap) }
        place += 1
      }
      guard let best else { continue }
      if owner[best.place] >= 0 { result[Int(owner[best.place])] = -1 }
      owner[best.place] = Int32(n)
      result[n] = Int32(best.place)
    }
    return result
  }

  // MARK: Overlaps

  /// The spikes that units here (first) and there (second) share.
  private func overlaps() -> [Int: [Int: Int]] {
    let theirs = sourceState.unitOfSpike(count: sourceSpikes)
    var shared: [Int: [Int: Int]] = [:]
    for (id, unit) in state.units {
      for spike in unit.spikes where match[Int(spike)] >= 0 {
        shared[id, default: [:]][Int(theirs[Int(match[Int(spike)])]), default: 0] += 1
      }
    }
    return shared
  }

  private func size(_ unit: Int) -> Int { state.units[unit]?.spikes.count ?? 0 }
  private func sourceSize(_ unit: Int) -> Int { sourceState.units[unit]?.spikes.count ?? 0 }

  /// The unit here that agrees best with one there: its share of all spikes of both.
  private func counterpart(_ theirs: Int, _ shared: [Int: [Int: Int]]) -> (unit: Int, agreement: Double)? {
    state.ids.map { mine -> (unit: Int, agreement: Double) in
      let both = shared[mine]?[theirs] ?? 0
      return (mine, Double(both) / Double(max(size(mine) + sourceSize(theirs) - both, 1)))
    }.max { ($0.agreement, $1.unit) < ($1.agreement, $0.unit) }
  }

  private mutating func act(_ action: CurationAction, _ sentence: String) throws {
    var next = state
    try next.apply(action)
    try journal.append(action, at: journal.history.revision)
    state = next
    report.carried.append(sentence)
  }

  private func list(_ ids: [Int]) -> String { ids.map(String.init).joined(separator: ", ") }

  // MARK: Steps

  /// Parts units here that hold what was parted there.
  private mutating func partUnits() throws {
    let shared = overlaps()
    let theirs = sourceState.unitOfSpike(count: sourceSpikes)
    for id in state.ids {
      guard let unit = state.units[id] else { continue }
      let inside = (shared[id] ?? [:]).filter { other, count in
        // A person's part counts however small it is.
        let isPart = sourceState.units[other]?.origin == .split
        return Double(count) >= Self.memberShare * Double(sourceSize(other))
          && (isPart || Double(count) >= Self.partShare * Double(unit.spikes.count))
      }
      let parted = inside.keys.filter { sourceState.units[$0]?.origin == .split }.sorted()
      guard inside.count > 1, !parted.isEmpty else { continue }
      // What matches none of them stays with the largest.
      let largest = inside.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
      let parts = inside.keys.filter { $0 != largest }.sorted().map { other in
        unit.spikes.filter { match[Int($0)] >= 0 && Int(theirs[Int(match[Int($0)])]) == other }
      }
      let action = try state.split(
        [id], parts: parts, method: .replay, nextID: max(state.nextID, journal.history.nextID))
      try act(
        action, "unit \(id) was split into \(list(action.newUnits)), as units \(list(inside.keys.sorted()))")
    }
  }

  /// Joins units here that were one there.
  private mutating func joinUnits() throws {
    for other in sourceState.ids {
      guard sourceState.units[other]?.origin == .merge else { continue }
      let shared = overlaps()
      let members = state.ids.filter { mine in
        let both = Double(shared[mine]?[other] ?? 0)
        return both >= Self.memberShare * Double(max(size(mine), 1))
      }
      if members.count > 1 {
        let into = max(state.nextID, journal.history.nextID)
        try act(
          .merge(units: members, into: into, accepted: false),
          "units \(list(members)) were merged into \(into), as unit \(other)")
      } else if let found = counterpart(other, shared), found.agreement >= Self.counterpartAgreement {
        report.unneeded.append("unit \(other), merged there, is unit \(found.unit) as sorted")
      } else {
        report.lost.append("the merged unit \(other): \(nearest(other, shared))")
      }
    }
  }

  /// Carries labels, notes and rejections, and says which parted units have no counterpart.
  private mutating func carryWords() throws {
    let shared = overlaps()
    var counterparts: [Int: Int] = [:]
    for other in sourceState.ids {
      guard let unit = sourceState.units[other] else { continue }
      guard let found = counterpart(other, shared), found.agreement >= Self.counterpartAgreement else {
        var said: [String] = []
        if unit.origin == .split || unit.origin == .importPhy { said.append("the parted unit \(other)") }
        if let label = unit.label { said.append("the label \(label.rawValue) of unit \(other)") }
        if !unit.note.isEmpty { said.append("the note on unit \(other)") }
        if !said.isEmpty { report.lost.append("\(said.joined(separator: ", ")): \(nearest(other, shared))") }
        continue
      }
      counterparts[other] = found.unit
      if let label = unit.label, state.units[found.unit]?.label != label {
        try act(
          .label(units: [found.unit], label: label),
          "unit \(found.unit) was labelled \(label.rawValue), as unit \(other)")
      }
      if !unit.note.isEmpty, state.units[found.unit]?.note != unit.note {
        try act(
          .note(units: [found.unit], text: unit.note), "unit \(found.unit) got the note on unit \(other)")
      }
    }
    for pair in sourceState.rejected.sorted(by: { ($0.first, $0.second) < ($1.first, $1.second) }) {
      if let first = counterparts[pair.first], let second = counterparts[pair.second], first != second {
        guard !state.rejected.contains(CurationState.Pair(first, second)) else { continue }
        try act(
          .reject(first, second),
          "units \(first) and \(second) are not to be merged, as units \(pair.first) and \(pair.second)")
      } else {
        report.lost.append(
          "the rejected merge of \(pair.first) and \(pair.second): not both have a counterpart")
      }
    }
  }

  private func nearest(_ other: Int, _ shared: [Int: [Int: Int]]) -> String {
    guard let found = counterpart(other, shared), found.agreement > 0 else {
      return "no unit shares spikes with it"
    }
    let percent = Int((found.agreement * 100).rounded())
    return "no unit shares half of the spikes with it (at best unit \(found.unit), \(percent) %)"
  }
}

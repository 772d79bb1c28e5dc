internal import LinearAlgebra
public import SortingFormats
public import SpikeSorting
public import SpikeTrains

/// A result with its journal, open for looking and deciding.
///
/// What it shows is the sorting with the journal replayed; other programs' decisions are taken in before every
/// answer. Numbers of units are computed once, as identifiers are never used twice.
public actor CurationSession {
  /// The sorting it starts from.
  public nonisolated let base: CurationBase
  /// Whether nothing may be decided.
  public nonisolated let isReadOnly: Bool
  /// How new units are measured.
  public nonisolated let measures: UnitMeasures
  /// What the user should know of the journal as it was opened.
  public nonisolated let noticesAtOpening: [String]
  private let start: CurationState
  private var journal: Journal
  /// The states after the last decisions in force, the present one last. Undo goes back to them instead of replaying
  /// everything; they share the spikes of all units that did not change.
  private var recent: [CurationState]
  private var units: [Int: Sorting.Unit] = [:]
  private var pairs: [CurationState.Pair: Sorting.Pair] = [:]

  /// Opens a result.
  ///
  /// - Throws: `ResultError`, `CurationError.badJournal`.
  public init(_ folder: ResultFolder, readOnly: Bool) throws {
    base = try CurationBase(folder)
    isReadOnly = readOnly
    measures = try UnitMeasures(base)
    start = CurationState(base.sorting)
    journal = try Journal(in: folder.url, sorting: base.checksum, setsAside: !readOnly)
    noticesAtOpening = journal.notices
    recent = try Self.replayed(start, journal)
  }

  private static let mostRecent = 64

  private static func replayed(
    _ start: CurationState, _ journal: Journal
  ) throws(CurationError) -> [CurationState] {
    var states = [start]
    _ = try start.replaying(journal) { states = states.suffix(mostRecent - 1) + [$0] }
    return states
  }

  private var current: CurationState { recent.last ?? start }

  /// Goes on to a state.
  private func show(_ state: CurationState) { recent = recent.suffix(Self.mostRecent - 1) + [state] }

  /// Takes in what others did.
  ///
  /// - Throws: `CurationError.badJournal`.
  public func refresh() throws {
    try base.checkUnchanged()
    if try journal.refresh() { recent = try Self.replayed(start, journal) }
  }

  // MARK: What is shown

  /// The number of the last action.
  public var revision: Int { journal.history.revision }
  /// What was done.
  public var history: CurationHistory { journal.history }
  /// What the user should know of the journal.
  public var notices: [String] { journal.notices }
  /// The units as curated.
  public var state: CurationState { current }

  /// What was edited in Phy and not yet taken over or refused by an undo; nil where nothing was.
  public func phyEdits() -> PhyEdits? {
    guard let edits = try? PhyEdits(base, state: current) else { return nil }
    let isKnown = journal.history.actions.contains {
      if case .importPhy(_, _, _, _, let files) = $0 { files == edits.files } else { false }
    }
    return isKnown ? nil : edits
  }

  /// A unit as curated, with its numbers.
  public struct Row: Sendable {
    /// What people said.
    public let curated: CurationState.Unit
    /// What was measured.
    public let measured: Sorting.Unit
  }

  /// Units with their numbers; those not yet known are measured side by side.
  private func rows(_ shown: [CurationState.Unit]) -> [Row] {
    let missing = shown.filter { units[$0.id] == nil }
    let found = Parallel.map(count: missing.count) { (i: Int) -> Sorting.Unit in
      measures.measured(missing[i])
    }
    for unit in found { units[unit.id] = unit }
    return shown.compactMap { unit in units[unit.id].map { Row(curated: unit, measured: $0) } }
  }

  /// All units with their numbers, by identifier, and the history that led there.
  public func snapshot() -> (history: CurationHistory, units: [Row]) {
    (journal.history, rows(current.ids.compactMap { current.units[$0] }))
  }

  /// Some units.
  ///
  /// - Throws: `CurationError.impossible` where one is unknown.
  public func units(_ ids: [Int]) throws(CurationError) -> [CurationState.Unit] { try current.known(ids) }

  /// The unit of every spike, and the revision that says so.
  public func labels() -> (revision: Int, units: [Int32]) {
    (journal.history.revision, current.unitOfSpike(count: base.sorting.spikes.count))
  }

  /// All pairs of units, those rejected, and the revision that says so.
  public func pairSnapshot() -> (revision: Int, pairs: [Sorting.Pair], rejected: Set<CurationState.Pair>) {
    (journal.history.revision, measuredPairs(), current.rejected)
  }

  private func measuredPairs() -> [Sorting.Pair] {
    let shown = current.ids.compactMap { current.units[$0] }
    let wanted = shown.indices.flatMap { a in (a + 1..<shown.count).map { (shown[a], shown[$0]) } }
    let missing = wanted.filter { pairs[CurationState.Pair($0.0.id, $0.1.id)] == nil }
    for (pair, found) in zip(missing, measures.measured(missing)) {
      pairs[CurationState.Pair(pair.0.id, pair.1.id)] = found
    }
    return wanted.compactMap { pairs[CurationState.Pair($0.0.id, $0.1.id)] }
  }

  /// All correlograms of some units.
  ///
  /// - Throws: `CurationError.impossible` where a unit is unknown or no times are known.
  public func correlograms(
    of ids: [Int], binMilliseconds: Double, binsPerSide: Int
  ) throws(CurationError) -> Correlograms {
    let shown = try current.known(ids)
    guard let frames = base.sorting.spikes.frames, let rate = base.sorting.source.samplingRate else {
      throw .impossible("no spike times are known")
    }
    var place = [Int16](repeating: -1, count: frames.count)
    for (n, unit) in shown.enumerated() { for spike in unit.spikes { place[Int(spike)] = Int16(n) } }
    var (times, owners): ([Int], [Int]) = ([], [])
    for n in place.indices where place[n] >= 0 {
      times.append(frames[n])
      owners.append(Int(place[n]))
    }
    return Correlograms(
      times: base.sorting.source.gaps.apart(times), units: owners, unitCount: shown.count, samplingRate: rate,
      binMilliseconds: binMilliseconds, binsPerSide: binsPerSide)
  }

  // MARK: Deciding

  /// What an action changed.
  public struct Outcome: Sendable {
    /// The revision it made.
    public let revision: Int
    /// Units that are gone.
    public let removed: [Int]
    /// Units that are new, are back, or have another label or note.
    public let changed: [Row]
    /// What undo would take back.
    public let undo: String?
    /// What redo would bring back.
    public let redo: String?
  }

  /// Carries out a request and returns when it is on disk.
  ///
  /// - Parameter revision: the one the asker saw.
  /// - Throws: `CurationError`; nothing is done then.
  public func perform(_ request: CurationRequest, at revision: Int) throws -> Outcome {
    guard !isReadOnly else { throw CurationError.readOnly }
    try refresh()
    guard revision == journal.history.revision else {
      throw CurationError.stale(revision: journal.history.revision)
    }
    let before = current
    let planner = ActionPlanner(
      measures: measures, state: current, nextID: max(current.nextID, journal.history.nextID))
    let action = try planner.action(for: request)
    var next = journal
    switch action {
    case .undo where recent.count > 1:
      try next.append(action, at: revision)
      journal = next
      recent.removeLast()
    case .undo:
      try next.append(action, at: revision)
      journal = next
      recent = try Self.replayed(start, journal)
    case .redo:
      var state = current
      for place in journal.history.undone.suffix(1) { try state.apply(journal.history.entries[place].action) }
      try next.append(action, at: revision)
      journal = next
      show(state)
    default:
      var state = current
      try state.apply(action)
      try next.append(action, at: revision)
      journal = next
      show(state)
    }
    let removed = before.ids.filter { current.units[$0] == nil }
    let changed = current.ids.compactMap { current.units[$0] }.filter { unit in
      guard let old = before.units[unit.id] else { return true }
      return old.label != unit.label || old.note != unit.note
    }
    return Outcome(
      revision: journal.history.revision, removed: removed, changed: rows(changed),
      undo: journal.history.undoSummary, redo: journal.history.redoSummary)
  }
}

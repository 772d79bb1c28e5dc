internal import Foundation
public import SortingFormats
public import SpikeSorting
internal import SpikeTrains

/// A result as it is to be used: with its journal replayed where it has one.
public struct CuratedResult: Sendable {
  /// The sorting: curated where `decisions` is above 0.
  public let sorting: Sorting
  /// How many decisions are in force.
  public let decisions: Int

  /// Reads a folder, its features with it; the journal is only read.
  ///
  /// - Throws: `ResultError`, `CurationError.badJournal`.
  public init(_ folder: ResultFolder) throws {
    guard folder.isCurated else {
      sorting = try folder.read()
      decisions = 0
      return
    }
    let base = try CurationBase(folder)
    let journal = try Journal(in: folder.url, sorting: base.checksum, setsAside: false)
    let state = try CurationState(base.sorting).replaying(journal)
    decisions = journal.history.applied.count
    var whole = base.sorting
    if decisions > 0 { whole = try UnitMeasures(base).curated(state, decisions: decisions) }
    whole.spikes.features = try folder.readAsSorted().spikes.features
    sorting = whole
  }
}

extension UnitMeasures {
  /// The sorting with units as a state has them; without features, as the base is.
  func curated(_ state: CurationState, decisions: Int) -> Sorting {
    var result = base.sorting
    let units = state.ids.compactMap { state.units[$0] }
    result.spikes.units = state.unitOfSpike(count: result.spikes.count).map(Int.init)
    result.units = withMetrics(
      units.map { $0.judged(measured($0)) }, of: units, unitOfSpike: result.spikes.units)
    let pairs = units.indices.flatMap { a in (a + 1..<units.count).map { (units[a], units[$0]) } }
    result.pairs = measured(pairs).map { pair in
      guard state.rejected.contains(CurationState.Pair(pair.first, pair.second)) else { return pair }
      var said = pair
      said.verdict = .different
      said.reasons = ["called two neurons by hand"] + pair.reasons
      return said
    }
    if let waveforms = result.waveforms { result.waveforms = curated(waveforms, units) }
    result.warnings.append(
      "curated by hand: \(decisions) decision\(decisions == 1 ? " of" : "s of") \(ResultFolder.journalName) "
        + (decisions == 1 ? "is applied" : "are applied"))
    return result
  }

  private func curated(_ waveforms: Sorting.Waveforms, _ units: [CurationState.Unit]) -> Sorting.Waveforms {
    var result = waveforms
    let known = units.map { waveform($0) }
    result.unitMeans = known.flatMap { $0.mean.map(Float.init) }
    result.unitDeviations = known.flatMap { $0.deviation.map(Float.init) }
    let place = Dictionary(
      waveforms.exampleSpikes.enumerated().map { (Int32($1), $0) }, uniquingKeysWith: { $1 })
    result.keepExamples(known.flatMap { $0.spikes.compactMap { place[$0] } })
    return result
  }
}

extension CurationState.Unit {
  /// The unit as people called it: their word is the verdict, what was measured stays among the reasons.
  func judged(_ measured: Sorting.Unit) -> Sorting.Unit {
    var unit = measured
    if let label {
      if label.verdict != measured.verdict {
        unit.reasons = ["measured: \(measured.verdict.words)"] + unit.reasons
      }
      unit.verdict = label.verdict
      unit.reasons = ["called \(label.rawValue) by hand"] + unit.reasons
    }
    if !note.isEmpty { unit.reasons.append("note: \(note)") }
    return unit
  }
}

extension CurationState {
  /// The state after all decisions of a journal that are in force; `passed` is told every state on the way.
  ///
  /// - Throws: `CurationError.badJournal` where one does not fit.
  func replaying(
    _ journal: Journal, passed: (CurationState) -> Void = { _ in }
  ) throws(CurationError) -> CurationState {
    var state = self
    for place in journal.history.applied {
      let entry = journal.history.entries[place]
      do {
        try state.apply(entry.action)
      } catch {
        throw .badJournal(path: journal.url.path, reason: "is damaged: revision \(entry.revision): \(error)")
      }
      passed(state)
    }
    return state
  }
}

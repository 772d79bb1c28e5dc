internal import LinearAlgebra
internal import MixtureModels
internal import SpikeSorting

/// What somebody asks for: an action before it is known what units it makes.
public enum CurationRequest: Sendable, Equatable {
  /// Units become one; `accepted` where it was suggested.
  case merge(units: [Int], accepted: Bool)
  /// Spikes of some units become a unit of their own.
  case split(units: [Int], spikes: [Int32])
  /// A mixture parts the spikes of some units anew.
  case splitMixture(units: [Int], components: Int)
  /// A person's word.
  case label(units: [Int], label: UnitLabel?)
  /// A note.
  case note(units: [Int], text: String)
  /// A suggestion that is not to be made again.
  case reject(Int, Int)
  /// What was changed in Phy's files.
  case importPhy
  /// Takes the last action back.
  case undo
  /// Brings it back.
  case redo

  /// The most parts a mixture splits into.
  public static let mostComponents = 20
}

/// Turns requests into actions on a state.
struct ActionPlanner {
  let base: CurationBase
  let state: CurationState
  /// The number of the next new unit.
  let nextID: Int

  /// The action that carries a request out.
  ///
  /// - Throws: `CurationError.impossible`; what reading the features throws.
  func action(for request: CurationRequest) throws -> CurationAction {
    switch request {
    case .merge(let units, let accepted): return .merge(units: units, into: nextID, accepted: accepted)
    case .split(let units, let spikes):
      let part = spikes.sorted()
      guard !part.isEmpty else { throw CurationError.impossible("no spike is selected") }
      return try split(units, parts: [part], method: .lasso)
    case .splitMixture(let units, let components): return try mixture(units, components: components)
    case .label(let units, let label): return .label(units: units, label: label)
    case .note(let units, let text): return .note(units: units, text: text)
    case .reject(let first, let second): return .reject(first, second)
    case .importPhy:
      guard let edits = try PhyEdits(base, state: state) else {
        throw CurationError.impossible("Phy's files say nothing else than what is shown")
      }
      return edits.action(nextID: nextID)
    case .undo: return .undo
    case .redo: return .redo
    }
  }

  /// A split, with numbers for the parts and for what remains of every unit.
  func split(
    _ ids: [Int], parts: [[Int32]], method: CurationAction.SplitMethod
  ) throws(CurationError) -> CurationAction {
    let taken = parts.reduce([], merged)
    let left = try state.known(ids).count { unit in
      let rest = without(unit.spikes, taken).count
      return rest > 0 && rest < unit.spikes.count
    }
    return .split(
      units: ids, parts: parts, into: (0..<parts.count + left).map { nextID + $0 }, method: method)
  }

  /// The most spikes a mixture is fitted to; all of them are then given to its components.
  private static let mostFitted = 4_000
  /// The most channels whose features it sees: those where the units are largest.
  private static let mostChannels = 4

  private func mixture(_ ids: [Int], components: Int) throws -> CurationAction {
    let spikes = try state.known(ids).map(\.spikes).reduce([], merged)
    guard (2...CurationRequest.mostComponents).contains(components) else {
      throw CurationError.impossible(
        "a mixture parts spikes into 2 to \(CurationRequest.mostComponents) components, not \(components)")
    }
    let rows = try base.features.rows(of: spikes, columns: columns(for: ids))
    guard rows.rows > 2 * components * (rows.columns + 1) else {
      throw CurationError.impossible("\(spikes.count) spikes are too few for \(components) components")
    }
    let step = max(1, (rows.rows + Self.mostFitted - 1) / Self.mostFitted)
    var options = MixtureOptions()
    options.degreesOfFreedom = 7
    options.starvationCount = Double(2 * rows.columns)
    let fitted = try MixtureData(rows.selecting(rows: stride(from: 0, to: rows.rows, by: step)))
    // The best of some starts, as one alone may end in a poor optimum.
    let fits = try (0..<2).map { try fitMixture(fitted, components: components, seed: $0, options: options) }
    guard let best = fits.min(by: { $0.bic < $1.bic }) else { return .undo }
    let labels = try best.mixture.labels(MixtureData(rows))
    var parts = [[Int32]](repeating: [], count: best.mixture.componentCount)
    for (spike, label) in zip(spikes, labels) { parts[label].append(spike) }
    parts = parts.filter { !$0.isEmpty }
    guard parts.count > 1 else {
      throw CurationError.impossible("the mixture finds one component only: nothing is parted")
    }
    return try split(ids, parts: parts, method: .mixture)
  }

  /// The features of the channels on which the units are largest.
  private func columns(for ids: [Int]) throws -> [Int] {
    let (channels, perChannel) = (base.features.channels, base.features.perChannel)
    guard channels > Self.mostChannels else { return Array(0..<channels * perChannel) }
    let measures = try UnitMeasures(base)
    let peaks = try state.known(ids).map { measures.measured($0).peakChannel }
    // Channels near the peaks on the probe.
    let positions = base.sorting.source.channelPositions
    func distance(_ channel: Int) -> Double {
      peaks.map { peak in
        zip(positions[channel], positions[peak]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }.min() ?? 0
    }
    let nearest = (0..<channels).sorted { (distance($0), $0) < (distance($1), $1) }
    return nearest.prefix(Self.mostChannels).sorted().flatMap { c in
      (0..<perChannel).map { c * perChannel + $0 }
    }
  }
}

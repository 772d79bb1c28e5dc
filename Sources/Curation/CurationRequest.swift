internal import LinearAlgebra
internal import MixtureModels
internal import SpikeSorting
public import SpikeTrains

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

extension CurationState {
  /// A split, with numbers from `nextID` on for the parts and for what remains of every unit.
  ///
  /// - Throws: `CurationError.impossible` where a unit is unknown.
  func split(
    _ ids: [Int], parts: [[Int32]], method: CurationAction.SplitMethod, nextID: Int
  ) throws(CurationError) -> CurationAction {
    let taken = parts.reduce([], merged)
    let left = try known(ids).count { unit in
      let rest = without(unit.spikes, taken).count
      return rest > 0 && rest < unit.spikes.count
    }
    return .split(
      units: ids, parts: parts, into: (0..<parts.count + left).map { nextID + $0 }, method: method)
  }
}

/// Turns requests into actions on a state.
struct ActionPlanner {
  let measures: UnitMeasures
  let state: CurationState
  /// The number of the next new unit.
  let nextID: Int

  private var base: CurationBase { measures.base }

  /// The action that carries a request out.
  ///
  /// - Throws: `CurationError.impossible`; what reading the features throws.
  func action(for request: CurationRequest) throws -> CurationAction {
    switch request {
    case .merge(let units, let accepted): return .merge(units: units, into: nextID, accepted: accepted)
    case .split(let units, let spikes):
      let part = spikes.sorted()
      guard !part.isEmpty else { throw CurationError.impossible("no spike is selected") }
      return try state.split(units, parts: [part], method: .lasso, nextID: nextID)
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

  /// The most spikes a mixture is fitted to; all of them are then given to its components.
  private static let mostFitted = 4_000
  /// The most spikes on which starts compete, and their seeds. So many fits and iterations end within what a person
  /// waits for without noticing; as starts that trail cost little, more of them reach better optima than a few long fits.
  private static let (mostTried, seeds) = (1_500, [0, 1, 2, 3])
  private static let (trialIterations, iterations) = (50, 60)
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
    let mixture = try fitted(to: rows, components: components)
    let labels = try mixture.labels(MixtureData(rows))
    var parts = [[Int32]](repeating: [], count: mixture.componentCount)
    for (spike, label) in zip(spikes, labels) { parts[label].append(spike) }
    parts = parts.filter { !$0.isEmpty }
    guard parts.count > 1 else {
      throw CurationError.impossible("the mixture finds one component only: nothing is parted")
    }
    return try state.split(ids, parts: parts, method: .mixture, nextID: nextID)
  }

  /// A mixture of t-components: the best of some starts on few spikes, then fitted to more of them. A start that kept
  /// as many components as were asked for goes before one that lost some.
  private func fitted(to rows: Matrix, components: Int) throws -> Mixture {
    func sample(_ most: Int) throws -> MixtureData {
      let step = max(1, (rows.rows + most - 1) / most)
      return try MixtureData(rows.selecting(rows: stride(from: 0, to: rows.rows, by: step)))
    }
    var options = MixtureOptions()
    options.degreesOfFreedom = 7
    options.starvationCount = Double(2 * rows.columns)
    options.maximumIterations = Self.trialIterations
    options.tolerance = .perPoint(1e-4)
    let trials = try selectMixture(
      sample(Self.mostTried), components: components...components, seeds: Self.seeds, options: options)
    let best =
      trials.fits[0].min {
        (-$0.mixture.componentCount, $0.bic) < (-$1.mixture.componentCount, $1.bic)
      } ?? trials.best
    options.maximumIterations = Self.iterations
    options.tolerance = .perPoint(1e-5)
    return try fitMixture(sample(Self.mostFitted), from: best.mixture, options: options).mixture
  }

  /// The features of the channels on which the units are largest.
  private func columns(for ids: [Int]) throws -> [Int] {
    let (channels, perChannel) = (base.features.channels, base.features.perChannel)
    guard channels > Self.mostChannels else { return Array(0..<channels * perChannel) }
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

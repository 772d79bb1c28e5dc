internal import Foundation
internal import LinearAlgebra

/// Gives every neuron a component of its own where one went over from a neuron that fell silent to another.
///
/// A component whose neuron is silent is free to go to the spikes of any other that begins to fire. Its path then makes a step
/// that no movement of the electrode explains. There it is cut; pieces that one movement explains are linked, of the same
/// component or of others; and components that came to stand for one neuron are merged, all in nats.
struct LifeSearch {
  let data: MixtureData
  let options: TrackingOptions
  let threads: Int

  /// Rounds of cuts and EM, at most.
  static let mostRounds = 3
  /// A piece's share at either end that does not say when its neuron was active: strangers in its tails.
  static let strayShare = 0.01

  /// A component between two cuts.
  struct Piece: Sendable, Equatable {
    let component: Int
    /// From cut to cut.
    let life: Range<Int>
    /// Those of them in which it has points.
    var frames: Range<Int>
  }

  /// Fewer points cannot be a component's.
  private var fewest: Double { Double(3 * data.dimensions) }

  /// The fit with components cut and linked, or as it was, and the jumps of the electrode.
  func run(_ fit: MixtureFit) throws -> (fit: MixtureFit, jumps: [ElectrodeJump]) {
    var current = fit
    var test = try movementTest(of: fit.mixture)
    for _ in 0..<Self.mostRounds {
      guard let lives = relived(current.mixture, test) else { break }
      let polished = try polishMixture(lives, data: data, options: options, threads: threads)
      current = try MergeSearch(data: data, options: options, threads: threads).run(polished)
      test = try movementTest(of: current.mixture)
    }
    return (current, test.describedJumps())
  }

  private func movementTest(of mixture: Mixture) throws -> MovementTest {
    let em = options.driftOptions(dimensions: data.dimensions, tracking: false)
    let step = Maximisation(options: em, data: data)
    let factored = FactoredMixture(mixture, options: .unmended, data: data)
    let moments = Engine(data: data, covariance: .full, threads: threads).moments(of: [factored])[0]
    return MovementTest(mixture, histories: ComponentHistories(moments, data: data), walk: step.walk)
  }

  /// The mixture whose components are chains of pieces; nil where every component is one piece and none is linked.
  private func relived(_ mixture: Mixture, _ test: MovementTest) -> Mixture? {
    let histories = test.histories
    let lives = Parallel.map(count: mixture.componentCount, threads: threads) { (k: Int) -> [Range<Int>] in
      cut(k, in: mixture.life(of: k), test)
    }
    let pieces = lives.indices.flatMap { k in
      lives[k].map { life in
        Piece(component: k, life: life, frames: histories.active(k, in: life, leavingOut: Self.strayShare))
      }
    }
    let chains = linked(pieces, test)
    guard chains.count != mixture.componentCount || chains.contains(where: { $0.count > 1 }) else {
      return nil
    }
    return assembled(chains, of: mixture, histories)
  }

  /// A component's life cut where its points step from one neuron to another.
  private func cut(_ k: Int, in life: Range<Int>, _ test: MovementTest) -> [Range<Int>] {
    let histories = test.histories
    let whole = histories.weight(of: k, in: life)
    guard whole >= 2 * fewest, life.count > 1 else { return [life] }
    // One weight more, and the choice among all frames and components.
    let price = 0.5 * log(whole) + log(Double(histories.componentCount * histories.frameCount))
    var best: (frame: Int, odds: Double)?
    for frame in life.dropFirst() {
      guard let before = histories.last(fewest, of: k, in: life.lowerBound..<frame),
        let after = histories.first(fewest, of: k, in: frame..<life.upperBound)
      else { continue }
      let odds = test.logOdds(before, after, isOnePath: true)
      if odds < best?.odds ?? -price { best = (frame, odds) }
    }
    guard let frame = best?.frame else { return [life] }
    return cut(k, in: life.lowerBound..<frame, test) + cut(k, in: frame..<life.upperBound, test)
  }

  /// Chains of pieces, each one neuron's: in order of time every piece goes on with the chain it most likely belongs to.
  private func linked(_ pieces: [Piece], _ test: MovementTest) -> [[Piece]] {
    var chains: [[Piece]] = []
    for piece in pieces.sorted(by: {
      ($0.frames.lowerBound, $0.component) < ($1.frames.lowerBound, $1.component)
    }) {
      var best: (chain: Int, odds: Double)?
      for (c, chain) in chains.enumerated() {
        guard let last = chain.last, isBefore(last, piece), let odds = logOdds(last, piece, test) else {
          continue
        }
        if odds > best?.odds ?? 0 { best = (c, odds) }
      }
      if let best { chains[best.chain].append(piece) } else { chains.append([piece]) }
    }
    return chains
  }

  /// The log of how much likelier two pieces are one neuron's than two neurons'; nil where one holds too few points.
  private func logOdds(_ a: Piece, _ b: Piece, _ test: MovementTest) -> Double? {
    guard let last = test.histories.last(fewest, of: a.component, in: a.frames),
      let first = test.histories.first(fewest, of: b.component, in: b.frames)
    else { return nil }
    let odds = test.logOdds(last, first)
    guard test.isJump(from: a.frames, to: b.frames) else { return odds }
    // That one ends and another begins just there would be two chances in as many as there are frames.
    return odds + 2 * log(Double(data.frameCount))
  }

  /// Whether one piece ends before another begins, and not where its component was cut from it.
  private func isBefore(_ a: Piece, _ b: Piece) -> Bool {
    let isCut = a.component == b.component && a.life.upperBound == b.life.lowerBound
    return !isCut && a.frames.upperBound <= b.frames.lowerBound + 1
  }

  /// A component for every chain, which stays where it was last seen while its neuron is silent.
  private func assembled(_ chains: [[Piece]], of mixture: Mixture, _ histories: ComponentHistories) -> Mixture
  {
    var result = Mixture(weights: [], locations: [], scales: [], degreesOfFreedom: mixture.degreesOfFreedom)
    for chain in chains {
      let weights = chain.map {
        max(histories.weight(of: $0.component, in: $0.frames), .leastNormalMagnitude)
      }
      let total = weights.reduce(0, +)
      var scale = Matrix(rows: data.dimensions, columns: data.dimensions)
      for (piece, weight) in zip(chain, weights) {
        scale = scale + mixture.scales[piece.component] * (weight / total)
      }
      result.weights.append(total)
      result.scales.append(scale)
      result.locations.append(path(along: chain, of: mixture, histories))
      result.lives.append((chain.first?.life.lowerBound ?? 0)..<(chain.last?.life.upperBound ?? 0))
    }
    result.renormalise()
    return result
  }

  /// The locations of a chain: its pieces' own, and between them the nearest place where points were.
  private func path(along chain: [Piece], of mixture: Mixture, _ histories: ComponentHistories) -> Matrix {
    var path = Matrix(rows: data.frameCount, columns: data.dimensions)
    for (i, piece) in chain.enumerated() {
      let ends = [
        histories.first(fewest, of: piece.component, in: piece.frames),
        histories.last(fewest, of: piece.component, in: piece.frames),
      ].map { $0?.mean }
      let low = i == 0 ? 0 : piece.frames.lowerBound
      let high = i + 1 < chain.count ? chain[i + 1].frames.lowerBound : data.frameCount
      for t in low..<max(low, high) {
        let held = t < piece.frames.lowerBound ? ends[0] : t >= piece.frames.upperBound ? ends[1] : nil
        let own = mixture.locations[piece.component]
        for j in 0..<data.dimensions {
          path[t, j] = held.map { $0[j] + data.centre[j] } ?? own[t, j]
        }
      }
    }
    return path
  }
}

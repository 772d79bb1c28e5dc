import Foundation
import LinearAlgebra
import MixtureModels
import SpikeDetection
import SpikeTrains

/// A component that is two: the directions it was looked at in and the two parts there.
struct ComponentSplit: Sendable {
  /// The component's spikes.
  let members: [Int]
  /// For every member, the probability of the second part.
  let second: [Double]
  /// The direction in whitened space from the first part's centre to the second's.
  let direction: [Double]
}

/// The limits of the search for components that are two units.
enum SplitLimits {
  /// Own principal components a component is looked at in.
  static let dimensions = 4
  /// Fewer spikes cannot be fitted by two parts, nor fewer by one.
  static let fewestSpikes = 60
  static let fewestOfPart = 30.0
  /// A component whose waveform stays below this many noise deviations is background: its parts are no units.
  static let leastPeak = 5.5
  /// Parts nearer to each other, in their common standard deviations, would swap one spike in fifteen.
  static let leastDistance = 3.0
  /// Of one neuron's spikes so many may be strangers where nothing collides.
  static let strangers = 0.05
  /// A compact part inside a wide one is a unit amid collisions: BIC gained a spike, the difference of their volumes
  /// and the smaller one's share. Where less is left of a component by what others explain better, none is looked for.
  static let heapGain = 1.5
  static let heapVolume = 8.0
  static let heapShare = 0.25
  /// What of the parting direction must be new to become an axis of its own.
  static let newAxis = 0.3
}

extension DriftingComponents {
  /// Every component that is two units, looked at in its own subspace.
  ///
  /// Two units of cosine 0.97 lie in one component of the mixture, because the recording's principal components do not
  /// show what parts them; the component's own do. It is two where its spikes have two modes, or where two places explain their
  /// shapes better than one; what the trains say is added in nats.
  /// - Returns: nil for components that stay whole.
  func splits(sign: Double, seed: Int, threads: Int) throws -> [ComponentSplit?] {
    try Parallel.map(count: count, threads: threads) { (k: Int) throws -> ComponentSplit? in
      try split(k, sign: sign, seed: seed)
    }
  }

  private func split(_ k: Int, sign: Double, seed: Int) throws -> ComponentSplit? {
    let members = members(k)
    let template = template(k)
    guard members.count >= SplitLimits.fewestSpikes,
      medianPeak(of: template, sign: sign) >= SplitLimits.leastPeak
    else { return nil }
    let residuals = residuals(Self.thinned(members, to: 3000), from: template)
    let whole = try PartedSpikes(residuals, seed: seed, degreesOfFreedom: mixture.degreesOfFreedom)
    if let fit = whole.apart {
      let parts = try parts(of: members, by: fit, along: whole.axes, template)
      if parts.smaller >= SplitLimits.fewestOfPart, !parts.keepOnePeriod,
        whole.modeNats + parts.trainNats > whole.priceOfPlace
          || whole.isUnitInHeap(smallerShare: parts.smaller / Double(members.count))
      {
        return parts.split
      }
    }
    // Sizes and times of one neuron's spikes vary in ways of their own: without them its spikes are alike.
    let shapes = try PartedSpikes(
      residuals.withoutRows(along: amplitudeAndTime(of: template)), seed: seed,
      degreesOfFreedom: mixture.degreesOfFreedom)
    guard let fit = shapes.alike, shapes.areTwoPlaces else { return nil }
    let parts = try parts(of: members, by: fit, along: shapes.axes, template)
    // Collisions lie in one place as well, if all are of the same neuron; it takes the trains to tell.
    let isTail = parts.smaller < parts.collisions * Double(members.count) && parts.trainNats <= 0
    guard parts.smaller >= SplitLimits.fewestOfPart, !isTail, !parts.keepOnePeriod,
      shapes.placeNats + parts.trainNats > shapes.priceOfPlace
    else { return nil }
    return parts.split
  }

  /// A component's spikes given to two parts.
  private struct Parts {
    let split: ComponentSplit
    /// The spikes of the smaller part.
    let smaller: Double
    /// What the trains say for two neurons, in nats.
    let trainNats: Double
    /// The share of the spikes that collide with others.
    let collisions: Double
    /// Whether the trains are one neuron's: nineteen to one.
    let keepOnePeriod: Bool
  }

  private func parts(
    of members: [Int], by fit: MixtureFit, along axes: Matrix, _ template: Matrix
  ) throws -> Parts {
    let along = (0..<steps.count).map { t in axes * Array(template.row(t)) }
    let points = space.projections(of: detected, spikes: members, along: axes, threads: 1) { n, p in
      along[steps.ofSpike[members[n]]][p]
    }
    let posterior = try fit.mixture.posterior(MixtureData(points), distances: .none, threads: 1)
    let labels = posterior.labels
    let trains = [0, 1].map { part in
      SpikeTrain(
        times: members.indices.filter { labels[$0] == part }.map { detected.frames[members[$0]] },
        frames: (detected.frames.last ?? 0) + 1, samplingRate: detected.samplingRate)
    }
    let test = CrossRefractoryTest(
      trains[0], trains[1], censoredMilliseconds: TemplateResolver.lockoutMilliseconds)
    let collisions = collisions(of: members)
    let strangers = max(collisions, SplitLimits.strangers)
    let means = fit.mixture.means
    let between = (0..<means.columns).map { means[1, $0] - means[0, $0] }
    let direction = Matrix.product(axes, Matrix(rows: [between]), transposeA: true, transposeB: true).storage
    return Parts(
      split: ComponentSplit(
        members: members, second: posterior.responsibilities.column(1), direction: direction),
      smaller: Double(min(trains[0].count, trains[1].count)),
      trainNats: test.natsOfTwoNeurons(expecting: test.mostExpected, strangers: strangers),
      collisions: collisions,
      keepOnePeriod: test.natsOfTwoNeurons(expecting: test.leastExpected, strangers: strangers) < -log(19))
  }

  /// The share of some spikes that have another's within a detector's lockout, from how many come shortly before and after.
  private func collisions(of members: [Int]) -> Double {
    let rate = detected.samplingRate
    let (near, far) = (Int(0.002 * rate), Int(0.020 * rate))
    let isOwn = Set(members)
    let frames = detected.frames
    let others = frames.indices.filter { !isOwn.contains($0) }.map { frames[$0] }
    var pairs = 0
    for spike in members {
      for (low, high) in [(near, far), (-far, -near)] {
        pairs += others.count(from: frames[spike] + low, to: frames[spike] + high)
      }
    }
    let perFrame = Double(pairs) / Double(max(members.count, 1) * 2 * max(far - near, 1))
    return 1 - exp(-perFrame * 2 * TemplateResolver.lockoutMilliseconds / 1000 * rate)
  }

  /// Orthonormal directions along a waveform and along its change in time, one a row.
  private func amplitudeAndTime(of template: Matrix) -> Matrix {
    let waveform = Array(template.row(template.rows / 2))
    let channels = space.channels
    let slope = waveform.indices.map { i in
      i < channels || i + channels >= waveform.count ? 0 : waveform[i + channels] - waveform[i - channels]
    }
    let first = normalised(waveform)
    let along = innerProduct(first, slope)
    return Matrix(rows: [first, normalised(zip(slope, first).map { $0 - along * $1 })])
  }
}

extension Matrix {
  /// The rows less what of them lies along orthonormal directions.
  fileprivate func withoutRows(along directions: Matrix) -> Matrix {
    let along = Matrix.product(self, directions, transposeB: true)
    return self + (along * directions) * -1
  }
}

extension [Int] {
  /// How many of some ascending frames lie from one up to another.
  fileprivate func count(from low: Int, to high: Int) -> Int {
    firstPlace { $0 >= high } - firstPlace { $0 >= low }
  }
}

private func normalised(_ vector: [Double]) -> [Double] {
  let length = innerProduct(vector, vector).squareRoot()
  return length > 0 ? vector.map { $0 / length } : vector
}

extension DriftingComponents {
  /// The components with those that are two parted, the parting directions among the axes, fitted again by EM.
  func parted(by splits: [ComponentSplit?], tracking: TrackingOptions, threads: Int) throws
    -> DriftingComponents
  {
    var wider = self
    for split in splits.compactMap({ $0 }) {
      _ = wider.space.addAxis(along: split.direction, least: SplitLimits.newAxis)
    }
    wider.features = wider.space.features(of: detected, threads: threads)
    var start = Mixture(weights: [], locations: [], scales: [], degreesOfFreedom: mixture.degreesOfFreedom)
    for k in 0..<count {
      // Axes are orthonormal: a template's place along them is its path and, along new ones, its remainder.
      let path = wider.path(of: template(k))
      var weights = (0..<features.rows).map { posterior.responsibilities[$0, k] }
      if let split = splits[k] {
        var second = [Double](repeating: 0, count: weights.count)
        for (n, share) in zip(split.members, split.second) {
          second[n] = weights[n] * share
          weights[n] *= 1 - share
        }
        wider.append(to: &start, weights: second, near: path)
        start.lives.append(mixture.life(of: k))
      }
      wider.append(to: &start, weights: weights, near: path)
      start.lives.append(mixture.life(of: k))
    }
    let total = start.weights.reduce(0, +)
    for k in start.weights.indices { start.weights[k] /= total }
    let data = try MixtureData(wider.features, frames: steps.ofSpike, frameCount: steps.count)
    var polish = tracking
    polish.polishIterations = 8
    let fit = try polishMixture(start, data: data, options: polish, threads: threads)
    return try DriftingComponents(
      wider.spikes, space: wider.space, steps: steps, mixture: fit.mixture, threads: threads)
  }

  /// Whitened waveforms as places among the features.
  private func path(of template: Matrix) -> Matrix {
    var centred = template
    for t in 0..<centred.rows { for i in 0..<centred.columns { centred[t, i] -= space.mean[i] } }
    return Matrix.product(centred, space.axes, transposeB: true)
  }

  /// Adds a component of weighted spikes, whose path is a given one moved by their mean distance from it.
  private func append(to start: inout Mixture, weights: [Double], near path: Matrix) {
    let d = features.columns
    var total = 0.0
    var mean = [Double](repeating: 0, count: d)
    for (n, w) in weights.enumerated() where w > 1e-3 {
      total += w
      for j in 0..<d { mean[j] += w * (features[n, j] - path[steps.ofSpike[n], j]) }
    }
    for j in 0..<d { mean[j] /= max(total, 1) }
    var moved = path
    for t in 0..<moved.rows { for j in 0..<d { moved[t, j] += mean[j] } }
    var scale = Matrix(rows: d, columns: d)
    for (n, w) in weights.enumerated() where w > 1e-3 {
      let z = (0..<d).map { features[n, $0] - moved[steps.ofSpike[n], $0] }
      for i in 0..<d { for j in 0...i { scale[i, j] += w * z[i] * z[j] } }
    }
    let pseudo = 0.5 * Double(d)
    for i in 0..<d {
      for j in 0...i {
        scale[i, j] = (scale[i, j] + (i == j ? pseudo : 0)) / (total + pseudo)
        scale[j, i] = scale[i, j]
      }
    }
    start.weights.append(max(total, 1))
    start.locations.append(moved)
    start.scales.append(scale)
  }

  /// The median over time of a waveform's largest deflection, in noise deviations.
  ///
  /// - Parameter sign: −1 for troughs, +1 for peaks, 0 for either.
  func medianPeak(of template: Matrix, sign: Double) -> Double {
    let peaks = (0..<template.rows).map { t in
      template.row(t).reduce(0) { max($0, sign == 0 ? abs($1) : sign * $1) }
    }.sorted()
    return peaks[peaks.count / 2]
  }
}

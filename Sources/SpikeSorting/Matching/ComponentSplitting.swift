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
///
/// Two units of cosine 0.97 lie in one component of the mixture, because the recording's principal components do not
/// show what parts them; the component's own do. A gap between the halves decides: a smear of jitter or of
/// amplitudes has none, however much a second component raises the likelihood.
enum SplitLimits {
  /// Own principal components a component is looked at in.
  static let dimensions = 4
  /// Fewer spikes cannot be fitted by two parts.
  static let fewestSpikes = 60
  /// A component whose waveform stays below this many noise deviations is background: its parts are no units.
  static let leastPeak = 5.5
  /// The distance of the parts in mean standard deviations that alone parts them, with a valley as deep as
  /// `deepestValley`.
  static let clearDistance = 4.5
  /// The density between the parts over the lower of their peaks.
  static let deepestValley = 0.35
  /// The distance that parts them where the trains say two neurons.
  static let leastDistance = 3.0
  /// BIC gained a spike, where the trains say two neurons.
  static let leastGain = 0.1
  /// Coincidences of the parts, over those expected of independent trains, that say two neurons.
  static let coincidenceShare = 0.4
  /// Fewer expected coincidences say nothing.
  static let fewestExpected = 5.0
  /// The distance and the share of coincidences that part a component whose own train is two neurons' for sure.
  ///
  /// Where two alike units overlap the parts are mixed, and the fewer spikes collide the fewer coincide: in biophysical
  /// simulations parts of two units lay 2.0 to 2.6 apart, with 0.22 to 0.33 of the coincidences; of one unit with none.
  static let contaminatedDistance = 2.0
  static let contaminatedShare = 0.2
  /// What makes it sure: so many violations, and a contamination above this with 95 % confidence.
  static let fewestViolations = 10
  static let leastContamination = 0.03
  /// Parts whose volumes differ by more than this (log determinant) are a core and its tails.
  static let volumeDifference = 3.0
  /// The smaller part's share, where the trains say two neurons; collisions make up less.
  static let smallerShare = 0.08
  /// A compact part inside a wide one is a unit amid collisions: BIC gained a spike, the difference of their volumes
  /// and the smaller one's share.
  static let heapGain = 1.5
  static let heapVolume = 8.0
  static let heapShare = 0.25
  /// What of the parting direction must be new to become an axis of its own.
  static let newAxis = 0.3
}

extension DriftingComponents {
  /// Every component that is two units, looked at in its own subspace.
  ///
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
    let sample = Self.thinned(members, to: 3000)
    let residuals = residuals(sample, from: template)
    let own = try strongestDirections(of: residuals, count: SplitLimits.dimensions).directions
    let points = Matrix.product(residuals, own, transposeB: true)
    guard let parts = try twoParts(points, seed: seed) else { return nil }
    let along = (0..<steps.count).map { t in own * Array(template.row(t)) }
    let all = space.projections(of: detected, spikes: members, along: own, threads: 1) { n, p in
      along[steps.ofSpike[members[n]]][p]
    }
    let posterior = try parts.two.mixture.posterior(MixtureData(all), threads: 1)
    let labels = posterior.labels
    let sizes = [labels.count { $0 == 0 }, labels.count { $0 == 1 }]
    let smaller = Double(min(sizes[0], sizes[1]))
    guard smaller >= max(30, 0.02 * Double(members.count)) else { return nil }
    guard
      try isTwo(
        members, labels: labels, smaller: smaller, parts, gap: Gap(between: parts.two, points: points))
    else { return nil }
    let means = parts.two.mixture.means
    let between = (0..<means.columns).map { means[1, $0] - means[0, $0] }
    return ComponentSplit(
      members: members, second: posterior.responsibilities.column(1),
      direction: Matrix.product(own, Matrix(rows: [between]), transposeA: true, transposeB: true).storage)
  }

  /// Whether two parts of a component's spikes are two units.
  ///
  /// - Parameter smaller: the spikes of the smaller part.
  private func isTwo(
    _ members: [Int], labels: [Int], smaller: Double, _ parts: TwoParts, gap: Gap
  ) throws -> Bool {
    let count = Double(members.count)
    let gain = (parts.one.bic - parts.two.bic) / Double(parts.points)
    let coincidences = coincidences(members, labels: labels)
    let volumes = try parts.two.mixture.scales.map {
      Matrix.logDeterminant(choleskyFactor: try $0.choleskyFactor())
    }
    let difference = abs(volumes[0] - volumes[1])
    let isClear = gap.distance > SplitLimits.clearDistance && gap.valley < SplitLimits.deepestValley
    // Two parts of one kind, of which neither is the other's tail.
    let areLike =
      gain > SplitLimits.leastGain && coincidences.expected > SplitLimits.fewestExpected
      && difference < SplitLimits.volumeDifference && smaller > SplitLimits.smallerShare * count
    let share = coincidences.observed / coincidences.expected
    let saysTrains =
      areLike && gap.distance > SplitLimits.leastDistance && share > SplitLimits.coincidenceShare
    let isUnitInHeap =
      gain > SplitLimits.heapGain && difference > SplitLimits.heapVolume
      && smaller > SplitLimits.heapShare * count
    if isClear || saysTrains || isUnitInHeap { return true }
    return areLike && gap.distance > SplitLimits.contaminatedDistance
      && share > SplitLimits.contaminatedShare && isContaminated(members)
  }

  /// Fits of one and of two parts; nil where no start leads to two.
  private func twoParts(_ points: Matrix, seed: Int) throws -> TwoParts? {
    let data = try MixtureData(points)
    var options = MixtureOptions()
    options.degreesOfFreedom = mixture.degreesOfFreedom
    options.covarianceRidge = 1e-3
    options.minimumIterations = 6
    options.maximumIterations = 60
    let one = try fitMixture(data, components: 1, seed: seed, options: options, threads: 1)
    options.starvationCount = Double(3 * points.columns)
    let seeds = (0..<4).map { seed + $0 }
    let fits = try selectMixture(data, components: 2...2, seeds: seeds, options: options, threads: 1).fits[0]
    let two = fits.filter { $0.mixture.componentCount == 2 }
    guard let first = two.first else { return nil }
    return TwoParts(
      one: one, two: two.reduce(first) { $1.logLikelihood > $0.logLikelihood ? $1 : $0 },
      points: points.rows)
  }

  /// Whether so many spikes follow each other within the refractory period that more than one neuron fires.
  private func isContaminated(_ members: [Int]) -> Bool {
    let train = SpikeTrain(
      times: members.map { detected.frames[$0] }, frames: (detected.frames.last ?? 0) + 1,
      samplingRate: detected.samplingRate)
    let test = train.llobetTest(refractoryMilliseconds: 2, censoredMilliseconds: 0.5)
    guard let test, test.violations >= SplitLimits.fewestViolations else { return false }
    return test.interval.lowerBound > SplitLimits.leastContamination
  }

  /// Pairs of a spike of either part 0.5 to 2 ms apart, and how many independent trains would have.
  private func coincidences(_ members: [Int], labels: [Int]) -> (observed: Double, expected: Double) {
    let rate = detected.samplingRate
    let frames = members.map { detected.frames[$0] }
    var observed = 0.0
    var first = 0
    for i in frames.indices {
      while Double(frames[i] - frames[first]) > 0.002 * rate { first += 1 }
      for j in first..<i where labels[j] != labels[i] && Double(frames[i] - frames[j]) > 0.0005 * rate {
        observed += 1
      }
    }
    let ones = Double(labels.count { $0 == 1 })
    let seconds = max(Double(detected.frames.last ?? 0) / rate, 1)
    return (observed, 2 * 0.0015 * ones * (Double(labels.count) - ones) / seconds)
  }
}

/// Fits of one and of two parts to the same points.
private struct TwoParts {
  let one: MixtureFit
  let two: MixtureFit
  let points: Int
}

/// How far two parts lie apart, along their discriminant.
private struct Gap {
  /// The distance of their centres in mean standard deviations.
  let distance: Double
  /// The lowest density between the centres over the lower of the two peaks.
  let valley: Double

  init(between fit: MixtureFit, points: Matrix) {
    let means = fit.mixture.means
    let scales = fit.mixture.scales
    let difference = (0..<means.columns).map { means[1, $0] - means[0, $0] }
    guard let inverse = try? (scales[0] + scales[1]).positiveDefiniteInverse() else {
      (distance, valley) = (0, 1)
      return
    }
    let axis = inverse * difference
    let deviations = scales.map { innerProduct($0 * axis, axis).squareRoot() }
    let width = (deviations[0] + deviations[1]) / 2
    let ends = [innerProduct(means.row(0), axis), innerProduct(means.row(1), axis)].sorted()
    distance = (ends[1] - ends[0]) / width
    let places = points * axis
    let bandwidth = 0.35 * width
    let densities = (0...20).map { i -> Double in
      let place = ends[0] + (ends[1] - ends[0]) * Double(i) / 20
      return places.reduce(0) { $0 + exp(-0.5 * (($1 - place) / bandwidth) * (($1 - place) / bandwidth)) }
    }
    let lowest = densities[1..<20].min() ?? 0
    let peaks = (densities[..<5].max() ?? 0, densities[16...].max() ?? 0)
    valley = lowest / max(min(peaks.0, peaks.1), .leastNormalMagnitude)
  }
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

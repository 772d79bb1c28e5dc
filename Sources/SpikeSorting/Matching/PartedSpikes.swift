import Foundation
import LinearAlgebra
import MixtureModels

/// A component's spikes in their own principal components, explained as one part and as two.
struct PartedSpikes {
  /// The strongest directions of the residuals, orthonormal, one a row.
  let axes: Matrix
  /// Spikes × directions.
  private let points: Matrix
  private let one: MixtureFit
  /// Two parts, each with its own covariance; nil where no start leads to two.
  let apart: MixtureFit?
  /// Two parts of one covariance.
  let alike: MixtureFit?

  /// Bins a standard deviation of a part, and of both at most.
  private static let binsOfDeviation = 4.0
  private static let mostBins = 100

  /// - Parameter residuals: whitened snippets less their template, one a row.
  init(_ residuals: Matrix, seed: Int, degreesOfFreedom: Double) throws {
    axes = try strongestDirections(of: residuals, count: SplitLimits.dimensions).directions
    points = Matrix.product(residuals, axes, transposeB: true)
    let data = try MixtureData(points)
    var options = MixtureOptions()
    options.degreesOfFreedom = degreesOfFreedom
    options.covarianceRidge = 1e-3
    options.minimumIterations = 6
    options.maximumIterations = 60
    one = try fitMixture(data, components: 1, seed: seed, options: options, threads: 1)
    options.starvationCount = Double(3 * points.columns)
    apart = try Self.two(data, seed: seed, options: options)
    options.covariance = .tied
    alike = try Self.two(data, seed: seed, options: options)
  }

  private static func two(_ data: MixtureData, seed: Int, options: MixtureOptions) throws -> MixtureFit? {
    let seeds = (0..<4).map { seed + $0 }
    let fits = try selectMixture(data, components: 2...2, seeds: seeds, options: options, threads: 1).fits[0]
    return fits.filter { $0.mixture.componentCount == 2 }.max { $0.logLikelihood < $1.logLikelihood }
  }

  /// What a second place costs in nats: its coordinates and a weight (Schwarz 1978).
  var priceOfPlace: Double { 0.5 * Double(points.columns + 1) * log(Double(points.rows)) }

  /// By how much two parts of one covariance explain the spikes better than one, in nats.
  var placeNats: Double { gain(of: alike) }

  /// Whether the parts are two places with one scatter, and not a core and its tails: that they lie apart explains more than that
  /// they differ in their scatter.
  var areTwoPlaces: Bool {
    guard let alike, distance(in: alike.mixture) > SplitLimits.leastDistance else { return false }
    return 2 * placeNats > gain(of: apart)
  }

  private func gain(of fit: MixtureFit?) -> Double {
    fit.map { $0.logLikelihood - one.logLikelihood } ?? 0
  }

  /// By how much two modes along what parts the spikes explain them better than one, in nats.
  var modeNats: Double {
    guard let apart, let axis = discriminant(of: apart.mixture) else { return 0 }
    let means = apart.mixture.means
    let ends = [innerProduct(means.row(0), axis), innerProduct(means.row(1), axis)].sorted()
    let width = width(of: apart.mixture, along: axis)
    // What lies beyond four deviations is in the last bins.
    let low = ends[0] - 4 * width
    let range = ends[1] - ends[0] + 8 * width
    let bin = max(width / Self.binsOfDeviation, range / Double(Self.mostBins))
    guard bin > 0, bin.isFinite else { return 0 }
    var counts = [Double](repeating: 0, count: Int(range / bin) + 1)
    for place in points * axis {
      counts[Int(min(max(place - low, 0), range) / bin)] += 1
    }
    return MonotoneDensity.natsOfTwoModes(counts)
  }

  /// Whether one part is compact inside a wide one: a unit amid collisions.
  func isUnitInHeap(smallerShare: Double) -> Bool {
    guard let apart, smallerShare > SplitLimits.heapShare,
      (one.bic - apart.bic) / Double(points.rows) > SplitLimits.heapGain
    else { return false }
    let volumes = apart.mixture.scales.compactMap {
      (try? $0.choleskyFactor()).map(Matrix.logDeterminant(choleskyFactor:))
    }
    return volumes.count == 2 && abs(volumes[0] - volumes[1]) > SplitLimits.heapVolume
  }

  /// The distance of two parts along their discriminant, in mean standard deviations.
  private func distance(in two: Mixture) -> Double {
    guard let axis = discriminant(of: two) else { return 0 }
    let width = width(of: two, along: axis)
    let between = innerProduct(two.means.row(1), axis) - innerProduct(two.means.row(0), axis)
    return width > 0 ? abs(between) / width : 0
  }

  private func discriminant(of two: Mixture) -> [Double]? {
    let means = two.means
    let difference = (0..<means.columns).map { means[1, $0] - means[0, $0] }
    return (try? (two.scales[0] + two.scales[1]).positiveDefiniteInverse()).map { $0 * difference }
  }

  private func width(of two: Mixture, along axis: [Double]) -> Double {
    two.scales.reduce(0) { $0 + innerProduct($1 * axis, axis).squareRoot() } / 2
  }
}

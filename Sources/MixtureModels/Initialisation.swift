internal import Foundation
internal import LinearAlgebra
internal import NumPyInterop

/// The starting parameters of a fit.
///
/// - Throws: `tooFewPoints`, `badOption`.
public func startingMixture(
  _ data: MixtureData, components: Int, seed: Int, options: MixtureOptions
) throws -> Mixture {
  try options.validate(dimensions: data.dimensions, frames: data.frameCount)
  guard components > 0 else { throw MixtureError.badOption("a mixture needs at least one component") }
  guard components <= data.count else {
    throw MixtureError.tooFewPoints(points: data.count, components: components)
  }
  guard seed >= 0 else { throw MixtureError.badOption("a seed must not be negative, found \(seed)") }
  var generator = NumPyGenerator(seed: UInt64(seed))
  // In the order in which the points were given, as the draws mean row numbers.
  let indices = data.indices.sorted()
  let chosen: [Int]
  var covariance = overallCovariance(data, indices: indices)
  switch options.initialisation {
  case .random:
    chosen = generator.choice(indices.count, count: components, replacing: false).map { indices[$0] }
  case .kMeansPlusPlus:
    chosen = farApart(data.points, indices: indices, count: components, generator: &generator)
    covariance = covariance * (0.5 / pow(Double(components), 2 / Double(data.dimensions)))
  }
  let scale = Maximisation(options: options, data: data).conform(covariance)
  let mixture = Mixture(
    weights: [Double](repeating: 1 / Double(components), count: components),
    means: data.points.selecting(rows: chosen), scales: [Matrix](repeating: scale, count: components),
    degreesOfFreedom: options.degreesOfFreedom)
  return mixture.held(overFrames: data.frameCount)
}

/// The sample covariance of the points at hand; zeros for a single point.
private func overallCovariance(_ data: MixtureData, indices: [Int]) -> Matrix {
  guard indices.count > 1 else { return Matrix(rows: data.dimensions, columns: data.dimensions) }
  let points = indices.count == data.points.rows ? data.points : data.points.selecting(rows: indices)
  return points.covariance()
}

/// Points drawn one after the other, each with a probability proportional to its squared distance from the
/// nearest of those before it.
private func farApart(
  _ points: Matrix, indices: [Int], count: Int, generator: inout NumPyGenerator
) -> [Int] {
  var chosen = [generator.integers(below: indices.count)]
  var nearest = [Double](repeating: .infinity, count: indices.count)
  while true {
    let last = Array(points.row(indices[chosen[chosen.count - 1]]))
    var total = 0.0
    points.storage.withUnsafeBufferPointer { x in
      for (n, row) in indices.enumerated() {
        var square = 0.0
        for j in last.indices {
          let difference = x[row * last.count + j] - last[j]
          square += difference * difference
        }
        if square < nearest[n] { nearest[n] = square }
        total += nearest[n]
      }
    }
    guard chosen.count < count else { return chosen.map { indices[$0] } }
    chosen.append(draw(nearest, total: total, besides: chosen, generator: &generator))
  }
}

/// An index drawn in proportion to the weights; where all are 0, the first one not yet chosen.
private func draw(
  _ weights: [Double], total: Double, besides chosen: [Int], generator: inout NumPyGenerator
) -> Int {
  var rest = generator.random() * total
  guard total > 0, total.isFinite else {
    let taken = Set(chosen)
    return weights.indices.first { !taken.contains($0) } ?? 0
  }
  var last = 0
  for (n, weight) in weights.enumerated() where weight > 0 {
    last = n
    rest -= weight
    if rest < 0 { break }
  }
  return last
}

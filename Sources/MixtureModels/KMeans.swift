internal import LinearAlgebra

extension Mixture {
  /// The mixture at rest that k-means makes of a start: its means settled by Lloyd's iterations, weights and scales those
  /// of the clusters.
  ///
  /// - Parameter conform: makes a covariance a scale matrix of the shape asked for.
  /// - Complexity: O(points × components × dimensions) an iteration, by matrix products.
  func settledByKMeans(
    _ data: MixtureData, iterations: Int = 5, conform: (Matrix) -> Matrix
  ) -> Mixture {
    let rows = Array(data.indices)
    let points = rows.count == data.points.rows ? data.points : data.points.selecting(rows: rows)
    let weights = data.weights.map { Array($0[data.rows]) }
    var centres = means
    var labels = nearestCentres(points, centres)
    for _ in 1..<max(iterations, 1) {
      centres = clusterMeans(points, labels, weights: weights, empty: centres)
      let next = nearestCentres(points, centres)
      if next == labels { break }
      labels = next
    }
    return ofClusters(points, labels, weights: weights, centres: centres, conform: conform)
  }

  /// The mixture whose components are clusters; those too small for a covariance of their own keep the scale they had.
  private func ofClusters(
    _ points: Matrix, _ labels: [Int], weights: [Double]?, centres: Matrix, conform: (Matrix) -> Matrix
  ) -> Mixture {
    var result = self
    let centres = clusterMeans(points, labels, weights: weights, empty: centres)
    for k in 0..<componentCount {
      let members = labels.indices.filter { labels[$0] == k }
      let total = weights.map { w in members.reduce(0.0) { $0 + w[$1] } } ?? Double(members.count)
      result.weights[k] = max(total, 1)
      for j in 0..<dimensions { for t in 0..<frameCount { result.locations[k][t, j] = centres[k, j] } }
      guard members.count > 2 * dimensions else { continue }
      var apart = points.selecting(rows: members)
      for i in members.indices {
        let root = weights.map { $0[members[i]].squareRoot() } ?? 1
        for j in 0..<dimensions { apart[i, j] = root * (apart[i, j] - centres[k, j]) }
      }
      result.scales[k] = conform(Matrix.product(apart, apart, transposeA: true) * (1 / total))
    }
    result.renormalise()
    return result
  }
}

/// The nearest centre of every point; of several the first.
private func nearestCentres(_ points: Matrix, _ centres: Matrix) -> [Int] {
  let count = centres.rows
  let squares = (0..<count).map { k in centres.row(k).reduce(0) { $0 + $1 * $1 } }
  let products = Matrix.product(points, centres, transposeB: true)
  return products.storage.withUnsafeBufferPointer { inner in
    (0..<points.rows).map { n in
      var best = 0
      var least = Double.infinity
      for k in 0..<count {
        let distance = squares[k] - 2 * inner[n * count + k]
        if distance < least { (best, least) = (k, distance) }
      }
      return best
    }
  }
}

/// The mean of every cluster; an empty one keeps its centre.
private func clusterMeans(_ points: Matrix, _ labels: [Int], weights: [Double]?, empty: Matrix) -> Matrix {
  let d = points.columns
  var sums = Matrix(rows: empty.rows, columns: d)
  var totals = [Double](repeating: 0, count: empty.rows)
  points.storage.withUnsafeBufferPointer { x in
    sums.storage.withUnsafeMutableBufferPointer { sums in
      for (n, k) in labels.enumerated() {
        let weight = weights?[n] ?? 1
        totals[k] += weight
        for j in 0..<d { sums[k * d + j] += weight * x[n * d + j] }
      }
    }
  }
  for k in totals.indices {
    for j in 0..<d { sums[k, j] = totals[k] > 0 ? sums[k, j] / totals[k] : empty[k, j] }
  }
  return sums
}

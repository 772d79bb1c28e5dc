internal import LinearAlgebra

extension Engine {
  /// Responsibilities, densities and, where asked for, distances of the points at hand, in the order of `points`.
  ///
  /// Every block writes the rows of its own points.
  func posterior(of mixture: FactoredMixture, distances detail: Posterior.Distances) -> Posterior {
    let stack = ComponentStack([mixture], map: map, data: data)
    let k = stack.rows
    let ranks = data.ranks
    var responsibilities = Matrix(rows: data.count, columns: k)
    var distances = Matrix(rows: detail == .none ? 0 : data.count, columns: detail == .toOwn ? 1 : k)
    var densities = [Double](repeating: 0, count: detail == .none ? 0 : data.count)
    responsibilities.storage.withUnsafeMutableBufferPointer { responsibilities in
      distances.storage.withUnsafeMutableBufferPointer { distances in
        densities.withUnsafeMutableBufferPointer { densities in
          guard let r = responsibilities.baseAddress else { return }
          let rows = PosteriorRows(
            responsibilities: SharedPointer(r), densities: densities.baseAddress.map { SharedPointer($0) },
            distances: distances.baseAddress.map { SharedPointer($0) }, detail: detail)
          Parallel.forEach(count: chunks.count, threads: threads) { (c: Int) -> Void in
            let work = BlockWorkspace(points: Self.blockPoints, features: map.count, components: k)
            for block in chunks[c] { assign(block, stack: stack, work: work, ranks: ranks, to: rows) }
          }
        }
      }
    }
    return Posterior(
      responsibilities: responsibilities, logDensities: densities, squaredDistances: distances)
  }

  private func assign(
    _ block: Block, stack: ComponentStack, work: borrowing BlockWorkspace, ranks: [Int],
    to rows: PosteriorRows
  ) {
    let (k, n) = (stack.rows, block.count)
    let nu = stack.segments[0].degreesOfFreedom
    let first = block.start - data.rows.lowerBound
    work.fillFeatures(map, data, start: block.start, count: n)
    stack.evaluate(0..<1, frame: block.frame, n: n, work: work)
    let distances = rows.detail == .none ? [] : squaredDistances(k: k, n: n, stack: stack, work: work)
    if nu != .infinity {
      stack.logConstants.withUnsafeBufferPointer { constants in
        guard let constants = constants.baseAddress else { return }
        takeLogDensities(
          components: k, n: n, dimensions: map.dimensions, nu: nu, logConstants: constants,
          joint: work.joint, ratios: work.ratios)
      }
    }
    normalise(
      components: k, n: n, joint: work.joint, exponents: nil, peaks: work.peaks, sums: work.sums,
      logs: work.logs)
    for i in 0..<n {
      let row = ranks[first + i]
      if rows.detail != .none { rows.densities?[row] = work.peaks[i] + work.logs[i] }
      var own = 0
      for j in 0..<k {
        rows.responsibilities[row * k + j] = work.joint[j * n + i]
        if work.joint[j * n + i] > work.joint[own * n + i] { own = j }
      }
      switch rows.detail {
      case .none: break
      case .toOwn: rows.distances?[row] = distances[own * n + i]
      case .toAll: for j in 0..<k { rows.distances?[row * k + j] = distances[j * n + i] }
      }
    }
  }

  /// The distances of a block's points from the components, from the linear functions in the workspace: k × n.
  private func squaredDistances(
    k: Int, n: Int, stack: ComponentStack, work: borrowing BlockWorkspace
  ) -> [Double] {
    let nu = stack.segments[0].degreesOfFreedom
    var distances = [Double](repeating: 0, count: k * n)
    for j in 0..<k {
      for i in 0..<n {
        let value = work.joint[j * n + i]
        let distance = nu == .infinity ? 2 * (stack.logConstants[j] - value) : nu * (value - 1)
        distances[j * n + i] = max(distance, 0)
      }
    }
    return distances
  }

  /// The component of the largest joint density of every point, for every mixture, in the order of `points`.
  func labels(of mixtures: [FactoredMixture]) -> [[Int]] {
    let stack = ComponentStack(mixtures, map: map, data: data)
    let groups = Self.groups(of: stack.segments)
    let widest = groups.map { stack.componentCount(of: $0) }.max() ?? 0
    let parts = Parallel.map(count: chunks.count, threads: threads) { (c: Int) -> [[Int32]] in
      let work = BlockWorkspace(points: Self.blockPoints, features: map.count, components: widest)
      return chunks[c].map { block in
        var labels: [Int32] = []
        labels.reserveCapacity(stack.segments.count * block.count)
        work.fillFeatures(map, data, start: block.start, count: block.count)
        for group in groups {
          stack.evaluate(group, frame: block.frame, n: block.count, work: work)
          stack.appendLabels(group, n: block.count, work: work, to: &labels)
        }
        return labels
      }
    }
    let ranks = data.ranks
    var result = [[Int]](repeating: [Int](repeating: 0, count: data.count), count: mixtures.count)
    for (chunk, part) in zip(chunks, parts) {
      for (block, labels) in zip(chunk, part) {
        for m in mixtures.indices {
          for i in 0..<block.count {
            result[m][ranks[block.start - data.rows.lowerBound + i]] = Int(labels[m * block.count + i])
          }
        }
      }
    }
    return result
  }
}

extension ComponentStack {
  /// The labels of a block's points under a group of mixtures, from the linear functions in the workspace.
  fileprivate func appendLabels(
    _ group: Range<Int>, n: Int, work: borrowing BlockWorkspace, to labels: inout [Int32]
  ) {
    let first = segments[group.lowerBound].first
    for s in group {
      let segment = segments[s]
      let joint = work.joint + (segment.first - first) * n
      if segment.degreesOfFreedom != .infinity {
        logConstants.withUnsafeBufferPointer { constants in
          guard let constants = constants.baseAddress else { return }
          takeLogDensities(
            components: segment.count, n: n, dimensions: map.dimensions, nu: segment.degreesOfFreedom,
            logConstants: constants + segment.first, joint: joint, ratios: work.ratios)
        }
      }
      for i in 0..<n {
        var best = 0
        for k in 1..<max(segment.count, 1) where joint[k * n + i] > joint[best * n + i] { best = k }
        labels.append(Int32(best))
      }
    }
  }
}

/// Where the blocks of a posterior write: points × components, points, and points × the distances kept.
private struct PosteriorRows: Sendable {
  let responsibilities: SharedPointer<Double>
  let densities: SharedPointer<Double>?
  /// nil where distances are not asked for.
  let distances: SharedPointer<Double>?
  let detail: Posterior.Distances
}

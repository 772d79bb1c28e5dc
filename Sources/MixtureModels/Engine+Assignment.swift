internal import LinearAlgebra

/// What one mixture says of one block of points; matrices are components × points.
struct BlockAssignment: Sendable {
  let block: Engine.Block
  var responsibilities: [Double]
  var squaredDistances: [Double]
  var logDensities: [Double]
}

extension Engine {
  /// Responsibilities, distances and densities, block by block.
  func assignments(of mixture: FactoredMixture) -> [BlockAssignment] {
    let stack = ComponentStack([mixture], map: map, data: data)
    let k = stack.rows
    let parts = Parallel.map(count: chunks.count, threads: threads) { (c: Int) -> [BlockAssignment] in
      let work = BlockWorkspace(points: Self.blockPoints, features: map.count, components: k)
      return chunks[c].map { assignment(on: $0, stack: stack, work: work) }
    }
    return parts.flatMap { $0 }
  }

  private func assignment(
    on block: Block, stack: ComponentStack, work: borrowing BlockWorkspace
  ) -> BlockAssignment {
    let (k, n) = (stack.rows, block.count)
    let nu = stack.segments[0].degreesOfFreedom
    work.fillFeatures(map, data, start: block.start, count: n)
    stack.evaluate(0..<1, frame: block.frame, n: n, work: work)
    var distances = [Double](repeating: 0, count: k * n)
    for j in 0..<k {
      for i in 0..<n {
        let value = work.joint[j * n + i]
        let distance = nu == .infinity ? 2 * (stack.logConstants[j] - value) : nu * (value - 1)
        distances[j * n + i] = max(distance, 0)
      }
    }
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
    return BlockAssignment(
      block: block, responsibilities: (0..<k * n).map { work.joint[$0] }, squaredDistances: distances,
      logDensities: (0..<n).map { work.peaks[$0] + work.logs[$0] })
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

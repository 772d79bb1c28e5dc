internal import LinearAlgebra

/// The sums over all points that an M-step of one mixture needs, taken in one pass with the E-step.
///
/// c is the weight ω·τ·u of a point in a component's moments: its own weight, the responsibility, and for
/// t-distributions u = (ν + d)/(ν + δ).
struct Moments: Sendable {
  /// Σ ω·log density.
  var logLikelihood: Double
  /// The entropy of the responsibilities, Σ −ω·τ·log τ; 0 unless asked for.
  var entropy: Double
  /// Σ ω·τ of every component.
  var counts: [Double]
  /// Σ c of every component (row) and frame (column).
  var frameWeights: Matrix
  /// Σ c·(x − centre) of every component: frames × dimensions.
  var frameSums: [Matrix]
  /// Σ c·(x − centre)(x − centre)ᵀ of every component; for diagonal shapes the diagonal alone.
  var seconds: [Matrix]
}

/// E-steps and moments of many mixtures at once, as two matrix products over blocks of points.
///
/// The points are cut into blocks inside frames and the blocks into chunks, by the data alone; each chunk is
/// summed by one thread and the chunks' sums are added in order, so the bits do not hang on the threads.
struct Engine: Sendable {
  /// Points a block: its features and responsibilities stay in the second-level cache.
  static let blockPoints = 512
  /// Components handled between two products over the same block, unless one mixture has more.
  static let groupComponents = 128

  /// A block: consecutive sorted rows of one frame.
  struct Block: Sendable {
    let frame: Int
    let start: Int
    let count: Int
  }

  let data: MixtureData
  let map: FeatureMap
  let threads: Int
  let chunks: [[Block]]

  init(data: MixtureData, covariance: CovarianceShape, threads: Int) {
    self.data = data
    self.threads = threads
    map = FeatureMap(dimensions: data.dimensions, covariance: covariance)
    let chunkPoints = max(2048, data.count / 32)
    var chunks: [[Block]] = []
    var filled = chunkPoints
    for t in 0..<data.frameCount {
      var start = data.frameStarts[t]
      while start < data.frameStarts[t + 1] {
        let count = min(Self.blockPoints, data.frameStarts[t + 1] - start)
        if filled >= chunkPoints {
          chunks.append([])
          filled = 0
        }
        chunks[chunks.count - 1].append(Block(frame: t, start: start, count: count))
        filled += count
        start += count
      }
    }
    self.chunks = chunks
  }

  /// The moments of every mixture; all have the data's dimensions and frames.
  ///
  /// - Parameter sums: whether the sums of the points are wanted; without them the E-step alone is done.
  /// - Complexity: O(points × components × dimensions²), by matrix products.
  func moments(of mixtures: [FactoredMixture], entropy: Bool = false, sums: Bool = true) -> [Moments] {
    let stack = ComponentStack(mixtures, map: map, data: data)
    let groups = Self.groups(of: stack.segments)
    let parts = Parallel.map(count: chunks.count, threads: threads) { (c: Int) -> ChunkSums in
      chunkSums(chunks[c], stack: stack, groups: groups, entropy: entropy, sums: sums)
    }
    var total = ChunkSums(frames: 0..<data.frameCount, stack: stack)
    for part in parts { total.add(part, stack: stack) }
    return stack.segments.indices.map { moments(of: stack.segments[$0], at: $0, from: total, stack: stack) }
  }

  /// Consecutive mixtures of at most `groupComponents` components together.
  static func groups(of segments: [ComponentStack.Segment]) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var start = 0
    var components = 0
    for (i, segment) in segments.enumerated() {
      if i > start, components + segment.count > groupComponents {
        groups.append(start..<i)
        start = i
        components = 0
      }
      components += segment.count
    }
    if start < segments.count { groups.append(start..<segments.count) }
    return groups
  }

  private func chunkSums(
    _ blocks: [Block], stack: ComponentStack, groups: [Range<Int>], entropy: Bool, sums wantsSums: Bool
  ) -> ChunkSums {
    let frames = (blocks.first?.frame ?? 0)..<((blocks.last?.frame ?? -1) + 1)
    var sums = ChunkSums(frames: frames, stack: stack)
    let widest = groups.map { stack.componentCount(of: $0) }.max() ?? 0
    let largest = blocks.map(\.count).max() ?? 0
    let work = BlockWorkspace(points: largest, features: map.count, components: widest)
    for block in blocks {
      work.fillFeatures(map, data, start: block.start, count: block.count)
      for group in groups {
        stack.evaluate(group, frame: block.frame, n: block.count, work: work)
        sums.expect(group, block: block, stack: stack, data: data, work: work, entropy: entropy)
        if wantsSums { sums.accumulate(group, block: block, stack: stack, work: work) }
      }
    }
    return sums
  }

  /// One mixture's moments in the points' own units, relative to the data's centre.
  private func moments(
    of segment: ComponentStack.Segment, at index: Int, from sums: ChunkSums, stack: ComponentStack
  ) -> Moments {
    let d = data.dimensions
    let frameCount = data.frameCount
    var weights = Matrix(rows: segment.count, columns: frameCount)
    var frameSums: [Matrix] = []
    var seconds: [Matrix] = []
    for k in 0..<segment.count {
      let row = segment.first + k
      var first = Matrix(rows: frameCount, columns: d)
      for t in 0..<frameCount {
        let base = (t * stack.rows + row) * map.linearCount
        weights[k, t] = sums.linear[base]
        for j in 0..<d { first[t, j] = sums.linear[base + 1 + j] * data.scale[j] }
      }
      var second = Matrix(rows: d, columns: d)
      for (q, pair) in map.pairs.enumerated() {
        let value = sums.quadratic[row * map.quadraticCount + q] * data.scale[pair.i] * data.scale[pair.j]
        second[pair.i, pair.j] = value
        second[pair.j, pair.i] = value
      }
      frameSums.append(first)
      seconds.append(second)
    }
    return Moments(
      logLikelihood: sums.logLikelihoods[index], entropy: sums.entropies[index],
      counts: Array(sums.counts[segment.first..<segment.first + segment.count]),
      frameWeights: weights, frameSums: frameSums, seconds: seconds)
  }
}

extension ComponentStack {
  /// The components of consecutive mixtures.
  func componentCount(of group: Range<Int>) -> Int {
    segments[group].reduce(0) { $0 + $1.count }
  }

  /// The linear functions of a group's components on a block whose features stand in the workspace.
  func evaluate(_ group: Range<Int>, frame: Int, n: Int, work: borrowing BlockWorkspace) {
    let first = segments[group.lowerBound].first
    let count = componentCount(of: group)
    linear.withUnsafeBufferPointer { linear in
      quadratic.withUnsafeBufferPointer { quadratic in
        guard let l = linear.baseAddress, let q = quadratic.baseAddress else { return }
        gemm(
          m: count, n: n, k: map.linearCount, a: l + (frame * rows + first) * map.linearCount,
          lda: map.linearCount, transposeA: false, b: work.features, ldb: n, transposeB: false, beta: 0,
          c: work.joint, ldc: n)
        gemm(
          m: count, n: n, k: map.quadraticCount, a: q + first * map.quadraticCount,
          lda: map.quadraticCount, transposeA: false, b: work.features + map.linearCount * n, ldb: n,
          transposeB: false, beta: 1, c: work.joint, ldc: n)
      }
    }
  }
}

/// The sums over one chunk of blocks, for every mixture of a stack.
struct ChunkSums: Sendable {
  /// The frames the chunk has points in.
  let frames: Range<Int>
  /// Σ c·(1, z): frame × rows × linearCount.
  var linear: [Double]
  /// Σ c·zᵢzⱼ: rows × quadraticCount.
  var quadratic: [Double]
  /// Σ ω·τ of every component.
  var counts: [Double]
  var logLikelihoods: [Double]
  var entropies: [Double]

  init(frames: Range<Int>, stack: ComponentStack) {
    self.frames = frames
    linear = [Double](repeating: 0, count: frames.count * stack.rows * stack.map.linearCount)
    quadratic = [Double](repeating: 0, count: stack.rows * stack.map.quadraticCount)
    counts = [Double](repeating: 0, count: stack.rows)
    logLikelihoods = [Double](repeating: 0, count: stack.segments.count)
    entropies = logLikelihoods
  }

  /// The E-step of a group of mixtures on a block.
  mutating func expect(
    _ group: Range<Int>, block: Engine.Block, stack: ComponentStack, data: MixtureData,
    work: borrowing BlockWorkspace, entropy: Bool
  ) {
    let first = stack.segments[group.lowerBound].first
    for s in group {
      let segment = stack.segments[s]
      let offset = (segment.first - first) * block.count
      var added = BlockLikelihood()
      // A missing array of weights passes on as a nil pointer.
      withOptionalPointer(data.weights) { pointWeights in
        stack.logConstants.withUnsafeBufferPointer { constants in
          counts.withUnsafeMutableBufferPointer { counts in
            guard let constants = constants.baseAddress, let counts = counts.baseAddress else { return }
            added = expectation(
              components: segment.count, n: block.count, dimensions: stack.map.dimensions,
              degreesOfFreedom: segment.degreesOfFreedom, logConstants: constants + segment.first,
              pointWeights: pointWeights.map { $0 + block.start }, joint: work.joint + offset, work: work,
              offset: offset, counts: counts + segment.first, wantsEntropy: entropy)
          }
        }
      }
      logLikelihoods[s] += added.logLikelihood
      entropies[s] += added.entropy
    }
  }

  /// Adds a block's weighted features, c·φ, of a group of mixtures.
  mutating func accumulate(
    _ group: Range<Int>, block: Engine.Block, stack: ComponentStack, work: borrowing BlockWorkspace
  ) {
    let map = stack.map
    let first = stack.segments[group.lowerBound].first
    let count = stack.componentCount(of: group)
    let n = block.count
    let frame = block.frame - frames.lowerBound
    linear.withUnsafeMutableBufferPointer { linear in
      quadratic.withUnsafeMutableBufferPointer { quadratic in
        guard let l = linear.baseAddress, let q = quadratic.baseAddress else { return }
        gemm(
          m: count, n: map.linearCount, k: n, a: work.joint, lda: n, transposeA: false,
          b: work.features, ldb: n, transposeB: true, beta: 1,
          c: l + (frame * stack.rows + first) * map.linearCount, ldc: map.linearCount)
        gemm(
          m: count, n: map.quadraticCount, k: n, a: work.joint, lda: n, transposeA: false,
          b: work.features + map.linearCount * n, ldb: n, transposeB: true, beta: 1,
          c: q + first * map.quadraticCount, ldc: map.quadraticCount)
      }
    }
  }

  /// Adds the sums of a chunk with some of the same frames.
  mutating func add(_ other: ChunkSums, stack: ComponentStack) {
    let offset = (other.frames.lowerBound - frames.lowerBound) * stack.rows * stack.map.linearCount
    for i in other.linear.indices { linear[offset + i] += other.linear[i] }
    for i in quadratic.indices { quadratic[i] += other.quadratic[i] }
    for i in counts.indices { counts[i] += other.counts[i] }
    for i in logLikelihoods.indices { logLikelihoods[i] += other.logLikelihoods[i] }
    for i in entropies.indices { entropies[i] += other.entropies[i] }
  }
}

/// Calls `body` with a pointer to the elements, nil where there is no array.
private func withOptionalPointer(_ array: [Double]?, _ body: (UnsafePointer<Double>?) -> Void) {
  guard let array else { return body(nil) }
  array.withUnsafeBufferPointer { body($0.baseAddress) }
}

import Recordings

extension Snippets {
  /// The mean of some snippets: frames × channels.
  func mean(of spikes: some Collection<Int>) -> [Double] {
    var sum = [Double](repeating: 0, count: size)
    samples.withUnsafeBufferPointer { samples in
      sum.withUnsafeMutableBufferPointer { sum in
        for n in spikes {
          let start = n * size
          for i in 0..<size { sum[i] += Double(samples[start + i]) }
        }
      }
    }
    let scale = 1 / Double(max(spikes.count, 1))
    return sum.map { $0 * scale }
  }

  /// The standard deviation of some snippets around their mean: frames × channels.
  func deviation(of spikes: [Int], mean: [Double]) -> [Double] {
    var sum = [Double](repeating: 0, count: size)
    samples.withUnsafeBufferPointer { samples in
      sum.withUnsafeMutableBufferPointer { sum in
        for n in spikes {
          let start = n * size
          for i in 0..<size {
            let difference = Double(samples[start + i]) - mean[i]
            sum[i] += difference * difference
          }
        }
      }
    }
    return sum.map { ($0 / Double(max(spikes.count - 1, 1))).squareRoot() }
  }

  /// The variance of snippets around the mean of their neighbours in time, over the noise's variance.
  ///
  /// Spikes are taken in runs of `run`, so that slow drift of the waveform does not count as scatter.
  /// - Parameter spikes: indices in order of time.
  /// - Returns: nil for fewer than 10 spikes.
  func residualVariance(of spikes: [Int], noise: [Double], run: Int = 100) -> Double? {
    guard spikes.count >= 10 else { return nil }
    let inverse = noise.map { 1 / max($0 * $0, .leastNormalMagnitude) }
    let runs = max(1, spikes.count / run)
    var total = 0.0
    var freedom = 0
    for r in 0..<runs {
      let members = spikes[r * spikes.count / runs..<(r + 1) * spikes.count / runs]
      let mean = mean(of: members)
      samples.withUnsafeBufferPointer { samples in
        for n in members {
          let start = n * size
          var sum = 0.0
          for i in 0..<size {
            let difference = Double(samples[start + i]) - mean[i]
            sum += difference * difference * inverse[i % channels]
          }
          total += sum
        }
      }
      freedom += members.count - 1
    }
    return total / Double(freedom * size)
  }

  /// The scatter that most of some snippets have: the median over them of the mean square around the median waveform of
  /// their neighbours in time, over the noise's variance.
  ///
  /// A few snippets that an artefact runs through do not move it.
  /// - Parameter spikes: indices in order of time.
  /// - Returns: nil for fewer than 10 spikes.
  func typicalResidualVariance(of spikes: [Int], noise: [Double], run: Int = 100) -> Double? {
    guard spikes.count >= 10 else { return nil }
    let inverse = noise.map { 1 / max($0 * $0, .leastNormalMagnitude) }
    let runs = max(1, spikes.count / run)
    let squares = (0..<runs).flatMap { r -> [Double] in
      let members = spikes[r * spikes.count / runs..<(r + 1) * spikes.count / runs]
      let middle = (0..<size).map { i in
        Double(members.map { samples[$0 * size + i] }.sorted()[members.count / 2])
      }
      return members.map { n in
        (0..<size).reduce(0.0) { sum, i in
          let difference = Double(samples[n * size + i]) - middle[i]
          return sum + difference * difference * inverse[i % channels]
        } / Double(size)
      }
    }
    return squares.sorted()[squares.count / 2]
  }

  /// The channel of the largest deflection of a mean waveform, by its size over the noise where that is known.
  func peakChannel(of mean: [Double], noise: [Double]?) -> Int {
    var best = (channel: 0, size: -Double.infinity)
    for c in 0..<channels {
      let size = abs(mean[trough * channels + c]) / (noise?[c] ?? 1)
      if size > best.size { best = (c, size) }
    }
    return best.channel
  }
}

public import LinearAlgebra
internal import Recordings

/// Spikes as points: few numbers a spike.
public struct SpikeFeatures: Sendable, Equatable {
  /// Spikes × features.
  public let scores: Matrix
  /// The components the features are scores of, one for each of `channels`. Empty where there are fewer than two
  /// spikes, whose scores are zeros.
  public let components: [PrincipalComponents]
  /// The channels the features are made of; dead and repeated ones are left out.
  public let channels: [Int]
}

extension DetectedSpikes {
  /// The spikes the components are fitted on: at most 20,000 evenly spaced ones, fewer where snippets are long.
  private var fittedSpikes: [Int] {
    let most = min(20_000, max(2000, 4_000_000 / max(1, snippetLength)))
    let wanted = min(count, most)
    return (0..<wanted).map { $0 * count / wanted }
  }

  private var usedChannels: [Int] {
    let faulty = noise.faults.map(\.channel)
    return (0..<channelCount).filter { !faulty.contains($0) }
  }

  /// The lab's features: principal components of each channel's snippets by themselves.
  ///
  /// - Parameter componentsPerChannel: 3 in the lab; at most the frames of a snippet are made.
  /// - Returns: the features of the first channel, then of the next: with 3 a channel, the first component of each
  ///   channel is column 0, 3, 6, 9.
  /// - Throws: `LinearAlgebraError`.
  /// - Complexity: O(spikes × snippet length × features).
  public func channelFeatures(
    componentsPerChannel: Int = 3, threads: Int = Parallel.defaultThreads
  ) throws -> SpikeFeatures {
    let channels = usedChannels
    let each = min(componentsPerChannel, window.count)
    guard count > 1 else { return nothing(channels, features: channels.count * each) }
    let sample = fittedSpikes
    var projection = Matrix(rows: snippetLength, columns: channels.count * each)
    var components: [PrincipalComponents] = []
    for (place, channel) in channels.enumerated() {
      var observations = Matrix(rows: sample.count, columns: window.count)
      for (row, spike) in sample.enumerated() {
        for frame in 0..<window.count {
          observations[row, frame] = Double(snippets[spike * snippetLength + frame * channelCount + channel])
        }
      }
      let pca = try PrincipalComponents(of: observations, count: each)
      for component in 0..<each {
        for frame in 0..<window.count {
          projection[frame * channelCount + channel, place * each + component] =
            pca.components[component, frame]
        }
      }
      components.append(pca)
    }
    let means = components.flatMap { pca in
      (0..<each).map { row in zip(pca.components.row(row), pca.mean).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    return SpikeFeatures(
      scores: projected(by: projection, minus: means, threads: threads), components: components,
      channels: channels)
  }

  private func nothing(_ channels: [Int], features: Int) -> SpikeFeatures {
    SpikeFeatures(scores: Matrix(rows: count, columns: features), components: [], channels: channels)
  }

  /// Every snippet times a projection, less a constant: spikes × features.
  private func projected(by projection: Matrix, minus constant: [Double], threads: Int) -> Matrix {
    let size = 1024
    let length = snippetLength
    let blocks = (count + size - 1) / size
    var scores = Matrix(rows: count, columns: projection.columns)
    scores.storage.withUnsafeMutableBufferPointer { all in
      guard let base = all.baseAddress else { return }
      // Every block writes its own spikes' rows.
      let target = SharedPointer(base)
      Parallel.forEach(count: blocks, threads: threads) { (block: Int) -> Void in
        let spikes = (block * size)..<min((block + 1) * size, count)
        let values = Matrix(
          rows: spikes.count, columns: length,
          storage: snippets[(spikes.lowerBound * length)..<(spikes.upperBound * length)].map(Double.init))
        let part = Matrix.product(values, projection)
        for row in 0..<part.rows {
          let start = (spikes.lowerBound + row) * part.columns
          for column in 0..<part.columns { target[start + column] = part[row, column] - constant[column] }
        }
      }
    }
    return scores
  }
}

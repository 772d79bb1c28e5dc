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
    let most = min(20_000, max(2000, 4_000_000 / max(1, snippets.size)))
    let wanted = min(count, most)
    return (0..<wanted).map { $0 * count / wanted }
  }

  private var usedChannels: [Int] {
    let faulty = noise.faults.map(\.channel)
    return (0..<snippets.channels).filter { !faulty.contains($0) }
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
    let (channels, each) = (usedChannels, min(componentsPerChannel, snippets.frames))
    guard count > 1 else { return nothing(channels, features: channels.count * each) }
    let basis = try channelBasis(channels, each: each)
    let scores = projected(by: basis.projection, minus: basis.means, threads: threads) { $0 }
    return SpikeFeatures(
      scores: Matrix(rows: count, columns: basis.projection.columns, storage: scores),
      components: basis.components, channels: channels)
  }

  /// The same features in single precision, for what stores and draws them: half the memory, and none beside it.
  ///
  /// - Returns: the scores, spikes × features, and the share of its channel's variance that each component explains:
  ///   a row a channel.
  /// - Throws: `LinearAlgebraError`.
  public func singlePrecisionChannelFeatures(
    componentsPerChannel: Int = 3, threads: Int = Parallel.defaultThreads
  ) throws -> (scores: [Float], explainedVariance: [[Double]]) {
    let (channels, each) = (usedChannels, min(componentsPerChannel, snippets.frames))
    guard count > 1 else { return ([Float](repeating: 0, count: count * channels.count * each), []) }
    let basis = try channelBasis(channels, each: each)
    return (
      projected(by: basis.projection, minus: basis.means, threads: threads) { Float($0) },
      basis.components.map(\.explainedVarianceRatio)
    )
  }

  /// What takes a snippet to its channels' first components: samples × features, and what is subtracted then.
  private func channelBasis(
    _ channels: [Int], each: Int
  ) throws -> (projection: Matrix, means: [Double], components: [PrincipalComponents]) {
    let sample = fittedSpikes
    var projection = Matrix(rows: snippets.size, columns: channels.count * each)
    var components: [PrincipalComponents] = []
    for (place, channel) in channels.enumerated() {
      var observations = Matrix(rows: sample.count, columns: snippets.frames)
      for (row, spike) in sample.enumerated() {
        for frame in 0..<snippets.frames {
          observations[row, frame] = Double(
            snippets.samples[spike * snippets.size + frame * snippets.channels + channel])
        }
      }
      let pca = try PrincipalComponents(of: observations, count: each)
      for component in 0..<each {
        for frame in 0..<snippets.frames {
          projection[frame * snippets.channels + channel, place * each + component] =
            pca.components[component, frame]
        }
      }
      components.append(pca)
    }
    let means = components.flatMap { pca in
      (0..<each).map { row in innerProduct(pca.components.row(row), pca.mean) }
    }
    return (projection, means, components)
  }

  private func nothing(_ channels: [Int], features: Int) -> SpikeFeatures {
    SpikeFeatures(scores: Matrix(rows: count, columns: features), components: [], channels: channels)
  }

  /// Every snippet times a projection, less a constant: spikes × features.
  private func projected<Score: BinaryFloatingPoint & Sendable>(
    by projection: Matrix, minus constant: [Double], threads: Int, as score: @Sendable (Double) -> Score
  ) -> [Score] {
    let size = 1024
    let length = snippets.size
    let blocks = (count + size - 1) / size
    var scores = [Score](repeating: 0, count: count * projection.columns)
    scores.withUnsafeMutableBufferPointer { all in
      guard let base = all.baseAddress else { return }
      // Every block writes its own spikes' rows.
      let target = SharedPointer(base)
      Parallel.forEach(count: blocks, threads: threads) { (block: Int) -> Void in
        let spikes = (block * size)..<min((block + 1) * size, count)
        let values = Matrix(
          rows: spikes.count, columns: length,
          storage: snippets.samples[(spikes.lowerBound * length)..<(spikes.upperBound * length)].map(
            Double.init))
        let part = Matrix.product(values, projection)
        for row in 0..<part.rows {
          let start = (spikes.lowerBound + row) * part.columns
          for column in 0..<part.columns {
            target[start + column] = score(part[row, column] - constant[column])
          }
        }
      }
    }
    return scores
  }
}

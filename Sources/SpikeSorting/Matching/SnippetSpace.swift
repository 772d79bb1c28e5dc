import LinearAlgebra
import Recordings
import SpikeDetection

/// The space of whitened snippets, and the axes in it that the mixture sees.
///
/// In whitened snippets the noise has variance 1 on every channel. Raw snippets are never copied whole: what is
/// needed of them along some directions comes from one product with those directions as seen from raw samples.
struct SnippetSpace: Sendable {
  /// Frames of a snippet.
  let frames: Int
  /// Channels of a snippet.
  let channels: Int
  /// channels × channels: a raw frame as a row times this is white.
  let whitening: Matrix
  /// The mean whitened snippet.
  let mean: [Double]
  /// Orthonormal directions, one a row: dimensions × samples of a snippet.
  private(set) var axes: Matrix

  /// Components are fitted on at most this many spikes, evenly spaced: a covariance of 160 samples needs no more.
  static let sampleSize = 20_000

  /// Samples of a snippet.
  var size: Int { frames * channels }

  /// The first principal components of the whitened snippets.
  init(of detected: DetectedSpikes, dimensions: Int) throws {
    frames = detected.snippets.frames
    channels = detected.snippets.channels
    whitening = detected.noise.whitening
    let size = frames * channels
    let count = min(detected.count, Self.sampleSize)
    let sample = Self.whitened(
      (0..<count).map { $0 * detected.count / count }, of: detected, whitening: detected.noise.whitening)
    guard sample.rows > 1 else {
      mean = sample.rows > 0 ? Array(sample.row(0)) : [Double](repeating: 0, count: size)
      axes = Matrix.identity(size).selecting(rows: 0..<min(dimensions, size))
      return
    }
    let components = try PrincipalComponents(of: sample, count: min(dimensions, size))
    mean = components.mean
    axes = components.components
  }

  /// Adds an axis along what of a direction the axes do not hold yet.
  ///
  /// - Returns: whether more than `least` of the unit direction was new.
  mutating func addAxis(along direction: [Double], least: Double) -> Bool {
    var rest = direction
    let length = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return false }
    for i in rest.indices { rest[i] /= length }
    for (p, along) in (axes * rest).enumerated() {
      for i in rest.indices { rest[i] -= along * axes[p, i] }
    }
    let fresh = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard fresh > least else { return false }
    axes = Matrix(
      rows: axes.rows + 1, columns: axes.columns, storage: axes.storage + rest.map { $0 / fresh })
    return true
  }

  /// Some spikes' whitened snippets: spikes × samples.
  func whitened(_ spikes: [Int], of detected: DetectedSpikes) -> Matrix {
    Self.whitened(spikes, of: detected, whitening: whitening)
  }

  private static func whitened(_ spikes: [Int], of detected: DetectedSpikes, whitening: Matrix) -> Matrix {
    var elements: [Double] = []
    elements.reserveCapacity(spikes.count * detected.snippets.size)
    for n in spikes { elements.append(contentsOf: detected.snippets[n].lazy.map(Double.init)) }
    let flat = Matrix(
      rows: spikes.count * detected.snippets.frames, columns: whitening.rows, storage: elements)
    return Matrix(rows: spikes.count, columns: detected.snippets.size, storage: (flat * whitening).storage)
  }

  /// A whitened snippet from raw sums: a row of frames × channels times the whitening.
  func whitened(_ raw: [Double]) -> [Double] {
    (Matrix(rows: frames, columns: channels, storage: raw) * whitening).storage
  }

  /// Directions in whitened space (one a row) as seen from raw samples: samples × directions.
  func seenFromRaw(_ directions: Matrix) -> Matrix {
    var result = Matrix(rows: size, columns: directions.rows)
    for p in 0..<directions.rows {
      for f in 0..<frames {
        for c in 0..<channels {
          var sum = 0.0
          for w in 0..<channels { sum += whitening[c, w] * directions[p, f * channels + w] }
          result[f * channels + c, p] = sum
        }
      }
    }
    return result
  }

  /// Every spike along the axes, less the mean: spikes × dimensions.
  func features(of detected: DetectedSpikes, threads: Int) -> Matrix {
    let shift = axes * mean
    return projections(of: detected, spikes: Array(0..<detected.count), along: axes, threads: threads) {
      _, p in shift[p]
    }
  }

  /// Some spikes along whitened directions, each less a shift of its own.
  ///
  /// - Parameter shift: what is taken off for a place in `spikes` and a direction.
  func projections(
    of detected: DetectedSpikes, spikes: [Int], along directions: Matrix, threads: Int,
    less shift: @Sendable (Int, Int) -> Double
  ) -> Matrix {
    let raw = seenFromRaw(directions)
    let block = 2048
    var scores = Matrix(rows: spikes.count, columns: directions.rows)
    scores.storage.withUnsafeMutableBufferPointer { all in
      guard let base = all.baseAddress else { return }
      // Every block writes its own spikes' rows.
      let target = SharedPointer(base)
      Parallel.forEach(count: (spikes.count + block - 1) / block, threads: threads) { (b: Int) -> Void in
        let range = b * block..<min((b + 1) * block, spikes.count)
        var samples: [Double] = []
        samples.reserveCapacity(range.count * size)
        for n in range { samples.append(contentsOf: detected.snippets[spikes[n]].lazy.map(Double.init)) }
        let part = Matrix(rows: range.count, columns: size, storage: samples) * raw
        for row in 0..<part.rows {
          let place = range.lowerBound + row
          for p in 0..<part.columns { target[place * part.columns + p] = part[row, p] - shift(place, p) }
        }
      }
    }
    return scores
  }
}

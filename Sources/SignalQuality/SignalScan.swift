internal import Foundation
internal import LinearAlgebra
internal import Recordings
internal import SpikeDetection

/// A deflection beyond the threshold.
struct Deflection: Sendable {
  var frame: Int
  /// On the wire where it is largest.
  var size: Float
  /// On the wire where it is smallest.
  var least: Float

  /// Whether the smallest wire has half of the largest.
  var isAlike: Bool { least > 0.5 * size }
}

/// What one pass over the filtered recording finds: levels of its windows, and its deflections.
struct SignalScan: Sendable {
  /// Where each window of a hop begins.
  var starts: [Int] = []
  /// The level of 40 ms from there on; nil where too little of it is good.
  var long: [NoiseLevel?] = []
  /// The level of 20 ms from there on.
  var short: [Double?] = []
  /// The largest of any wire, 1 ms apart.
  var deflections: [Deflection] = []
  /// Those of one sign on all wires, by the smallest wire, 0.5 ms apart.
  var uniform: [Deflection] = []
  /// Frames beyond the threshold on any wire, and all that are good.
  var beyond = 0
  var good = 0

  mutating func append(_ other: SignalScan) {
    starts += other.starts
    long += other.long
    short += other.short
    deflections += other.deflections
    uniform += other.uniform
    beyond += other.beyond
    good += other.good
  }
}

/// Passes over a recording, filtered as spikes are looked for in it.
struct SignalScanner: Sendable {
  let recording: any Recording
  /// The channels looked at.
  let channels: [Int]
  /// Frames that do not count.
  let ignored: FrameSet
  let filter: StreamingFilter
  /// What each channel's samples are divided by when counted.
  private(set) var units: [Float]
  /// The noise deviation, geometric mean over channels.
  private(set) var noise = 0.0

  /// The threshold of deflections in noise deviations, and that of uniform ones.
  static let threshold: Float = 5
  static let uniformThreshold: Float = 4
  /// Hops of the windows, 10 ms, and those of one piece.
  private static let hopSeconds = 0.01
  private static let hopsOfPiece = 200
  private static let longHops = 4
  /// Samples counted a second: neighbours nearer than this say the same in the band of spikes.
  private static let countedRate = 15_000.0
  /// Pieces that say how large the noise is.
  private static let samplePieces = 12

  var hop: Int { max(1, Int(Self.hopSeconds * recording.samplingRate)) }

  init(
    _ recording: any Recording, channels: [Int], ignored: FrameSet, filter: StreamingFilter, threads: Int
  ) throws {
    self.recording = recording
    self.channels = channels
    self.ignored = ignored
    self.filter = filter
    units = [Float](repeating: 1, count: channels.count)
    let all = pieces
    let wanted = min(all.count, Self.samplePieces)
    let sample = (0..<wanted).map { all[(2 * $0 + 1) * all.count / (2 * wanted)] }
    let sizes = try Parallel.map(count: sample.count, threads: threads) {
      [self] (i: Int) throws -> [[Double]] in
      try self.sizes(of: sample[i])
    }
    // By the first quartile, which neither spikes nor bursts fill.
    units = channels.indices.map { c in
      let own = sizes.flatMap { $0[c] }.sorted()
      let deviation = own.isEmpty ? 0 : own[own.count / 4] / NoiseLevel.quartile
      return deviation > 0 ? Float(deviation) : 1
    }
    noise =
      sizes.allSatisfy { $0.allSatisfy(\.isEmpty) }
      ? 0 : exp(units.reduce(0) { $0 + log(Double($1)) } / Double(max(units.count, 1)))
  }

  /// A part of a segment, whole hops but for the last.
  struct Piece: Sendable {
    var frames: Range<Int>
    var segment: Range<Int>
  }

  private var pieces: [Piece] {
    recording.segments.flatMap { segment in
      stride(from: segment.lowerBound, to: segment.upperBound, by: hop * Self.hopsOfPiece).map {
        Piece(frames: $0..<min($0 + hop * Self.hopsOfPiece, segment.upperBound), segment: segment)
      }
    }
  }

  /// The whole recording.
  func scan(threads: Int) throws -> SignalScan {
    let all = pieces
    var result = SignalScan()
    for first in stride(from: 0, to: all.count, by: 64) {
      let batch = all[first..<min(first + 64, all.count)]
      let found = try Parallel.map(count: batch.count, threads: threads) { (i: Int) throws -> SignalScan in
        try scan(batch[batch.startIndex + i])
      }
      for part in found { result.append(part) }
    }
    return result
  }

  /// The filtered samples of some frames, all channels of the recording, interleaved.
  func filtered(_ frames: Range<Int>, of segment: Range<Int>) throws -> [Float] {
    let count = frames.count * recording.channelCount
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      try filter.filter(
        FilterBlock(frames: frames, segment: segment), of: recording,
        into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }

  /// Every 25th absolute value of the channels in a piece.
  private func sizes(of piece: Piece) throws -> [[Double]] {
    let samples = try filtered(piece.frames, of: piece.segment)
    let width = recording.channelCount
    let frames = stride(from: 0, to: piece.frames.count, by: 25).filter {
      !ignored.contains(piece.frames.lowerBound + $0)
    }
    return channels.map { channel in frames.map { Double(abs(samples[$0 * width + channel])) } }
  }

  /// One piece, with the frames around it that its windows and deflections reach into.
  private func scan(_ piece: Piece) throws -> SignalScan {
    let apart = Int(0.001 * recording.samplingRate)
    let reach = piece.frames.lowerBound - apart..<piece.frames.upperBound + max(apart, hop * Self.longHops)
    let frames = reach.clamped(to: piece.segment)
    let samples = try filtered(frames, of: piece.segment)
    var isGood = [Bool](repeating: true, count: frames.count)
    for stretch in ignored.stretches(touching: frames) {
      for frame in stretch.clamped(to: frames) { isGood[frame - frames.lowerBound] = false }
    }
    var result = SignalScan()
    levels(of: samples, isGood, frames, piece, into: &result)
    guard noise > 0 else { return result }
    deflections(of: samples, isGood, frames, piece, into: &result)
    return result
  }

  private func levels(
    of samples: [Float], _ isGood: [Bool], _ frames: Range<Int>, _ piece: Piece, into result: inout SignalScan
  ) {
    let (width, hop) = (recording.channelCount, hop)
    let first = piece.frames.lowerBound - frames.lowerBound
    let step = max(1, Int(recording.samplingRate / Self.countedRate))
    let hopCount = (frames.count - first) / hop
    guard hopCount > 0 else { return }
    let counts = (0..<hopCount).map { h -> [SizeCounts] in
      zip(channels, units).map { channel, unit in
        var counts = SizeCounts()
        let scale = 1 / unit
        samples.withUnsafeBufferPointer { samples in
          for i in stride(from: first + h * hop, to: first + (h + 1) * hop, by: step) where isGood[i] {
            counts.add(abs(samples[i &* width &+ channel]) * scale)
          }
        }
        return counts
      }
    }
    let logUnits = units.map { log(Double($0)) }
    func level(_ h: Int, hops: Int, fills: Bool) -> NoiseLevel? {
      guard h + hops <= hopCount else { return nil }
      let sums = channels.indices.map { c in
        (h + 1..<h + hops).reduce(into: counts[h][c]) { $0.add(counts[$1][c]) }
      }
      return NoiseLevel(sums, logUnits: logUnits, fewest: hop * hops / step / 4, fills: fills)
    }
    for h in 0..<min(hopCount, (piece.frames.count + hop - 1) / hop) {
      result.starts.append(piece.frames.lowerBound + h * hop)
      result.long.append(level(h, hops: Self.longHops, fills: true))
      result.short.append(level(h, hops: 2, fills: false)?.level)
    }
  }

  private func deflections(
    of samples: [Float], _ isGood: [Bool], _ frames: Range<Int>, _ piece: Piece, into result: inout SignalScan
  ) {
    let sigma = Float(noise)
    let (largest, least) = sizes(of: samples, isGood, limit: Self.uniformThreshold * sigma)
    let inside = piece.frames.lowerBound - frames.lowerBound..<piece.frames.upperBound - frames.lowerBound
    result.good += isGood[inside].count { $0 }
    result.beyond += largest[inside].count { $0 > Self.threshold * sigma }
    func found(_ sizes: [Float], above limit: Float, apart: Int) -> [Deflection] {
      peaks(of: sizes, above: limit, apart: apart, in: inside).map { i in
        let around = max(0, i - 5)..<min(frames.count, i + 6)
        return Deflection(
          frame: frames.lowerBound + i, size: largest[around].max() ?? largest[i], least: least[i])
      }
    }
    let millisecond = max(1, Int(0.001 * recording.samplingRate))
    result.deflections = found(largest, above: Self.threshold * sigma, apart: millisecond)
    result.uniform = found(least, above: Self.uniformThreshold * sigma, apart: max(1, millisecond / 2))
  }

  /// Of every frame the largest absolute value over the channels, and the least where that is beyond a limit and all
  /// channels have one sign, else 0; of frames that do not count 0.
  private func sizes(
    of samples: [Float], _ isGood: [Bool], limit: Float
  ) -> (largest: [Float], least: [Float]) {
    let width = recording.channelCount
    var largest = [Float](repeating: 0, count: isGood.count)
    var least = largest
    samples.withUnsafeBufferPointer { samples in
      channels.withUnsafeBufferPointer { channels in
        isGood.withUnsafeBufferPointer { isGood in
          for i in isGood.indices where isGood[i] {
            var (most, fewest, highest, lowest) = (Float(0), Float.infinity, -Float.infinity, Float.infinity)
            for channel in channels {
              let x = samples[i &* width &+ channel]
              let size = abs(x)
              most = size > most ? size : most
              fewest = size < fewest ? size : fewest
              highest = x > highest ? x : highest
              lowest = x < lowest ? x : lowest
            }
            largest[i] = most
            if fewest > limit, lowest > 0 || highest < 0 { least[i] = fewest }
          }
        }
      }
    }
    return (largest, least)
  }

  /// Places of values beyond a limit that are the largest so far around; of equal ones the first.
  private func peaks(of values: [Float], above limit: Float, apart: Int, in range: Range<Int>) -> [Int] {
    range.filter { i in
      let value = values[i]
      guard value > limit else { return false }
      for j in max(0, i - apart)..<min(values.count, i + apart + 1)
      where values[j] > value || j < i && values[j] == value {
        return false
      }
      return true
    }
  }
}

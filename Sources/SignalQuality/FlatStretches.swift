internal import Foundation
internal import LinearAlgebra
internal import Recordings

/// Stretches in which a channel holds one value for longer than chance would, or stands at the end of its range.
struct FlatStretches {
  let recording: any Recording
  let threads: Int

  /// No neuron holds a channel at the end of its range for so long: a trough at half its height lasts 0.1 to 0.5 ms.
  static let longestSpikeMilliseconds = 1.0
  /// Runs this short are never looked at: a trough that coarse counts flatten.
  private static let shortestRun = 4
  /// Frames of a piece that is read at once.
  private static let pieceFrames = 1 << 16
  /// Frames of one of the stretches that say how often chance repeats a value, and how many there are.
  private static let sampleFrames = 1 << 14
  private static let sampleCount = 24
  /// Runs from which a probability is taken.
  private static let fewestRuns = 1000

  /// A run of equal samples.
  private struct Run {
    var frames: Range<Int>
    var value: Float
  }

  /// The smallest or largest values of a channel, how often it takes the outermost and the next.
  private struct Rail {
    var outer: Float?
    var next: Float?
    var outerCount = 0
    var nextCount = 0

    /// Values pile up at a rail; in a tail the outermost is as rare as the next.
    var isRail: Bool { outerCount > 20 + 20 * nextCount }

    /// Counts a value; `isBeyond` says whether the first lies further out than the second.
    mutating func add(_ value: Float, count: Int = 1, _ isBeyond: (Float, Float) -> Bool) {
      guard let outer else {
        (self.outer, outerCount) = (value, count)
        return
      }
      if value == outer {
        outerCount += count
      } else if isBeyond(value, outer) {
        (next, nextCount) = (outer, outerCount)
        (self.outer, outerCount) = (value, count)
      } else if value == next {
        nextCount += count
      } else if next == nil || next.map({ isBeyond(value, $0) }) == true {
        (next, nextCount) = (value, count)
      }
    }

    mutating func add(_ other: Rail, _ isBeyond: (Float, Float) -> Bool) {
      if let value = other.outer { add(value, count: other.outerCount, isBeyond) }
      if let value = other.next { add(value, count: other.nextCount, isBeyond) }
    }
  }

  /// What a piece of one channel holds.
  private struct Piece {
    var runs: [Run] = []
    var low = Rail()
    var high = Rail()
  }

  /// The stretches of every channel.
  func found() throws -> [ArtifactStretch] {
    let channels = recording.channelCount
    let chance = try chanceRuns()
    let spike = Int((Self.longestSpikeMilliseconds * recording.samplingRate / 1000).rounded(.up))
    let shortest = chance.map { max(Self.shortestRun, min($0, spike)) }
    let starts = Array(stride(from: 0, to: recording.frameCount, by: Self.pieceFrames))
    let pieces = try Parallel.map(count: starts.count, threads: threads) { (i: Int) throws -> [Piece] in
      let frames = starts[i]..<min(starts[i] + Self.pieceFrames, recording.frameCount)
      let samples = try recording.read(frames: frames)
      return (0..<channels).map { piece(of: samples, frames, channel: $0, runsFrom: shortest[$0]) }
    }
    var found: [ArtifactStretch] = []
    for channel in 0..<channels {
      let own = pieces.map { $0[channel] }
      var (low, high) = (Rail(), Rail())
      for piece in own {
        low.add(piece.low, <)
        high.add(piece.high, >)
      }
      for run in Self.joined(own.map(\.runs)) {
        let isRail = low.isRail && run.value == low.outer || high.isRail && run.value == high.outer
        guard run.frames.count >= (isRail ? spike : max(chance[channel], Self.shortestRun)) else { continue }
        found.append(
          ArtifactStretch(
            frames: run.frames, reason: isRail && !isSilence(run) ? .clipped : .constant, channels: [channel])
        )
      }
    }
    return found
  }

  /// A rail that is held for a quarter of a second is no clipped wave but an input that is off.
  private func isSilence(_ run: Run) -> Bool { Double(run.frames.count) > 0.25 * recording.samplingRate }

  private func piece(of samples: [Float], _ frames: Range<Int>, channel: Int, runsFrom shortest: Int) -> Piece
  {
    var piece = Piece()
    let width = recording.channelCount
    samples.withUnsafeBufferPointer { samples in
      var start = 0
      var value = samples[channel]
      // Most values are no candidates for a rail.
      var (low, high) = (Float.infinity, -Float.infinity)
      for i in 1...frames.count {
        let next = i < frames.count ? samples[i * width + channel] : .nan
        if next == value { continue }
        let count = i - start
        if count >= shortest || start == 0 || i == frames.count {
          piece.runs.append(Run(frames: frames.lowerBound + start..<frames.lowerBound + i, value: value))
        }
        if value <= low {
          piece.low.add(value, count: count, <)
          low = piece.low.next ?? .infinity
        }
        if value >= high {
          piece.high.add(value, count: count, >)
          high = piece.high.next ?? -.infinity
        }
        (start, value) = (i, next)
      }
    }
    return piece
  }

  /// The runs of neighbouring pieces, those across a border as one.
  private static func joined(_ pieces: [[Run]]) -> [Run] {
    var all: [Run] = []
    for run in pieces.joined() {
      if let last = all.last, last.frames.upperBound == run.frames.lowerBound, last.value == run.value {
        all[all.count - 1].frames = last.frames.lowerBound..<run.frames.upperBound
      } else {
        all.append(run)
      }
    }
    return all
  }

  /// For every channel the shortest run that chance makes fewer than `falseFindings` times: a run goes on with the largest
  /// probability seen among short ones. Runs are counted and not frames, so that long ones do not weigh.
  private func chanceRuns() throws -> [Int] {
    let channels = recording.channelCount
    let length = min(Self.sampleFrames, recording.frameCount)
    var counts = [[Int]](repeating: [Int](repeating: 0, count: 10), count: channels)
    for i in 0..<Self.sampleCount {
      let start = (recording.frameCount - length) * i / max(1, Self.sampleCount - 1)
      let frames = start..<start + length
      let samples = try recording.read(frames: frames)
      for channel in 0..<channels {
        for run in piece(of: samples, frames, channel: channel, runsFrom: 1).runs {
          counts[channel][min(run.frames.count, 9)] += 1
        }
      }
      if length == recording.frameCount { break }
    }
    let samples = Double(recording.frameCount) * Double(channels)
    return counts.map { counts in
      // Runs of at least so many frames.
      let atLeast = (0...9).map { counts[$0...].reduce(0, +) }
      let seen = (1...7).filter { atLeast[$0] >= Self.fewestRuns }
      let share = seen.map { Double(atLeast[$0 + 1]) / Double(atLeast[$0]) }.max() ?? 0.9
      let goesOn = min(max(share, 1e-4), 0.999)
      return 1 + Int((log(samples / ArtifactSearch.falseFindings) / -log(goesOn)).rounded(.up))
    }
  }
}

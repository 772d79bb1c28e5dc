internal import Recordings

/// The search for spikes in a stretch of filtered samples.
struct SpikeSearch: Sendable {
  let statistic: PeakStatistic
  let threshold: Float
  let lockout: Int
  let window: SnippetWindow
  let channelCount: Int
  /// nil where snippets are cut at whole frames.
  let interpolation: Interpolation?
  /// The recording's frames that no snippet may touch.
  let excluded: FrameSet

  /// How far from a frame the search looks, so far must samples be known on both sides of the frames searched.
  var reach: Int { max(lockout + oppositeReach, max(window.before, window.after) + taps) + 1 }

  /// Where spikes of both signs are looked for, a deflection so near to a larger one of the other sign is a part of that
  /// spike: what comes before or after its largest, within its snippet.
  private var oppositeReach: Int { statistic.sign == .both ? max(window.before, window.after) : 0 }

  private var taps: Int { interpolation == nil ? 0 : Interpolation.reach }

  /// Spikes found in some frames.
  struct Spikes: Sendable {
    var frames: [Int] = []
    /// Their snippets, one after the other.
    var samples: [Float] = []
    var cutOffCount = 0
  }

  /// Finds the spikes whose troughs lie in some frames.
  ///
  /// - Parameters:
  ///   - frames: the frames searched, numbered from the stretch's first.
  ///   - samples: the stretch, interleaved.
  ///   - depths: the depth of every frame of the stretch.
  ///   - first: the stretch's first frame as numbered in the recording.
  func find(
    in frames: Range<Int>, samples: UnsafeBufferPointer<Float>, depths: UnsafeBufferPointer<Float>, first: Int
  ) -> Spikes {
    var found = Spikes()
    for frame in largestDeflections(in: frames, samples: samples, depths: depths) {
      guard frame - window.before - taps >= 0, frame + window.after + taps <= depths.count else {
        found.cutOffCount += 1
        continue
      }
      guard !excluded.overlaps(first + frame - window.before..<first + frame + window.after) else { continue }
      let peak = statistic.signedPeak(at: frame, in: samples)
      let offset = offset(of: peak, at: frame, in: samples)
      found.frames.append(first + frame)
      cut(at: frame, offset: offset, from: samples, into: &found.samples)
    }
    return found
  }

  /// The frames of deflections that are the largest of their spike.
  private func largestDeflections(
    in frames: Range<Int>, samples: UnsafeBufferPointer<Float>, depths: UnsafeBufferPointer<Float>
  ) -> [Int] {
    let around = (frames.lowerBound - oppositeReach..<frames.upperBound + oppositeReach).clamped(
      to: 0..<depths.count)
    let peaks = depths.peaks(above: threshold, lockout: lockout, in: around)
    guard statistic.sign == .both else { return peaks }
    let isTrough = peaks.map { statistic.signedPeak(at: $0, in: samples).value < 0 }
    return peaks.indices.filter { i in
      frames.contains(peaks[i])
        && !hasLargerOpposite(i, step: -1, among: peaks, isTrough, depths)
        && !hasLargerOpposite(i, step: 1, among: peaks, isTrough, depths)
    }.map { peaks[$0] }
  }

  /// Whether one of the deflections before (step −1) or after (1) is larger, of the other sign and near.
  private func hasLargerOpposite(
    _ i: Int, step: Int, among peaks: [Int], _ isTrough: [Bool], _ depths: UnsafeBufferPointer<Float>
  ) -> Bool {
    var j = i + step
    while peaks.indices.contains(j), abs(peaks[j] - peaks[i]) <= oppositeReach {
      if isTrough[j] != isTrough[i], depths[peaks[j]] > depths[peaks[i]] { return true }
      j += step
    }
    return false
  }

  /// Where the trough lies between frames.
  private func offset(
    of peak: (channel: Int, value: Float), at frame: Int, in samples: UnsafeBufferPointer<Float>
  ) -> Double {
    guard let interpolation else { return 0 }
    let direction: Float = peak.value < 0 ? -1 : 1
    return interpolation.maximum(
      (-taps...taps).map { direction * statistic.deflection(peak.channel, frame: frame + $0, in: samples) })
  }

  /// Appends the snippet around a trough.
  private func cut(
    at frame: Int, offset: Double, from samples: UnsafeBufferPointer<Float>, into snippets: inout [Float]
  ) {
    let start = (frame - window.before) * channelCount
    let length = window.count * channelCount
    guard interpolation != nil else {
      snippets.append(contentsOf: samples[start..<(start + length)])
      return
    }
    let weights = Interpolation.weights(offset: offset)
    let at = snippets.count
    snippets.append(contentsOf: repeatElement(0, count: length))
    snippets.withUnsafeMutableBufferPointer { target in
      for (tap, weight) in weights.enumerated() {
        let from = start + (tap - taps) * channelCount
        for i in 0..<length { target[at &+ i] += weight * samples[from &+ i] }
      }
    }
  }
}

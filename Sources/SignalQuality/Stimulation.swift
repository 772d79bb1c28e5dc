internal import Foundation
internal import LinearAlgebra
internal import Recordings
internal import SpikeDetection

/// Periodic stimulation: what all its pulses have in common, and the frames that differ from pulse to pulse.
struct Stimulation {
  let scanner: SignalScanner
  let threads: Int

  private var recording: any Recording { scanner.recording }
  private var width: Int { recording.channelCount }
  /// Frames before the deflection a pulse is found by.
  private var lead: Int { Int(0.002 * recording.samplingRate) }

  /// Pulses that a waveform is made of.
  private static let mostPulses = 400
  /// The longest answer to a pulse, in seconds.
  private static let longestAnswer = 0.25
  /// Beyond so many noise deviations from pulse to pulse a frame is lost.
  private static let mostSpread = 1.5
  /// More deflections than this are thinned to the largest.
  private static let mostDeflections = 200_000

  /// The pulses, and what of every one is lost.
  func found(_ deflections: [Deflection]) throws -> (pulses: StimulationPulses, lost: FrameSet)? {
    guard let periods = Periods(largest(of: deflections), samplingRate: recording.samplingRate) else {
      return nil
    }
    let longest = min(periods.period - lead, Int(Self.longestAnswer * recording.samplingRate))
    guard longest > 0, let aligned = try aligned(periods, deflections) else { return nil }
    let frames = aligned.filter { segment(around: $0 - lead..<$0 + longest) != nil }
    guard frames.count >= Periods.fewestPulses else { return nil }
    return try averaged(frames, after: longest, period: periods.period)
  }

  private func largest(of deflections: [Deflection]) -> [Int] {
    guard deflections.count > Self.mostDeflections else { return deflections.map(\.frame) }
    let limit = deflections.map(\.least).sorted(by: >)[Self.mostDeflections]
    return deflections.filter { $0.least > limit }.map(\.frame)
  }

  private func segment(around frames: Range<Int>) -> Range<Int>? {
    recording.segments.first { $0.lowerBound <= frames.lowerBound && frames.upperBound <= $0.upperBound }
  }

  /// At most so many of some frames, evenly spread.
  private func sample(_ frames: [Int], _ most: Int) -> [Int] {
    let count = min(frames.count, most)
    return (0..<count).map { frames[$0 * frames.count / count] }
  }

  // MARK: Which deflections are pulses

  /// The pulses by their likeness: the median of the largest set of like candidates is found again at every deflection that
  /// a pulse may be, three quarters of its energy explained and half to one and a half times its size.
  private func aligned(_ periods: Periods, _ deflections: [Deflection]) throws -> [Int]? {
    let length = lead + min(periods.period - lead, 6 * lead)
    let candidates = try windows(sample(periods.pulses, 300), length: length, slack: 0).map(\.samples)
    guard candidates.count >= Periods.fewestPulses, var waveform = Self.likeMedian(candidates) else {
      return nil
    }
    var frames: [Int] = []
    for _ in 0..<2 {
      let found = try places(of: waveform, length: length, among: deflections, period: periods.period)
      guard found.count >= Periods.fewestPulses else { return nil }
      frames = found
      waveform = Self.median(
        try windows(sample(found, Self.mostPulses), length: length, slack: 0).map(\.samples))
    }
    return frames
  }

  /// The filtered samples around frames, of the channels looked at; frames near a segment's end are left out.
  private func windows(
    _ frames: [Int], length: Int, slack: Int
  ) throws -> [(frame: Int, samples: [Float])] {
    try Parallel.map(count: frames.count, threads: threads) { [self] (i: Int) throws -> (Int, [Float])? in
      let start = frames[i] - lead
      guard let segment = segment(around: start - slack..<start + length + slack) else { return nil }
      let samples = try scanner.filtered(start - slack..<start + length + slack, of: segment)
      return (
        frames[i],
        stride(from: 0, to: samples.count, by: width).flatMap { row in
          scanner.channels.map { samples[row + $0] }
        }
      )
    }.compactMap { $0 }
  }

  /// The median of the windows that are most like one of them; nil where too few are.
  private static func likeMedian(_ windows: [[Float]]) -> [Float]? {
    let energies = windows.map { $0.reduce(0) { $0 + $1 * $1 } }
    let like = windows.indices.map { i in
      windows.indices.filter { j in
        zip(windows[i], windows[j]).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } < 0.25
          * energies[i]
      }
    }
    guard let best = like.max(by: { $0.count < $1.count }), best.count >= Periods.fewestPulses else {
      return nil
    }
    return median(best.map { windows[$0] })
  }

  private static func median(_ windows: [[Float]]) -> [Float] {
    guard let size = windows.map(\.count).min() else { return [] }
    return (0..<size).map { i in Float(Noise.median(windows.map { Double($0[i]) })) }
  }

  /// Where the waveform is found among the deflections of its size.
  private func places(
    of waveform: [Float], length: Int, among deflections: [Deflection], period: Int
  ) throws -> [Int] {
    let energy = waveform.reduce(0) { $0 + $1 * $1 }
    let columns = scanner.channels.count
    let row = waveform[lead * columns..<(lead + 1) * columns]
    let size = row.reduce(Float.infinity) { min($0, abs($1)) }
    let slack = 8
    let likely = deflections.filter { $0.least > 0.4 * size && $0.least < 2 * size }.map(\.frame)
    var found: [(frame: Int, size: Float)] = []
    for first in stride(from: 0, to: likely.count, by: 1000) {
      let batch = try windows(
        Array(likely[first..<min(first + 1000, likely.count)]), length: length, slack: slack)
      for window in batch {
        var best = (shift: 0, along: -Float.infinity)
        for shift in 0...2 * slack {
          let part = window.samples[shift * columns..<(shift + length) * columns]
          let along = zip(part, waveform).reduce(Float(0)) { $0 + $1.0 * $1.1 } / energy
          if along > best.along { best = (shift, along) }
        }
        let part = window.samples[best.shift * columns..<(best.shift + length) * columns]
        let left = zip(part, waveform).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        if best.along > 0.5, best.along < 1.5, left < 0.25 * energy {
          found.append((window.frame + best.shift - slack, best.along))
        }
      }
    }
    // One pulse in two fifths of a period, the first.
    return found.map(\.frame).sorted().reduce(into: [Int]()) { kept, frame in
      if let last = kept.last, 5 * (frame - last) < 2 * period { return }
      kept.append(frame)
    }
  }

  // MARK: What they have in common

  private func averaged(
    _ frames: [Int], after longest: Int, period: Int
  ) throws -> (pulses: StimulationPulses, lost: FrameSet) {
    let chosen = sample(frames, Self.mostPulses)
    let length = lead + longest
    let all = Array(0..<width)
    let raw = try statistics(chosen, length: length, channels: all) {
      try recording.read(frames: $0)
    }
    let filtered = try statistics(chosen, length: length, channels: scanner.channels) {
      try scanner.filtered($0, of: segment(around: $0) ?? $0)
    }
    var waveform = raw.medians
    for channel in all {
      let before = (0..<max(1, lead / 2)).map { Double(waveform[$0 * width + channel]) }
      let baseline = Float(Noise.median(before))
      for i in 0..<length { waveform[i * width + channel] -= baseline }
    }
    // The standard error of a median, four times.
    let error = 4 * 1.25 / Float(chosen.count).squareRoot()
    let columns = scanner.channels.count
    let isAnswer = (0..<length).map { i in
      scanner.channels.allSatisfy { abs(waveform[i * width + $0]) > error * raw.deviations[i * width + $0] }
        || (0..<columns).allSatisfy {
          abs(filtered.medians[i * columns + $0]) > error * filtered.deviations[i * columns + $0]
        }
    }
    let end =
      isAnswer.suffix(lead).contains(true)
      ? length : min(length, (isAnswer.lastIndex(of: true) ?? 0) + lead)
    waveform.removeLast((length - end) * width)
    let fade = min(lead, end)
    for i in 0..<fade {
      let share = Float(i) / Float(max(fade - 1, 1))
      for channel in all { waveform[(end - 1 - i) * width + channel] *= share }
    }
    let starts = frames.map { $0 - lead }
    let lost = lostFrames(filtered.deviations, end: end)
    return (
      StimulationPulses(frames: starts, period: period, waveform: waveform, channelCount: width),
      FrameSet(starts.flatMap { start in lost.map { start + $0.lowerBound..<start + $0.upperBound } })
    )
  }

  /// The frames of a pulse in which most channels spread by far more than noise does.
  private func lostFrames(_ deviations: [Float], end: Int) -> [Range<Int>] {
    let columns = scanner.channels.count
    let limit = Float(Self.mostSpread * scanner.noise)
    let reach = Int(0.0003 * recording.samplingRate)
    let wide = (0..<end).filter { i in
      2 * (0..<columns).count { deviations[i * columns + $0] > limit } > columns
    }
    return FrameSet(wide.map { max(0, $0 - reach)..<min(end, $0 + reach + 1) }).stretches
  }

  /// The median over pulses of every sample and its robust deviation.
  private func statistics(
    _ frames: [Int], length: Int, channels: [Int], read: @Sendable (Range<Int>) throws -> [Float]
  ) throws -> (medians: [Float], deviations: [Float]) {
    let windows = try Parallel.map(count: frames.count, threads: threads) { (i: Int) throws -> [Float] in
      try read(frames[i] - lead..<frames[i] - lead + length)
    }
    let places = (0..<length).flatMap { i in channels.map { i * width + $0 } }
    let found = Parallel.map(count: places.count, threads: threads) { (p: Int) -> (Float, Float) in
      let values = windows.map { Double($0[places[p]]) }
      return (Float(Noise.median(values)), Float(Noise.deviation(values)))
    }
    return (found.map(\.0), found.map(\.1))
  }
}

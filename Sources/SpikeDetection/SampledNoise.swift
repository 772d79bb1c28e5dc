public import LinearAlgebra
public import Recordings

/// The noise of a recording and the sign of its spikes, judged by blocks spread evenly over it, as `detectSpikes` does.
///
/// - Throws: `SpikeDetectionError` for options that do not fit, and what reading throws.
public func sampleNoise(
  of recording: any Recording, options: DetectionOptions = DetectionOptions(),
  threads: Int = Parallel.defaultThreads
) throws -> (noise: NoiseModel, peakSign: PeakSign) {
  try options.check()
  let rate = recording.samplingRate
  let filter = StreamingFilter(
    try .butterworth(order: options.filterOrder, options.band(samplingRate: rate), samplingRate: rate))
  let sampled = try SampledNoise(recording, filter: filter, options: options, threads: threads)
  return (sampled.model, sampled.peakSign)
}

/// Filtered blocks spread evenly over a recording: what the noise, the sign and the number of spikes are judged by.
struct SampledNoise {
  let model: NoiseModel
  let peakSign: PeakSign
  /// About how many spikes the whole recording has.
  let expectedCount: Int

  /// At most so many blocks are looked at, fewer where there are many channels.
  private static func blockCount(channelCount: Int) -> Int { max(6, min(24, 128 / channelCount)) }

  init(
    _ recording: any Recording, filter: StreamingFilter, options: DetectionOptions, threads: Int
  ) throws {
    let excluded = recording.excludedFrames
    let all = filter.blocks(of: recording.segments).filter { excluded.count(in: $0.frames) < $0.frames.count }
    let wanted = min(all.count, Self.blockCount(channelCount: recording.channelCount))
    let blocks = (0..<wanted).map { all[(2 * $0 + 1) * all.count / (2 * wanted)] }
    let channelCount = recording.channelCount
    let (faults, used) = try Self.faults(of: recording, blocks: blocks)
    var prepare = BlockPreparation(filter: filter, reference: options.reference, used: used)
    // Frames that are left out are cut out here: what is left tells the noise, and how many spikes there are.
    func sample() throws -> [[Float]] {
      try Parallel.map(count: blocks.count, threads: threads) { [prepare] i in
        try prepare.samples(of: blocks[i], in: recording).withoutFrames(
          excluded.within(blocks[i].frames), channelCount: channelCount)
      }
    }
    var pieces = try sample()
    var found = try Self.noise(of: pieces, used: used, faults: faults, samplingRate: recording.samplingRate)
    let equalizer = try Equalizer(
      pieces, isQuiet: found.quiet, whitening: found.model.whitening, used: used, filter: filter.filter,
      samplingRate: recording.samplingRate)
    if let equalizer {
      prepare.equalizer = equalizer
      pieces = try sample()
      found = try Self.noise(of: pieces, used: used, faults: faults, samplingRate: recording.samplingRate)
      found.model.equalizer = equalizer
    }
    model = found.model
    let events = SampledEvents(
      pieces, model, options: options, frames: { Int($0 * recording.samplingRate / 1000) })
    peakSign = options.peakSign == .auto ? events.sign : options.peakSign
    let sampledFrames = blocks.reduce(0) { $0 + $1.frames.count - excluded.count(in: $1.frames) }
    expectedCount = Int(
      Double(events.count) * Double(recording.frameCount - excluded.count) / Double(max(1, sampledFrames)))
  }

  /// Dead and repeated channels in the raw samples of some blocks, and the channels left.
  private static func faults(
    of recording: any Recording, blocks: [FilterBlock]
  ) throws -> (faults: [ChannelFault], used: [Int]) {
    var check = ChannelCheck(channelCount: recording.channelCount)
    for block in blocks { check.add(try recording.read(frames: block.frames)) }
    let bad = check.faults.map(\.channel)
    let used = (0..<recording.channelCount).filter { !bad.contains($0) }
    guard !used.isEmpty else {
      throw SpikeDetectionError.noSignal(file: recording.name)
    }
    return (check.faults, used)
  }

  /// Deviations by the median absolute deviation of quiet frames, whitening by their covariance; and which frames are quiet.
  private static func noise(
    of pieces: [[Float]], used: [Int], faults: [ChannelFault], samplingRate: Double
  ) throws -> (model: NoiseModel, quiet: [[Bool]]) {
    let channelCount = used.count + faults.count
    let quiet = QuietFrames(pieces, channelCount: channelCount, used: used, samplingRate: samplingRate)
    let frames = QuietFrames.rows(of: pieces, quiet.isQuiet, channelCount: channelCount, used: used)
    let covariance =
      frames.count > used.count
      ? Matrix(rows: frames).covariance() : Matrix(diagonal: quiet.deviations.map { $0 * $0 })
    let scale = covariance.diagonal.reduce(0, +) / Double(used.count)
    let small = try Matrix.whitening(covariance: covariance, epsilon: max(1e-6 * scale, 1e-30))
    let white = Matrix.product(Matrix(rows: frames), small)
    var whitening = Matrix(rows: channelCount, columns: channelCount)
    var ownDeviations = [Double](repeating: 0, count: channelCount)
    var whiteDeviations = ownDeviations
    for (i, channel) in used.enumerated() {
      ownDeviations[channel] = quiet.deviations[i]
      whiteDeviations[channel] = Noise.deviation(white.column(i))
      for (j, other) in used.enumerated() { whitening[channel, other] = small[i, j] }
    }
    let model = NoiseModel(
      deviations: ownDeviations, whitening: whitening, whitenedDeviations: whiteDeviations, faults: faults)
    return (model, quiet.isQuiet)
  }
}

/// Events of either sign in filtered samples, and how many one sign alone would miss.
private struct SampledEvents {
  /// Those whose larger deflection is a trough or a peak.
  private var troughs = 0
  private var peaks = 0
  /// Those that are no noise, and of them those without a deflection of the other sign beyond the threshold.
  private var sure = 0
  private var onlyTroughs = 0
  private var onlyPeaks = 0

  /// Fewer that one sign alone would miss are spikes that overlap others.
  private static let leastShare = 0.02
  private static let fewest = 10

  /// - Parameter frames: the whole frames of some milliseconds.
  init(_ pieces: [[Float]], _ noise: NoiseModel, options: DetectionOptions, frames: (Double) -> Int) {
    func statistic(_ sign: PeakSign) -> PeakStatistic { PeakStatistic(noise, options: options, sign: sign) }
    let (both, negative, positive) = (statistic(.both), statistic(.negative), statistic(.positive))
    let threshold = Float(options.threshold)
    let reach = frames(max(options.beforeMilliseconds, options.afterMilliseconds))
    for piece in pieces {
      let depths = both.depths(of: piece)
      let (down, up) = (negative.depths(of: piece), positive.depths(of: piece))
      // Far enough apart to be different spikes.
      for frame in depths.peaks(above: threshold, lockout: frames(1)) {
        let isTrough = both.signedPeak(at: frame, in: piece).value < 0
        if isTrough { troughs += 1 } else { peaks += 1 }
        guard Double(depths[frame]) > QuietFrames.sureDepth else { continue }
        sure += 1
        let around = max(0, frame - reach)..<min(depths.count, frame + reach + 1)
        guard !(isTrough ? up : down)[around].contains(where: { $0 > threshold }) else { continue }
        if isTrough { onlyTroughs += 1 } else { onlyPeaks += 1 }
      }
    }
  }

  var count: Int { troughs + peaks }

  /// The sign that most events have as their larger deflection; both where either alone would miss some of the sure ones.
  var sign: PeakSign {
    let missed = min(onlyTroughs, onlyPeaks)
    if missed > Self.fewest, Double(missed) > Self.leastShare * Double(sure) { return .both }
    return peaks > troughs ? .positive : .negative
  }
}

extension [Float] {
  /// Interleaved samples without some of their frames.
  fileprivate func withoutFrames(_ frames: FrameSet, channelCount: Int) -> [Float] {
    guard !frames.isEmpty else { return self }
    return frames.outside(0..<count / channelCount).flatMap {
      self[$0.lowerBound * channelCount..<$0.upperBound * channelCount]
    }
  }
}

/// The way from a block of a recording to filtered, referenced samples.
struct BlockPreparation: Sendable {
  let filter: StreamingFilter
  let reference: ReferenceMode
  /// The channels that carry a signal.
  let used: [Int]
  /// Makes noise white in time; nil where it is.
  var equalizer: Equalizer?

  /// The samples of a block, interleaved.
  func samples(of block: FilterBlock, in recording: any Recording) throws -> [Float] {
    let count = block.frames.count * recording.channelCount
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      let target = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      try write(block, of: recording, into: target)
      initialized = count
    }
  }

  /// Writes the samples of a block, interleaved.
  func write(
    _ block: FilterBlock, of recording: any Recording, into samples: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard let equalizer else { return try writeReferenced(block, of: recording, into: samples) }
    let channelCount = recording.channelCount
    let (low, high) = (block.frames.lowerBound - equalizer.reach, block.frames.upperBound + equalizer.reach)
    let known = (low..<high).clamped(to: block.segment)
    // Beyond a segment's ends there is nothing.
    var wide = [Float](repeating: 0, count: (high - low) * channelCount)
    try wide.withUnsafeMutableBufferPointer { wide in
      let places =
        (known.lowerBound - low) * channelCount..<(known.upperBound - low) * channelCount
      try writeReferenced(
        FilterBlock(frames: known, segment: block.segment), of: recording,
        into: UnsafeMutableBufferPointer(rebasing: wide[places]))
    }
    equalizer.write(wide, into: samples)
  }

  private func writeReferenced(
    _ block: FilterBlock, of recording: any Recording, into samples: UnsafeMutableBufferPointer<Float>
  ) throws {
    try filter.filter(block, of: recording, into: samples)
    guard reference == .median, used.count > 1 else { return }
    let channelCount = recording.channelCount
    var values = [Float](repeating: 0, count: used.count)
    for start in stride(from: 0, to: samples.count, by: channelCount) {
      for (i, channel) in used.enumerated() { values[i] = samples[start + channel] }
      values.sort()
      let median = (values[(used.count - 1) / 2] + values[used.count / 2]) / 2
      for channel in used { samples[start + channel] -= median }
    }
  }
}

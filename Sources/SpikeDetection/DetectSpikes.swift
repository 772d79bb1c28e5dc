public import LinearAlgebra
public import Recordings

/// Finds, aligns and cuts the spikes of a recording.
///
/// Blocks spread over the recording tell the noise, then one pass reads, filters, detects and cuts. A spike is a frame
/// whose largest deflection over the channels, in noise deviations, is above the threshold and the largest within the
/// lockout on both sides. The result is the same bits for any number of threads.
///
/// Memory beside the spikes themselves: 16 blocks of samples, 13 MB for 4 channels, and 2 MB a thread.
/// - Parameters:
///   - progress: told the share of the recording done now and then, on the caller's thread; what it throws ends the search.
/// - Throws: `SpikeDetectionError` for options that do not fit, and what reading throws; of samples that are NaN or
///   infinite the first is named.
public func detectSpikes(
  in recording: any Recording, options: DetectionOptions = DetectionOptions(),
  threads: Int = Parallel.defaultThreads, progress: (Double) throws -> Void = { _ in }
) throws -> DetectedSpikes {
  try options.check()
  let rate = recording.samplingRate
  let filter = StreamingFilter(
    try .butterworth(order: options.filterOrder, options.band(samplingRate: rate), samplingRate: rate))
  do {
    return try detectSpikes(
      in: recording, options: options, filter: filter, threads: threads, progress: progress)
  } catch let error as RecordingError {
    guard case .notFinite = error else { throw error }
    // Blocks run side by side: name the first in time, not the first met.
    for block in filter.blocks(of: recording.segments) { _ = try recording.read(frames: block.frames) }
    throw error
  }
}

/// The same with a filter made ready, so many blocks in memory at once.
func detectSpikes(
  in recording: any Recording, options: DetectionOptions, filter: StreamingFilter, threads: Int,
  blocksAtOnce: Int = 16, progress: (Double) throws -> Void
) throws -> DetectedSpikes {
  func frames(_ milliseconds: Double) -> Int { Int((milliseconds * recording.samplingRate / 1000).rounded()) }
  let sampled = try SampledNoise(recording, filter: filter, options: options, threads: threads)
  let window = SnippetWindow(
    before: frames(options.beforeMilliseconds), after: max(1, frames(options.afterMilliseconds)))
  let search = SpikeSearch(
    statistic: PeakStatistic(sampled.model, options: options, sign: sampled.peakSign),
    threshold: Float(options.threshold),
    lockout: Int(options.lockoutMilliseconds * recording.samplingRate / 1000),
    window: window, channelCount: recording.channelCount,
    interpolation: options.alignsBetweenFrames ? Interpolation() : nil, excluded: recording.excludedFrames)
  var spikes = DetectedSpikes(
    samplingRate: recording.samplingRate, noise: sampled.model, peakSign: sampled.peakSign,
    lockoutMilliseconds: options.lockoutMilliseconds,
    snippets: Snippets(
      frames: window.count, channels: recording.channelCount, trough: window.before, unit: recording.unit))
  spikes.reserveCapacity(sampled.expectedCount + sampled.expectedCount / 4 + 1000)
  let faulty = sampled.model.faults.map(\.channel)
  let preparation = BlockPreparation(
    filter: filter, reference: options.reference,
    used: (0..<recording.channelCount).filter { !faulty.contains($0) }, equalizer: sampled.model.equalizer)
  for segment in recording.segments {
    var stretch = Stretch(
      recording, segment: segment, preparation: preparation, search: search, blocksAtOnce: blocksAtOnce)
    while try stretch.advance(threads: threads, into: &spikes) {
      try progress(Double(stretch.searchedEnd) / Double(recording.frameCount))
    }
  }
  return spikes
}

extension DetectedSpikes {
  /// Makes room for so many spikes; memory is taken as they come.
  fileprivate mutating func reserveCapacity(_ count: Int) {
    frames.reserveCapacity(count)
    snippets.samples.reserveCapacity(count * snippets.size)
  }

  fileprivate mutating func append(_ found: SpikeSearch.Spikes) {
    frames += found.frames
    snippets.samples += found.samples
    cutOffCount += found.cutOffCount
  }
}

/// The stretch of a segment that is in memory while the search passes over it.
private struct Stretch {
  private let recording: any Recording
  private let preparation: BlockPreparation
  private let search: SpikeSearch
  private let segment: Range<Int>
  private var blocks: ArraySlice<FilterBlock>
  /// The first frame in memory.
  private var first: Int
  private var samples: [Float] = []
  private var depths: [Float] = []
  /// The frame up to which spikes have been found.
  private(set) var searchedEnd: Int

  private let blocksAtOnce: Int

  init(
    _ recording: any Recording, segment: Range<Int>, preparation: BlockPreparation, search: SpikeSearch,
    blocksAtOnce: Int
  ) {
    self.blocksAtOnce = blocksAtOnce
    self.recording = recording
    self.preparation = preparation
    self.search = search
    self.segment = segment
    blocks = preparation.filter.blocks(of: [segment])[...]
    first = segment.lowerBound
    searchedEnd = segment.lowerBound
  }

  /// Filters the next blocks and finds the spikes in what can be searched then; false at the segment's end.
  mutating func advance(threads: Int, into spikes: inout DetectedSpikes) throws -> Bool {
    let batch = blocks.prefix(blocksAtOnce)
    guard let end = batch.last?.frames.upperBound else { return false }
    blocks = blocks.dropFirst(blocksAtOnce)
    forget(before: max(first, searchedEnd - search.reach))
    try load(Array(batch), upTo: end, threads: threads)
    let searchable = end == segment.upperBound ? end : end - search.reach
    for found in find(in: searchedEnd..<max(searchedEnd, searchable), threads: threads) {
      spikes.append(found)
    }
    searchedEnd = max(searchedEnd, searchable)
    return true
  }

  private mutating func forget(before frame: Int) {
    depths.removeFirst(frame - first)
    samples.removeFirst((frame - first) * recording.channelCount)
    first = frame
  }

  private mutating func load(_ batch: [FilterBlock], upTo end: Int, threads: Int) throws {
    let channelCount = recording.channelCount
    let origin = first
    depths.append(contentsOf: repeatElement(0, count: end - first - depths.count))
    samples.append(contentsOf: repeatElement(0, count: (end - first) * channelCount - samples.count))
    let (recording, preparation, statistic) = (recording, preparation, search.statistic)
    try samples.withUnsafeMutableBufferPointer { samples in
      try depths.withUnsafeMutableBufferPointer { depths in
        guard let samplesBase = samples.baseAddress, let depthsBase = depths.baseAddress else { return }
        // Every block writes its own frames.
        let allSamples = SharedPointer(samplesBase)
        let allDepths = SharedPointer(depthsBase)
        try Parallel.forEach(count: batch.count, threads: threads) { i in
          let frames = batch[i].frames
          let target = UnsafeMutableBufferPointer(
            start: allSamples.pointer + (frames.lowerBound - origin) * channelCount,
            count: frames.count * channelCount)
          try preparation.write(batch[i], of: recording, into: target)
          statistic.write(
            UnsafeBufferPointer(target),
            into: UnsafeMutableBufferPointer(
              start: allDepths.pointer + (frames.lowerBound - origin), count: frames.count))
        }
      }
    }
  }

  private func find(in frames: Range<Int>, threads: Int) -> [SpikeSearch.Spikes] {
    let size = 1 << 15
    let pieces = stride(from: frames.lowerBound, to: frames.upperBound, by: size).map {
      ($0 - first)..<(min($0 + size, frames.upperBound) - first)
    }
    return Parallel.map(count: pieces.count, threads: threads) { [samples, depths, search, first] i in
      samples.withUnsafeBufferPointer { samples in
        depths.withUnsafeBufferPointer { depths in
          search.find(in: pieces[i], samples: samples, depths: depths, first: first)
        }
      }
    }
  }
}

internal import Recordings
internal import SpikeSorting

/// A sorting as the exports see it: spikes with times, the unit of each by number, and the input file of each.
struct SpikeTable {
  let sorting: Sorting
  /// Frames a second.
  let rate: Double
  /// The frame of every spike from the start of the recording.
  let frames: [Int]
  /// What the recording's clock says at every frame.
  let clock: RecordingClock

  /// - Throws: `ResultError.missingFile` where the sorting knows no times.
  init(_ sorting: Sorting) throws(ResultError) {
    guard let frames = sorting.spikes.frames, let rate = sorting.source.samplingRate,
      rate > 0, let clock = sorting.source.time
    else {
      throw .missingFile(path: "spike_times.npy", expected: "a result with spike times, which exports need")
    }
    self.sorting = sorting
    self.rate = rate
    self.frames = frames
    self.clock = clock
  }

  var units: [Int] { sorting.spikes.units }

  /// The frame and the length of the recording: the first frame after it.
  var end: Int { max(sorting.source.startFrame + sorting.source.frameCount, (frames.last ?? -1) + 1) }

  /// The time of every spike by the recording's clock, in seconds.
  var seconds: [Double] { frames.map { clock.seconds(ofFrame: $0) } }

  /// Start and end of everything that was sorted without a gap in it, by the recording's clock.
  var sortedIntervals: [(start: Double, end: Double)] {
    let start = min(sorting.source.startFrame, end)
    return clock.recorded(start..<end).map {
      (clock.seconds(ofFrame: $0.lowerBound), clock.seconds(atEndOf: $0))
    }
  }

  /// The input files with the frames each holds; one where they are not known.
  var parts: [InputFrames] {
    sorting.source.inputs ?? [InputFrames(file: sorting.source.files.first ?? "recording", frames: 0..<end)]
  }

  /// The spikes of one unit, as places in the table, in order of time.
  func members(of unit: Int) -> [Int] { units.indices.filter { units[$0] == unit } }

  /// The spikes of every unit, in the order of `sorting.units`.
  var membersOfUnits: [[Int]] {
    let place = Dictionary(sorting.units.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { $1 })
    var result = [[Int]](repeating: [], count: sorting.units.count)
    for (n, unit) in units.enumerated() { if let p = place[unit] { result[p].append(n) } }
    return result
  }
}

extension Sorting {
  /// The spikes of one input file, times from its start; units and what is said of them stay those of the whole.
  func part(_ part: InputFrames) -> Sorting {
    guard let all = spikes.frames else { return self }
    let kept = all.indices.filter { part.frames.contains(all[$0]) }
    var result = self
    result.source.files = [part.file]
    // What of the file was sorted; nothing of it, where a later one was begun with.
    let sorted = (source.startFrame..<source.startFrame + max(source.frameCount, 0)).clamped(to: part.frames)
    result.source.startFrame = sorted.lowerBound - part.frames.lowerBound
    result.source.frameCount = sorted.count
    result.source.flatBinary = nil
    result.source.inputs = nil
    result.source.clock = part.clock
    result.source.artifacts = source.artifacts?.within(part.frames)
    // When a later file began is not known.
    if part.frames.lowerBound > 0 { result.source.session?.start = nil }
    result.source.opened = nil
    result.spikes = spikes.selecting(kept)
    result.spikes.frames = kept.map { all[$0] - part.frames.lowerBound }
    let counts = result.spikes.units.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
    for i in result.units.indices { result.units[i].spikeCount = counts[result.units[i].id] ?? 0 }
    result.waveforms?.keepExamples(ofSpikes: kept)
    return result
  }
}

internal import Foundation
public import Recordings
internal import SignalQuality

extension RecordingPart {
  /// The least that has to be left of a recording to be sorted, in seconds: a unit of one spike a second has none in less.
  private static let leastSeconds = 1.0

  /// The part without what cannot be brain signal, and without the channels that are flat most of the time.
  ///
  /// - Throws: `SortingError.badInput` where nothing is left; what reading throws.
  func cleaned(threads: Int) throws -> RecordingPart {
    var found = SignalFindings(frameCount: recording.frameCount, channelCount: recording.channelCount)
    if options.artifacts == .find {
      let (findings, flat) = try ArtifactSearch(threads: threads).findings(in: recording)
      guard flat.isEmpty else {
        return try without(flat.map { ChannelFault.flat(channel: $0) }).cleaned(threads: threads)
      }
      found = findings
    }
    found.stretches += try askedStretches()
    var result = self
    let record = Sorting.Artifacts(
      found, start: startFrame, channels: channels, samplingRate: recording.samplingRate)
    result.artifacts = record.isEmpty ? nil : record
    guard !found.isClean else { return result }
    let cleaned = CleanedRecording(recording, findings: found)
    let left = recording.frameCount - cleaned.excludedFrames.count
    guard cleaned.excludedFrames.isEmpty || Double(left) >= Self.leastSeconds * recording.samplingRate else {
      let sentences = record.sentences(
        frameCount: recording.frameCount, samplingRate: recording.samplingRate, unit: recording.unit)
      let name = whole.files.first?.lastPathComponent ?? "the recording"
      throw SortingError.badInput(
        "\(name): found \(sentences.first ?? "nothing but artefacts"); expected at least a second of brain signal "
          + "(without the search for artefacts all is sorted as it is)")
    }
    result.replaceRecording(by: cleaned)
    return result
  }

  /// What the user asked to leave out, by the frames of the part.
  private func askedStretches() throws -> [ArtifactStretch] {
    let rate = recording.samplingRate
    return options.excludedTimes.compactMap { times in
      // Compared as numbers first: not every number of seconds is a frame.
      func frame(_ seconds: Double) -> Int {
        Int(min(max((seconds * rate).rounded(), 0), Double(whole.frameCount)))
      }
      let frames = (frame(times[0])..<max(frame(times[0]), frame(times[1]))).clamped(
        to: startFrame..<startFrame + recording.frameCount)
      guard !frames.isEmpty else { return nil }
      return ArtifactStretch(
        frames: frames.lowerBound - startFrame..<frames.upperBound - startFrame, reason: .asked,
        channels: Array(channels.indices))
    }
  }
}

extension Sorter {
  /// What of a recording would be left out as no brain signal, or subtracted, were it sorted by the options.
  ///
  /// - Returns: what was found, nil where nothing was, and a sentence for every channel and everything left out.
  /// - Throws: `SortingError`, `RecordingError`.
  public func signalQuality(
    of recording: any Recording
  ) throws -> (artifacts: Sorting.Artifacts?, sentences: [String]) {
    let part = try RecordingPart(recording, options: options)
    let found = try part.without(channelFaults(in: part.recording)).cleaned(threads: threads)
    return (found.artifacts, Array(found.warnings.dropFirst(recording.notices.count)))
  }
}

internal import Foundation

/// Recordings of one channel each, side by side: what formats with a file for every channel hold.
struct SideBySideRecording: Recording {
  let channels: [any Recording]
  let gain: Gain?
  let probe: Probe
  let frameCount: Int
  let notices: [String]

  var channelCount: Int { channels.count }
  var samplingRate: Double { channels[0].samplingRate }
  var files: [URL] { channels.flatMap(\.files) }

  /// Puts channels side by side, as many frames as all have.
  ///
  /// - Precondition: at least one, each of one channel, all of one rate.
  /// - Throws: `RecordingError` where one is not half as long as another: it was not recorded with it.
  init(_ channels: [any Recording], probe: Probe) throws(RecordingError) {
    precondition(!channels.isEmpty && channels.allSatisfy { $0.channelCount == 1 }, "channels, one each")
    let shortest = channels.map(\.frameCount).min() ?? 0
    let longest = channels.map(\.frameCount).max() ?? 0
    if 2 * shortest < longest, let short = channels.first(where: { $0.frameCount == shortest }),
      let long = channels.first(where: { $0.frameCount == longest })
    {
      throw .malformed(
        file: short.name, found: "\(shortest) samples",
        expected: "about \(longest) as in \(long.files[0].lastPathComponent)")
    }
    frameCount = shortest
    let longer = channels.filter { $0.frameCount > shortest }
    notices =
      briefly(channels.flatMap(\.notices))
      + (longer.isEmpty
        ? []
        : [
          "\(longer[0].name)\(longer.count > 1 ? " and \(longer.count - 1) more" : ""): the last \(longest - shortest) samples are left out, which not every channel has"
        ])
    self.channels = channels
    self.probe = probe
    let gains = channels.compactMap(\.gain)
    gain =
      gains.count == channels.count
      ? Gain(
        microvoltsPerUnit: gains.map { $0.microvoltsPerUnit[0] },
        offsetMicrovolts: gains.map { $0.offsetMicrovolts[0] })
      : nil
  }

  func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    checkRequest(frames, samples)
    for (column, channel) in channels.enumerated() {
      for (i, sample) in try channel.read(frames: frames).enumerated() {
        samples[i * channels.count + column] = sample
      }
    }
  }
}

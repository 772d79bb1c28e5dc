internal import Foundation

/// Recordings of one channel each, side by side: what formats with a file for every channel hold.
struct SideBySideRecording: Recording {
  let channels: [any Recording]
  let gain: Gain?
  let probe: Probe

  var channelCount: Int { channels.count }
  var frameCount: Int { channels[0].frameCount }
  var samplingRate: Double { channels[0].samplingRate }
  var files: [URL] { channels.flatMap(\.files) }

  /// Puts channels side by side.
  ///
  /// - Precondition: at least one, each of one channel, all of one rate.
  /// - Throws: `RecordingError` where one is longer than another.
  init(_ channels: [any Recording], probe: Probe) throws(RecordingError) {
    precondition(!channels.isEmpty && channels.allSatisfy { $0.channelCount == 1 }, "channels, one each")
    for channel in channels where channel.frameCount != channels[0].frameCount {
      throw .malformed(
        file: channel.name, found: "\(channel.frameCount) samples",
        expected: "\(channels[0].frameCount) as in \(channels[0].files[0].lastPathComponent)")
    }
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

public import Foundation
internal import NumPyInterop

/// An `.npy` array of frames × channels (or of frames alone: one channel), of any real type and either order.
public struct NPYRecording: Recording {
  /// The number of channels.
  public let channelCount: Int
  /// The number of frames.
  public let frameCount: Int
  /// Frames a second.
  public let samplingRate: Double
  /// What a unit of the file is in microvolts; nil for ADC units.
  public let gain: Gain?
  /// The contacts of the channels.
  public let probe: Probe
  /// What was left out at the end of a file cut short.
  public let notices: [String]
  private let url: URL
  private let file: NPYFile
  private let scale: SampleScale

  /// The files read from.
  public var files: [URL] { [url] }

  /// Opens a file.
  ///
  /// - Precondition: a positive rate.
  /// - Throws: `RecordingError` where the file is no such array.
  public init(
    file url: URL, samplingRate: Double, gain: Gain? = nil, probe: Probe? = nil
  ) throws(RecordingError) {
    try self.init(url, samplingRate: samplingRate, gain: gain) { channelCount throws(RecordingError) in
      probe ?? .standard(channelCount: channelCount)
    }
  }

  /// Opens a file; the probe is made for the number of channels found in it.
  init(
    _ url: URL, samplingRate: Double, gain: Gain?, probe: (Int) throws(RecordingError) -> Probe
  ) throws(RecordingError) {
    precondition(samplingRate > 0, "a recording needs a rate")
    do throws(NPYError) { file = try NPYFile(url, isCutTaken: true) } catch { throw .npy(error) }
    let shape = file.shape
    let channels = shape.count == 2 ? shape[1] : 1
    guard (1...2).contains(shape.count), shape[0] > 0, channels > 0, channels <= shape[0] else {
      throw .malformed(
        file: url.path, found: "an array of shape (\(shape.map(String.init).joined(separator: ", ")))",
        expected: "frames × channels, more frames than channels")
    }
    channelCount = channels
    frameCount = shape[0]
    notices =
      file.statedRows == shape[0]
      ? []
      : [
        "\(url.path): \(shape[0]) whole frames are there and were read, where its header says \(file.statedRows)"
      ]
    self.url = url
    self.samplingRate = samplingRate
    self.gain = gain
    self.probe = try probe(channels)
    scale = SampleScale(gain, channelCount: channels)
  }

  /// Reads a range of frames, interleaved.
  public func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    checkRequest(frames, samples)
    guard let target = samples.baseAddress, !frames.isEmpty else { return }
    let values: [Double]
    do throws(NPYError) {
      values = try file.read(rows: frames).doubles()
    } catch {
      throw RecordingError.npy(error)
    }
    scale.apply(count: values.count, into: target) { values[$0] }
    if let i = firstNotFinite(samples) {
      throw RecordingError.notFinite(
        file: url.path, frame: frames.lowerBound + i / channelCount, channel: i % channelCount,
        value: samples[i])
    }
  }
}

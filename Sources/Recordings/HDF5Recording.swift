#if NWB
  internal import Foundation
  internal import HDF5

  /// A dataset of frames × channels (or of frames alone) in an HDF5 file.
  struct HDF5Recording: Recording {
    let channelCount: Int
    let frameCount: Int
    let samplingRate: Double
    let gain: Gain?
    let probe: Probe
    private let dataset: HDF5Dataset
    private let scale: SampleScale

    var files: [URL] { [dataset.file.url] }

    /// Lays a recording over a dataset.
    ///
    /// - Precondition: a positive rate; a gain for one or for every channel.
    /// - Throws: `RecordingError` where the dataset holds no such numbers, or cannot be read here.
    init(
      _ dataset: HDF5Dataset, samplingRate: Double, gain: Gain?, probe: (Int) throws(RecordingError) -> Probe
    ) throws(RecordingError) {
      precondition(samplingRate > 0, "a recording needs a rate")
      let shape = dataset.shape
      let path = dataset.file.url.path
      guard (1...2).contains(shape.count), dataset.kind.isNumber, shape[0] > 0,
        case let channels = shape.count == 2 ? shape[1] : 1, (1...65536).contains(channels)
      else {
        throw .malformed(
          file: path,
          found: "an array of shape (\(shape.map(String.init).joined(separator: ", "))) at \(dataset.path)",
          expected: "numbers, frames × channels")
      }
      if let obstacle = dataset.obstacle {
        throw .malformed(
          file: path, found: "\(obstacle) at \(dataset.path)", expected: "samples that can be read")
      }
      self.dataset = dataset
      self.samplingRate = samplingRate
      self.gain = gain
      channelCount = channels
      frameCount = shape[0]
      self.probe = try probe(channels)
      scale = SampleScale(gain, channelCount: channels)
    }

    func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
      checkRequest(frames, samples)
      guard let target = samples.baseAddress else { return }
      let piece = max(1, (1 << 18) / channelCount)
      for start in stride(from: frames.lowerBound, to: frames.upperBound, by: piece) {
        let end = min(start + piece, frames.upperBound)
        let box = [start..<end] + (dataset.shape.count == 2 ? [0..<channelCount] : [])
        let values = try ofHDF5 { () throws(HDF5Error) in try dataset.numbers(Double.self, box) }
        scale.apply(count: values.count, into: target + (start - frames.lowerBound) * channelCount) {
          values[$0]
        }
      }
      if let i = firstNotFinite(samples) {
        throw RecordingError.notFinite(
          file: name, frame: frames.lowerBound + i / channelCount, channel: i % channelCount,
          value: samples[i])
      }
    }
  }

  /// Calls the HDF5 library, its failures told as a recording's.
  func ofHDF5<Value>(_ body: () throws(HDF5Error) -> Value) throws(RecordingError) -> Value {
    do {
      return try body()
    } catch {
      throw .malformed(file: error.file, found: error.found, expected: error.expected)
    }
  }
#endif

internal import Foundation
internal import NumPyInterop
internal import Recordings

/// Snippets or features in `.npy` files: three axes are snippets (spikes × frames × channels, or channels before
/// frames: the shorter axis is the channels), two are features where a file of times stands beside them.
struct NPYSpikes {
  private let url: URL
  private let array: NPYArray
  private let times: URL?

  /// Nil where the file is no `.npy`, or a trace: two axes and no times.
  init?(_ url: URL, times: URL?) throws(RecordingError) {
    guard url.pathExtension.lowercased() == "npy" else { return nil }
    do {
      // A trace may have been cut short; that is its reader's to say.
      let shape = try NPYFile(url, isCutTaken: true).shape
      guard shape.count == 3 || (shape.count == 2 && times != nil) else { return nil }
      array = try NPYFile(url).read()
    } catch {
      throw .npy(error)
    }
    self.url = url
    self.times = times
  }

  func events(_ description: RecordingDescription) throws(RecordingError) -> SpikeEvents {
    let count = array.shape[0]
    var frames: [Int]?
    if let times {
      do { frames = try NPYArray(contentsOf: times).integers() } catch { throw .npy(error) }
      guard frames?.count == count, frames?.allSatisfy({ $0 >= 0 }) ?? true else {
        throw .malformed(
          file: times.path, found: "\(frames?.count ?? 0) times", expected: "\(count) from 0, one a spike")
      }
      guard description.samplingRate != nil else {
        throw .unstated(file: times.path, what: "the rate of its times", options: [.samplingRate])
      }
    }
    var events = SpikeEvents(
      name: url.deletingPathExtension().lastPathComponent, files: [url] + [times].compactMap { $0 },
      samplingRate: description.samplingRate, frames: frames, frameCount: nil, labels: nil, channels: [])
    if array.shape.count == 2 {
      let values = array.doubles()
      guard values.allSatisfy(\.isFinite) else {
        throw .malformed(file: url.path, found: "NaN or infinite features", expected: "finite numbers")
      }
      events.features = .init(columns: array.shape[1], values: values)
      return events
    }
    let (first, second) = (array.shape[1], array.shape[2])
    let values = array.floats()
    guard values.allSatisfy(\.isFinite), first > 0, second > 0 else {
      throw .malformed(
        file: url.path, found: "snippets of shape \(array.shape), or NaN among them",
        expected: "finite samples of spikes × frames × channels")
    }
    let gain = Float(description.microvoltsPerUnit ?? 1)
    let (frameCount, channels) = first < second ? (second, first) : (first, second)
    let samples =
      first < second
      ? interleaved(spikes: count, frames: second, channels: first) { n, c, f in
        values[(n * first + c) * second + f] * gain
      } : values.map { $0 * gain }
    events.channels = Array(0..<channels)
    events.snippets = .init(
      frames: frameCount, channels: channels, samples: samples,
      unit: description.microvoltsPerUnit == nil ? "ADC units" : "µV")
    return events
  }
}

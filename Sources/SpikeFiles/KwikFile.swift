#if NWB
  internal import Foundation
  internal import HDF5
  internal import Recordings

  /// Spikes of Klusta: a `.kwik` (times, clusters, rate) beside a `.kwx` (features and masks) of the same name.
  struct KwikFile {
    private let kwik: URL
    private let kwx: URL

    /// The two files a path names one of; nil where it names none, or a `.kwik` whose samples are at hand.
    init?(_ url: URL) {
      guard ["kwik", "kwx"].contains(url.pathExtension.lowercased()) else { return nil }
      kwik = url.deletingPathExtension().appendingPathExtension("kwik")
      kwx = url.deletingPathExtension().appendingPathExtension("kwx")
      guard exists(kwik), exists(kwx) else { return nil }
    }

    func events(_ description: RecordingDescription) throws(RecordingError) -> [SpikeEvents] {
      do {
        return try read(description)
      } catch let error as HDF5Error {
        throw .malformed(file: error.file, found: error.found, expected: error.expected)
      } catch let error as RecordingError {
        throw error
      } catch {
        throw .unreadable(file: kwik.path, reason: "\(error)")
      }
    }

    private func read(_ description: RecordingDescription) throws -> [SpikeEvents] {
      let times = try HDF5File(reading: kwik).root
      let features = try HDF5File(reading: kwx).root
      let stated = try times.group("recordings")?.group("0")?.number(attribute: "sample_rate")
      guard let rate = description.samplingRate ?? stated, rate > 0, rate.isFinite else {
        throw RecordingError.unstated(file: kwik.path, what: "its sampling rate", flag: "--rate HZ")
      }
      guard let groups = try times.group("channel_groups") else {
        throw RecordingError.malformed(
          file: kwik.path, found: "no channel_groups", expected: "spikes of Klusta")
      }
      var result: [SpikeEvents] = []
      for name in groups.names {
        guard let spikes = try groups.group(name)?.group("spikes"),
          let frames = try spikes.dataset("time_samples")?.numbers(Int64.self).map(Int.init)
        else { continue }
        guard let table = try features.group("channel_groups")?.group(name)?.dataset("features_masks"),
          table.shape.count == 3, table.shape[0] == frames.count, table.shape[1] > 0, table.shape[2] == 2
        else {
          throw RecordingError.malformed(
            file: kwx.path, found: "no features of the \(frames.count) spikes of group \(name)",
            expected: "spikes × features × 2")
        }
        guard frames.allSatisfy({ $0 >= 0 }) else {
          throw RecordingError.malformed(
            file: kwik.path, found: "times before 0", expected: "samples from the start")
        }
        let both = try table.numbers(Double.self)
        guard both.allSatisfy(\.isFinite) else {
          throw RecordingError.malformed(
            file: kwx.path, found: "features that are NaN or infinite", expected: "numbers")
        }
        let clusters = try spikes.group("clusters")?.dataset("main")?.numbers(Int64.self).map(Int.init)
        let order = try groups.group(name)?.group("channels")?.names.compactMap { Int($0) }.sorted()
        result.append(
          SpikeEvents(
            name: "group \(name)", files: [kwik, kwx], samplingRate: rate, frames: frames, frameCount: nil,
            features: .init(
              columns: table.shape[1], values: stride(from: 0, to: both.count, by: 2).map { both[$0] }),
            labels: clusters?.count == frames.count ? clusters : nil, channels: order ?? []))
      }
      return result
    }
  }
#endif

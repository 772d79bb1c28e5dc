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
        throw RecordingError.unstated(file: kwik.path, what: "its sampling rate", options: [.samplingRate])
      }
      guard let groups = try times.group("channel_groups") else {
        throw RecordingError.malformed(
          file: kwik.path, found: "no channel_groups", expected: "spikes of Klusta")
      }
      var result: [SpikeEvents] = []
      let session = try KwikSession(
        recordings: times.group("recordings"), groups: groups, file: kwik, rate: rate)
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
        let both = try table.numbers(Double.self)
        guard both.allSatisfy(\.isFinite) else {
          throw RecordingError.malformed(
            file: kwx.path, found: "features that are NaN or infinite", expected: "numbers")
        }
        let clusters = try spikes.group("clusters")?.dataset("main")?.numbers(Int64.self).map(Int.init)
        let order = try groups.group(name)?.group("channels")?.names.compactMap { Int($0) }.sorted()
        result.append(
          SpikeEvents(
            name: "group \(name)", files: [kwik, kwx], samplingRate: rate,
            frames: try session.joined(frames, of: spikes), frameCount: nil, clock: session.clock,
            inputs: session.inputs,
            features: .init(
              columns: table.shape[1], values: stride(from: 0, to: both.count, by: 2).map { both[$0] }),
            labels: clusters?.count == frames.count ? clusters : nil, channels: order ?? []))
      }
      return result
    }
  }

  /// The recordings that a `.kwik` joins: each counts its spikes' samples from its own start.
  private struct KwikSession {
    let file: URL
    /// The frame that each recording starts at where they are counted through; empty where there is one alone, or
    /// where their times go on from one to the next.
    private var offsets: [Int] = []
    private(set) var inputs: [InputFrames]?
    private(set) var clock: RecordingClock?

    init(recordings: HDF5Group?, groups: HDF5Group, file: URL, rate: Double) throws {
      self.file = file
      let names = (recordings?.names ?? []).sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
      let starts = try names.map { try recordings?.group($0)?.startSeconds(samplingRate: rate) }
      var (first, last) = (
        [Int](repeating: .max, count: names.count), [Int](repeating: -1, count: names.count)
      )
      for name in groups.names {
        guard let spikes = try groups.group(name)?.group("spikes"),
          let times = try spikes.dataset("time_samples")?.numbers(Int64.self)
        else { continue }
        guard times.allSatisfy({ (0...1_000_000_000_000_000).contains($0) }) else {
          throw RecordingError.malformed(
            file: file.path, found: "times that are no samples", expected: "samples from the start")
        }
        guard names.count > 1, let owners = try Self.owners(spikes, count: times.count, names.count, file)
        else {
          continue
        }
        for (time, owner) in zip(times, owners) {
          (first[owner], last[owner]) = (min(first[owner], Int(time)), max(last[owner], Int(time)))
        }
      }
      if let start = starts.first ?? nil, start != 0, names.count == 1 {
        clock = RecordingClock(start: start, samplingRate: rate)
      }
      let used = names.indices.filter { last[$0] >= 0 }
      let goesOn = zip(used, used.dropFirst()).allSatisfy { last[$0] <= first[$1] }
      guard used.count > 1, !goesOn else { return }
      // Nobody says how long they are: each to its last spike.
      offsets = last.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1 + 1) }
      let parts = used.map { (frames: offsets[$0]..<offsets[$0 + 1], start: starts[$0]) }
      inputs = parts.map { part in
        let own = part.start.flatMap { $0 != 0 ? RecordingClock(start: $0, samplingRate: rate) : nil }
        return InputFrames(file: file.lastPathComponent, frames: part.frames, clock: own)
      }
      clock = Self.clock(of: parts, rate: rate)
    }

    /// By the recordings' own starts where each began after the one before had ended; else one after the other.
    private static func clock(of parts: [(frames: Range<Int>, start: Double?)], rate: Double)
      -> RecordingClock?
    {
      let starts = parts.compactMap(\.start)
      let isOneClock =
        starts.count == parts.count
        && zip(starts.dropFirst(), zip(starts, parts)).allSatisfy {
          $0 > $1.0 + Double($1.1.frames.count - 1) / rate
        }
      return RecordingClock(
        parts.enumerated().map { i, part in
          RecordingClock.Stretch(
            frame: part.frames.lowerBound,
            seconds: isOneClock ? starts[i] : Double(part.frames.lowerBound) / rate, samplingRate: rate,
            followsGap: i > 0)
        })
    }

    /// The recording of every spike; nil where the file does not say.
    private static func owners(
      _ spikes: HDF5Group, count: Int, _ recordings: Int, _ file: URL
    ) throws -> [Int]? {
      guard let numbers = try spikes.dataset("recording")?.numbers(Int64.self) else { return nil }
      guard numbers.count == count, numbers.allSatisfy({ (0..<Int64(recordings)).contains($0) }) else {
        throw RecordingError.malformed(
          file: file.path, found: "\(numbers.count) numbers of recordings",
          expected: "\(count) below \(recordings), one a spike")
      }
      return numbers.map { Int($0) }
    }

    /// The frames of some spikes, counted through all recordings.
    func joined(_ frames: [Int], of spikes: HDF5Group) throws -> [Int] {
      guard !offsets.isEmpty,
        let owners = try Self.owners(spikes, count: frames.count, offsets.count - 1, file)
      else { return frames }
      return zip(frames, owners).map { $0 + offsets[$1] }
    }
  }
#endif

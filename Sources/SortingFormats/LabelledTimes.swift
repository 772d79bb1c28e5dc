public import Foundation
internal import InputFiles
internal import NumPyInterop
public import Recordings
internal import SpikeFiles
public import SpikeSorting
internal import SpikeTrains

/// Spike times with the label of each: a truth, or another sorting.
public struct LabelledTimes: Sendable {
  /// The frame of every spike, ascending.
  public var frames: [Int]
  /// The unit of every spike.
  public var labels: [Int]
  /// Spikes that whoever labelled them left unjudged: they speak neither for nor against a sorting.
  public var unjudged: Set<Int> = []

  /// Makes a set of labelled times, in order of time.
  public init(frames: [Int], labels: [Int]) {
    precondition(frames.count == labels.count, "a label for every spike")
    let order = frames.indices.sorted { (frames[$0], labels[$0]) < (frames[$1], labels[$1]) }
    self.frames = order.map { frames[$0] }
    self.labels = order.map { labels[$0] }
  }

  /// Reads a folder with `gt_times.npy` and `gt_labels.npy`, or one with `spike_times.npy` and
  /// `spike_clusters.npy`; of the latter, clusters that `cluster_group.tsv` calls noise are left out.
  ///
  /// A `.cut` of Axona beside its tetrode's file is read too (spikes of cut 0 are unjudged), and a `.clu` of Klusters
  /// beside its `.res` (clusters 0, artefacts, and 1, noise, are left out as well), and what `openUnitTimes` reads.
  /// - Parameters:
  ///   - samplingRate: frames a second of the recording, for files whose times are in seconds.
  ///   - clock: the recording's own clock, for times by it; nil where that begins at 0 with the recording.
  /// - Throws: `ResultError.missingFile`, `unrecognised` or `damaged`.
  public init(at url: URL, samplingRate: Double? = nil, clock: RecordingClock? = nil) throws(ResultError) {
    if let named = try Self.handLabels(at: url) {
      self = named
      return
    }
    for (times, labels) in [("gt_times.npy", "gt_labels.npy"), ("spike_times.npy", "spike_clusters.npy")] {
      let first = url.appendingPathComponent(times)
      guard FileManager.default.fileExists(atPath: first.path) else { continue }
      let frames = try Self.integers(first)
      let units = try Self.integers(url.appendingPathComponent(labels))
      guard frames.count == units.count else {
        throw .damaged(
          path: url.path, found: "\(frames.count) times and \(units.count) labels",
          expected: "as many of both")
      }
      try Self.check(frames, labels: units, at: url)
      let noise = Self.noiseClusters(in: url)
      let kept = frames.indices.filter { !noise.contains(units[$0]) }
      self.init(frames: kept.map { frames[$0] }, labels: kept.map { units[$0] })
      return
    }
    guard let found = try Self.unitTimes(at: url) else { throw Self.refusal(of: url) }
    let frames = try Self.frames(found.times, of: url, samplingRate: samplingRate, clock: clock)
    let judged = frames.indices.filter { !found.unjudged.contains(found.labels[$0]) }
    self.init(frames: judged.map { frames[$0] }, labels: judged.map { found.labels[$0] })
    if judged.count < frames.count {
      let rest = frames.indices.filter { found.unjudged.contains(found.labels[$0]) }
      unjudged = Set(rest.map { frames[$0] }).subtracting(self.frames)
    }
  }

  private static func unitTimes(at url: URL) throws(ResultError) -> UnitTimes? {
    do throws(RecordingError) {
      return try openUnitTimes(at: url)
    } catch {
      switch error {
      case .unreadable(let file, let reason): throw .inputOutput(path: file, reason: reason)
      case .malformed(let file, let found, let expected):
        throw .unrecognised(path: file, found: found, expected: expected)
      default: throw .unrecognised(path: url.path, found: "\(error)", expected: "spikes with units")
      }
    }
  }

  /// Times as frames, all of them small enough to be counted on with.
  private static func frames(
    _ times: UnitTimes.Times, of url: URL, samplingRate: Double?, clock: RecordingClock?
  ) throws(ResultError) -> [Int] {
    let seconds: [Double]
    switch times {
    case .frames(let frames):
      guard frames.allSatisfy({ (0...Int(latest)).contains($0) }) else {
        throw .unrecognised(path: url.path, found: "a time that is no frame", expected: "frames from 0 on")
      }
      return frames
    case .seconds(let values), .clock(let values): seconds = values
    }
    guard let samplingRate, samplingRate > 0 else {
      throw .unrecognised(
        path: url.path, found: "times in seconds",
        expected: "a result whose sampling rate is known beside them")
    }
    var stretches = [RecordingClock.Stretch(frame: 0, seconds: 0, samplingRate: samplingRate)]
    if case .clock = times, let clock { stretches = clock.stretches }
    let frames = seconds.map { time in
      let place = stretches.lastIndex { $0.seconds <= time } ?? 0
      let own = stretches[place]
      let frame = (Double(own.frame) + (time - own.seconds) * own.samplingRate).rounded()
      // Within a gap there are no frames: what comes before the next stretch, be it by rounding, is not later than its first.
      guard place + 1 < stretches.count, stretches[place + 1].seconds > time else { return frame }
      return min(frame, Double(stretches[place + 1].frame))
    }
    guard frames.allSatisfy({ abs($0) <= latest }) else {
      throw .unrecognised(path: url.path, found: "a time that is no number of seconds", expected: "seconds")
    }
    return frames.map { Int($0) }
  }

  /// The last frame there is: that of a thousand years at 30 kHz.
  private static let latest = 1e15

  /// What is said of a path that holds no spikes with units.
  private static func refusal(of url: URL) -> ResultError {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      return .missingFile(path: url.path, expected: "a truth or a result to compare with")
    }
    return .unrecognised(
      path: url.path,
      found: isFolder.boolValue ? folderContents(url) : "a file that holds no spikes with units",
      expected:
        "a truth: gt_times.npy and gt_labels.npy, a result or Phy folder, an export, MClust's .t, wave_clus's "
        + "times_*.mat, firings.mda, the units of an NWB file, a sorting of SpikeInterface, a .clu or a .cut")
  }

  /// The spikes of a sorting, clusters judged noise left out, as Phy leaves them out.
  ///
  /// - Throws: `ResultError.missingFile` where the sorting knows no times.
  public init(of sorting: Sorting) throws(ResultError) {
    guard let frames = sorting.spikes.frames else {
      throw .missingFile(path: "spike_times.npy", expected: "a result with spike times")
    }
    let isNoise = sorting.units.map { $0.verdict == .noise }
    let places = sorting.unitPlaces
    let kept = frames.indices.filter { !isNoise[places[$0]] }
    self.init(frames: kept.map { frames[$0] }, labels: kept.map { sorting.spikes.units[$0] })
  }

  /// Labels by hand in another program's file; nil where the path is none.
  private static func handLabels(at path: URL) throws(ResultError) -> LabelledTimes? {
    let url = onlyClusters(in: path) ?? path
    let found: (frames: [Int], labels: [Int], least: Int)
    do {
      if url.pathExtension.lowercased() == "cut" {
        let name = url.deletingPathExtension().lastPathComponent
        guard let mark = name.lastIndex(of: "_") else { return nil }
        let spikes = url.deletingLastPathComponent()
          .appendingPathComponent("\(name[..<mark]).\(name[name.index(after: mark)...])")
        guard let events = try openSpikes(at: spikes)?.first, let frames = events.frames else {
          throw ResultError.missingFile(path: spikes.path, expected: "the tetrode's spikes beside its cut")
        }
        found = (frames, try axonaCut(at: url), 1)
      } else if let (times, clusters) = try klustersLabels(at: url) {
        found = (times, clusters, 2)
      } else {
        return nil
      }
    } catch let error as ResultError {
      throw error
    } catch {
      throw .damaged(path: url.path, found: "\(error)", expected: "labels of spikes")
    }
    guard found.frames.count == found.labels.count else {
      throw .damaged(
        path: url.path, found: "\(found.labels.count) labels", expected: "\(found.frames.count), one a spike")
    }
    let kept = found.frames.indices.filter { found.labels[$0] >= found.least }
    var result = LabelledTimes(
      frames: kept.map { found.frames[$0] }, labels: kept.map { found.labels[$0] })
    result.unjudged = Set(
      found.frames.indices.filter { found.labels[$0] < found.least }.map { found.frames[$0] }
    ).subtracting(result.frames)
    return result
  }

  /// Refuses times and labels that a comparison cannot count with.
  private static func check(_ frames: [Int], labels: [Int], at url: URL) throws(ResultError) {
    if let fault = SpikeClock.fault(in: frames, samplingRate: nil) {
      throw .damaged(path: url.path, found: fault.found, expected: fault.expected)
    }
    let units = Set(labels)
    guard units.count <= ResultChecks.mostUnits, units.allSatisfy({ Int32(exactly: $0) != nil }) else {
      throw .damaged(
        path: url.path, found: "\(units.count) units, the last of them \(units.max() ?? 0)",
        expected: "at most \(ResultChecks.mostUnits), with labels of 32 bits")
    }
  }

  /// The only `.clu` of a folder; nil where there is none, or several.
  private static func onlyClusters(in folder: URL) -> URL? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let clusters = names.filter { $0.contains(".clu.") }
    return clusters.count == 1 ? folder.appendingPathComponent(clusters[0]) : nil
  }

  /// The same spikes without those that a truth leaves unjudged.
  func judged(by truth: LabelledTimes) -> LabelledTimes {
    guard !truth.unjudged.isEmpty else { return self }
    let kept = frames.indices.filter { !truth.unjudged.contains(frames[$0]) }
    return LabelledTimes(frames: kept.map { frames[$0] }, labels: kept.map { labels[$0] })
  }

  private static func integers(_ url: URL) throws(ResultError) -> [Int] {
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw .missingFile(path: url.path, expected: "the labels beside the spike times")
    }
    do {
      return try NPYArray(contentsOf: url).integers()
    } catch {
      throw .damaged(path: url.path, found: "\(error)", expected: "an array of whole numbers")
    }
  }

  /// The clusters that Phy's table of groups calls noise; its name was another in Phy 1, and some write it with commas.
  private static func noiseClusters(in folder: URL) -> Set<Int> {
    let names = ["cluster_group.tsv", "cluster_group.csv", "cluster_groups.csv"]
    let tables = names.lazy.compactMap {
      (try? inputFileContents(folder.appendingPathComponent($0))).map { String(decoding: $0, as: UTF8.self) }
    }
    guard let text = tables.first else { return [] }
    return Set(
      text.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
        let fields = line.split { $0 == "\t" || $0 == "," }
        return fields.count > 1 && fields[1] == "noise" ? Int(fields[0]) : nil
      })
  }
}

extension ComparisonSummary {
  /// The comparison of a sorting with a truth, noise clusters left out (±0.4 ms, Hungarian matching).
  ///
  /// - Throws: `ResultError.missingFile` where the sorting knows no times.
  public init(of sorting: Sorting, with truth: LabelledTimes) throws(ResultError) {
    self.init(of: try LabelledTimes(of: sorting), with: truth, samplingRate: sorting.source.samplingRate ?? 1)
  }

  /// The comparison of labelled times with a truth (±0.4 ms, Hungarian matching).
  public init(of tested: LabelledTimes, with truth: LabelledTimes, samplingRate: Double) {
    let tested = tested.judged(by: truth)
    let comparison = Comparison(
      truthTimes: truth.frames, truthLabels: truth.labels, testedTimes: tested.frames,
      testedLabels: tested.labels, samplingRate: samplingRate)
    self.init(
      meanAccuracy: comparison.meanAccuracy,
      units: comparison.scores().map {
        Unit(
          truth: $0.truth, unit: $0.unit, accuracy: $0.accuracy, precision: $0.precision, recall: $0.recall)
      },
      wellDetected: comparison.wellDetected.count, falsePositive: comparison.falsePositive.count,
      redundant: comparison.redundant.count, overmerged: comparison.overmerged.count)
  }
}

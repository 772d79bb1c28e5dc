public import Foundation
internal import InputFiles
internal import NumPyInterop
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
  /// beside its `.res` (clusters 0, artefacts, and 1, noise, are left out as well).
  /// - Throws: `ResultError.missingFile` or `damaged`.
  public init(at url: URL) throws(ResultError) {
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
      let noise = Self.noiseClusters(url.appendingPathComponent("cluster_group.tsv"))
      let kept = frames.indices.filter { !noise.contains(units[$0]) }
      self.init(frames: kept.map { frames[$0] }, labels: kept.map { units[$0] })
      return
    }
    throw .missingFile(
      path: url.path,
      expected: "a folder with gt_times.npy and gt_labels.npy, or a result folder with spike_times.npy")
  }

  /// The spikes of a sorting, clusters judged noise left out, as Phy leaves them out.
  ///
  /// - Throws: `ResultError.missingFile` where the sorting knows no times.
  public init(of sorting: Sorting) throws(ResultError) {
    guard let frames = sorting.spikes.frames else {
      throw .missingFile(path: "spike_times.npy", expected: "a result with spike times")
    }
    let isNoise = sorting.units.map { $0.verdict == "noise" }
    let places = sorting.unitPlaces
    let kept = frames.indices.filter { !isNoise[places[$0]] }
    self.init(frames: kept.map { frames[$0] }, labels: kept.map { sorting.spikes.units[$0] })
  }

  /// Labels by hand in another program's file; nil where the path is none.
  private static func handLabels(at url: URL) throws(ResultError) -> LabelledTimes? {
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

  private static func noiseClusters(_ url: URL) -> Set<Int> {
    guard let data = try? inputFileContents(url) else { return [] }
    let text = String(decoding: data, as: UTF8.self)
    return Set(
      text.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
        let fields = line.split(separator: "\t")
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

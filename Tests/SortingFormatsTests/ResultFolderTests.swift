import Foundation
import NumPyInterop
import SpikeDetection
import SpikeTrains
import TestSupport
import Testing

@testable import SortingFormats
@testable import SpikeSorting

/// A small sorting with something in every field.
func smallSorting(spikes count: Int = 20) -> Sorting {
  var generator = SeededGenerator(seed: 7)
  func floats(_ count: Int) -> [Float] { (0..<count).map { _ in Float(generator.normal()) } }
  let labels = (0..<count).map { $0 % 2 }
  let spikes = Sorting.Spikes(
    frames: (0..<count).map { 100 + 37 * $0 }, components: (0..<count).map { $0 % 3 }, units: labels,
    amplitudes: floats(count), features: floats(count * 4 * 3), featureChannels: 4, featuresPerChannel: 3)
  let source = Sorting.Source(
    files: ["Ratte \"7\".dat"], checksum: "00c0ffee", samplingRate: 30_000, frameCount: 90_000,
    channelPositions: [[0, 0], [0, 25], [25, 0], [25, 25.5]], channels: [0, 1, 3, 5], amplitudeUnit: "µV",
    flatBinary: .init(path: "/data/it's here.dat", dataType: "int16", channels: 6), startFrame: 30)
  let mixture = Sorting.MixtureSummary(
    model: .t, dimensions: 2, components: 3, weights: [0.5, 0.25, 0.25], effectiveComponents: 2.8,
    locations: [[0, 1], [2, 3], [4, 5]], scales: [[1, 0, 0, 1], [2, 0, 0, 2], [1, 0.1, 0.1, 1]],
    degreesOfFreedom: 7,
    logLikelihood: -123.456789012345678, selection: nil)
  let units = [0, 1].map { id in
    Sorting.Unit(
      id: id, components: id == 0 ? [0, 2] : [1], spikeCount: labels.count { $0 == id }, rate: 3.3,
      peakChannel: id,
      amplitude: 80.5, signalToNoise: 9.25, refractoryViolations: id,
      contamination: .init(estimate: 0.1, low: 0, high: nil),
      falsePositives: 0.01, falseNegatives: 0.02, isolationDistance: nil, lRatio: 0.5, presenceRatio: 1,
      residualVariance: 1.1, verdict: id == 0 ? .single : .multi, reasons: ["5 of 10, \"sure\"", "no"])
  }
  let pair = Sorting.Pair(
    first: 0, second: 1, similarity: 0.4, shortLags: 3, expectedShortLags: 2.5, verdict: .different,
    reasons: ["so"])
  let waveforms = Sorting.Waveforms(
    frames: 5, channels: 4, troughFrame: 2, componentMeans: floats(3 * 20), unitMeans: floats(2 * 20),
    unitDeviations: floats(2 * 20), exampleSpikes: [4, 2, 5, 1], examples: floats(4 * 20))
  let trace = Sorting.TraceExample(
    startFrame: 40, channels: 4, raw: floats(24), filtered: floats(24), thresholds: [1, 2, 3, 4.5],
    sign: .negative)
  var sorting = Sorting(
    source: source, options: SortingOptions(), spikes: spikes, mixture: mixture, units: units, pairs: [pair],
    merges: [.init(first: [0], second: [2], reasons: ["alike"])], waveforms: waveforms, traceExample: trace,
    warnings: ["channel 2 is dead"])
  sorting.refits = .init(
    found: 2, counts: [2, 3, 2], windowStarts: [0, 1.5, 3], seeds: [1000, 2000, 3000], stretchSeconds: 2.5)
  sorting.drift = .init(
    secondsPerFrame: 5, timeFrames: 2, channels: 4, amplitudes: floats(3 * 8), deviations: floats(3 * 8))
  sorting.statedCensoredMilliseconds = 0.125
  sorting.mixture.calibration = .init(
    degreesOfFreedom: [.init(value: 7, score: -1.5), .init(value: nil, score: -2)],
    drifts: [.init(value: 0.02, score: -1.5)], chosenDegreesOfFreedom: 7, chosenDrift: 0.02)
  return sorting
}

/// A sorting as text that tells any two apart.
private func described(_ sorting: Sorting) -> String {
  var text = ""
  dump(sorting, to: &text)
  return text
}

struct ResultFolderTests {
  private func withResult(_ sorting: Sorting = smallSorting(), _ body: (ResultFolder) throws -> Void) throws {
    try withTemporaryFolder { (url) throws in
      let folder = ResultFolder(url)
      try folder.write(sorting)
      try body(folder)
    }
  }

  @Test func readsBackWhatWasWritten() throws {
    let sorting = smallSorting()
    try withResult(sorting) { (folder) throws in
      let read = try folder.read()
      #expect(described(read) == described(sorting))
      // And writes the same bytes again.
      try withTemporaryFolder { (other) throws in
        try ResultFolder(other).write(read)
        #expect(try differences(folder.url, other) == [])
      }
    }
  }

  @Test func readsBackWhatKnowsLess() throws {
    var featuresOnly = smallSorting()
    featuresOnly.spikes.frames = nil
    (featuresOnly.waveforms, featuresOnly.traceExample, featuresOnly.source.samplingRate) = (nil, nil, nil)
    (featuresOnly.units, featuresOnly.pairs) = ([], [])
    (featuresOnly.refits, featuresOnly.drift) = (nil, nil)
    try withResult(featuresOnly) { (folder) throws in
      #expect(described(try folder.read()) == described(featuresOnly))
      #expect(!names(in: folder.url).contains("params.py"))
    }
    var empty = smallSorting(spikes: 0)
    (empty.units, empty.pairs, empty.merges, empty.waveforms) = ([], [], [], nil)
    try withResult(empty) { (folder) throws in
      let read = try folder.read()
      #expect(read.spikes.count == 0 && read.units.isEmpty)
      #expect(!names(in: folder.url).contains("params.py"))
    }
  }

  /// Results of version 0.1 do not say what was kept apart: there it is what matching does, or detection.
  @Test func censoredPeriodIsReadOrGuessed() throws {
    try withResult { (folder) throws in
      #expect(try folder.read().censoredMilliseconds == 0.125)
      let file = folder.file(ResultFolder.recordName)
      var record = try #require(
        JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
      #expect(record.removeValue(forKey: "censoredMilliseconds") != nil)
      try JSONSerialization.data(withJSONObject: record).write(to: file)
      let old = try folder.read()
      #expect(old.statedCensoredMilliseconds == nil && old.censoredMilliseconds == 0.5)
    }
  }

  @Test func comparisonReadsBack() throws {
    try withResult { (folder) throws in
      #expect(try folder.readComparison() == nil)
      let summary = ComparisonSummary(
        meanAccuracy: 0.5,
        units: [
          .init(truth: 0, unit: 3, accuracy: 1, precision: 1, recall: 1),
          .init(truth: 1, unit: nil, accuracy: 0, precision: 0, recall: 0),
        ], wellDetected: 1, falsePositive: 0, redundant: 0, overmerged: 0)
      try folder.writeJSON(summary, to: ComparisonSummary.fileName)
      #expect(try folder.readComparison() == summary)
      let text = try String(contentsOf: folder.file(ComparisonSummary.fileName), encoding: .utf8)
      #expect(text.contains("\"unit\" : null"))
    }
  }

  @Test func phyFiles() throws {
    let sorting = smallSorting()
    try withResult(sorting) { (folder) throws in
      func text(_ name: String) throws -> String {
        try String(contentsOf: folder.file(name), encoding: .utf8)
      }
      func array(_ name: String) throws -> NPYArray { try NPYArray(contentsOf: folder.file(name)) }
      #expect(
        try text("params.py") == """
          dat_path = '/data/it\\'s here.dat'
          n_channels_dat = 6
          dtype = 'int16'
          offset = 0
          sample_rate = 30000.0
          hp_filtered = False

          """)
      #expect(try text("cluster_group.tsv") == "cluster_id\tgroup\n0\tgood\n1\tmua\n")
      #expect(try text("cluster_info.tsv").split(separator: "\n").count == 3)
      let times = try array("spike_times.npy")
      #expect(times.shape == [20])
      #expect(try times.integers() == sorting.spikes.frames)
      let header = try String(
        decoding: Data(contentsOf: folder.file("spike_times.npy")).prefix(80), as: UTF8.self)
      #expect(header.contains("'<i8'"))
      #expect(try array("channel_map.npy").integers() == [0, 1, 3, 5])
      #expect(try array("templates.npy").shape == [3, 5, 4])
      #expect(try array("pc_features.npy").shape == [20, 3, 4])
      let identity = (0..<16).map { $0 % 5 == 0 ? 1.0 : 0 }
      #expect(try array("whitening_mat.npy").doubles() == identity)
      let similar = try array("similar_templates.npy").doubles()
      #expect(abs(similar[0] - 1) < 1e-6 && abs(similar[1] - similar[3]) < 1e-6)
      #expect(!names(in: folder.url).contains { $0.hasPrefix("_phy_spikes_subset") })
    }
  }

  @Test func waveformsStandInForAMissingRecording() throws {
    var sorting = smallSorting()
    sorting.source.flatBinary = nil
    try withResult(sorting) { (folder) throws in
      #expect(try String(contentsOf: folder.file("params.py"), encoding: .utf8).contains("dat_path = ''"))
      let spikes = try NPYArray(contentsOf: folder.file("_phy_spikes_subset.spikes.npy"))
      #expect(try spikes.integers() == [1, 2, 4, 5])
      let waveforms = try NPYArray(contentsOf: folder.file("_phy_spikes_subset.waveforms.npy"))
      #expect(waveforms.shape == [4, 5, 4])
      let examples = try #require(sorting.waveforms).examples
      #expect(
        waveforms.floats()
          == Array(examples[60..<80] + examples[20..<40] + examples[0..<20] + examples[40..<60]))
    }
  }

  /// Examples on channels of their own come back as they were, and Phy's files hold the same.
  @Test func examplesOnTheirOwnChannels() throws {
    var sorting = smallSorting()
    sorting.source.flatBinary = nil
    sorting.waveforms?.examples = (0..<4 * 5 * 2).map(Float.init)
    sorting.waveforms?.exampleChannels = [1, 0, 1, 3, 3, 2, 0, 1]
    try withResult(sorting) { (folder) throws in
      let read = try folder.read()
      #expect(described(read) == described(sorting))
      #expect(read.waveforms?.example(1).prefix(4) == [0, 10, 0, 11])
      func array(_ name: String) throws -> NPYArray { try NPYArray(contentsOf: folder.file(name)) }
      #expect(try array("unit_waveforms.examples.npy").shape == [4, 5, 2])
      #expect(try array("_phy_spikes_subset.channels.npy").integers() == [0, 1, 1, 3, 1, 0, 3, 2])
      let waveforms = try array("_phy_spikes_subset.waveforms.npy")
      #expect(waveforms.shape == [4, 5, 2])
      #expect(waveforms.floats().prefix(2) == [30, 31] && waveforms.floats()[20...21] == [0, 1])
      // A channel that is none, and a table of other examples.
      try NPY.write(
        [1, 0, 1, 4, 3, 2, 0, 1] as [Int32], shape: [4, 2], to: folder.file("unit_waveforms.channels.npy"))
      #expect(throws: ResultError.self) { try folder.read() }
      try NPY.write([1, 0, 1, 3] as [Int32], shape: [2, 2], to: folder.file("unit_waveforms.channels.npy"))
      #expect(throws: ResultError.self) { try folder.read() }
    }
  }

  @Test func unitsTableQuotesWhatItMust() throws {
    let rows = unitsTable(smallSorting()).split(separator: "\n")
    #expect(rows.count == 3)
    #expect(rows[1].hasPrefix("0,0 2,10,3.3,0,80.5,9.25,0,0.1,0,,0.01,0.02,,0.5,1,1.1,,single,"))
    #expect(rows[1].hasSuffix(",\"5 of 10, \"\"sure\"\"; no\""))
  }

  /// The one sentence a damaged folder is refused with.
  private func refusal(_ damage: (ResultFolder) throws -> Void) throws -> ResultError? {
    var refusal: ResultError?
    try withResult { (folder) throws in
      try damage(folder)
      do {
        _ = try folder.read()
      } catch {
        refusal = error as? ResultError
      }
    }
    return refusal
  }

  private static let arrays = [
    "spike_times.npy", "spike_clusters.npy", "spike_templates.npy", "amplitudes.npy", "pc_features.npy",
    "templates.npy",
    "unit_waveforms.mean.npy", "unit_waveforms.sd.npy", "unit_waveforms.examples.npy", "trace_example.npy",
  ]

  @Test(arguments: arrays) func cutShort(_ name: String) throws {
    let error = try refusal { folder in
      let data = try Data(contentsOf: folder.file(name))
      try data.prefix(data.count - 3).write(to: folder.file(name))
    }
    guard case .damaged(_, let found, _) = error else {
      Issue.record("\(name): \(String(describing: error))")
      return
    }
    #expect(found.contains(name))
    #expect(error?.description.contains("\n") == false)
  }

  @Test(arguments: [
    "spike_clusters.npy", "spike_templates.npy", "amplitudes.npy", "pc_features.npy", "unit_waveforms.sd.npy",
  ])
  func missing(_ name: String) throws {
    let error = try refusal { try FileManager.default.removeItem(at: $0.file(name)) }
    guard case .missingFile(let path, _) = error else {
      Issue.record("\(name): \(String(describing: error))")
      return
    }
    #expect(path.hasSuffix(name))
  }

  @Test(arguments: arrays) func anotherShape(_ name: String) throws {
    let error = try refusal { try NPY.write([Float](repeating: 0, count: 7), shape: [7], to: $0.file(name)) }
    guard case .damaged(let path, let found, _) = error else {
      Issue.record("\(name): \(String(describing: error))")
      return
    }
    #expect(path.hasSuffix(name) && found.contains("[7]"))
  }

  @Test func labelsOfNoUnit() throws {
    for name in ["spike_clusters.npy", "spike_templates.npy"] {
      let error = try refusal { try NPY.write([Int32](repeating: 99, count: 20), to: $0.file(name)) }
      // Units are what Phy changes.
      if name == "spike_clusters.npy", case .editedInPhy(_, let found) = error {
        #expect(found.contains("99"))
        continue
      }
      guard case .damaged(let path, let found, _) = error else {
        Issue.record("\(name): \(String(describing: error))")
        continue
      }
      #expect(path.hasSuffix(name) && found.contains("99"))
    }
  }

  @Test(arguments: ["", "{", "[]", "{\"version\": 1}", "\u{FEFF}null"]) func brokenRecord(_ text: String)
    throws
  {
    let error = try refusal { try Data(text.utf8).write(to: $0.file(ResultFolder.recordName)) }
    guard case .damaged(let path, _, _) = error else {
      Issue.record("\(text): \(String(describing: error))")
      return
    }
    #expect(path.hasSuffix("sorting.json"))
  }

  @Test func resultsOfEarlierVersionsAreRead() throws {
    var sorting = smallSorting()
    sorting.options.restarts = 9
    sorting.options.model = .driftingT(thorough: true)
    sorting.options.growsComponents = false
    try withTemporaryFolder { (url) throws in
      let folder = ResultFolder(url)
      try folder.write(sorting)
      let path = folder.file(ResultFolder.recordName)
      let whole = try Data(contentsOf: path)
      #expect(try folder.read().options == sorting.options)
      var record = try #require(try JSONSerialization.jsonObject(with: whole) as? [String: Any])
      var options = try #require(record["options"] as? [String: Any])
      // What became a choice later.
      for key in ["thorough", "growsComponents"] { #expect(options.removeValue(forKey: key) != nil) }
      record["options"] = options
      try JSONSerialization.data(withJSONObject: record).write(to: path)
      let read = try folder.read()
      var expected = sorting.options
      (expected.model, expected.growsComponents) = (.driftingT(), true)
      #expect(read.options == expected)
      #expect(read.mixture.logLikelihood == sorting.mixture.logLikelihood)
      #expect(read.units.map(\.reasons) == sorting.units.map(\.reasons))
      #expect(folder.editedPhyFiles.isEmpty)
      try NPY.write([Int32](repeating: 0, count: 20), to: folder.file("spike_clusters.npy"))
      #expect(folder.editedPhyFiles == ["spike_clusters.npy"])
    }
  }

  @Test func aRecordOfAnotherVersionIsNamed() throws {
    let error = try refusal {
      try Data(#"{"version": "9.1.0", "format": 7}"#.utf8).write(to: $0.file(ResultFolder.recordName))
    }
    guard case .damaged(_, let found, let expected) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found.contains("spikesort 9.1.0") && expected.contains(ResultFolder.version))
  }

  @Test func noResult() throws {
    try withTemporaryFolder { (url) throws in
      #expect(throws: ResultError.self) { try ResultFolder(url).read() }
      #expect(throws: ResultError.self) { try ResultFolder(url.appendingPathComponent("none")).read() }
    }
  }

  @Test func noticesEdits() throws {
    try withResult { (folder) throws in
      #expect(!folder.wasEdited)
      try NPY.write([Int32](repeating: 0, count: 20), to: folder.file("spike_clusters.npy"))
      #expect(folder.wasEdited)
    }
    try withResult { (folder) throws in
      try Data("cluster_id\tgroup\n0\tnoise\n1\tmua\n".utf8).write(to: folder.file("cluster_group.tsv"))
      #expect(folder.wasEdited)
    }
    try withResult { (folder) throws in
      try Data("{}\n".utf8).write(to: folder.file("curation.jsonl"))
      #expect(folder.wasEdited)
    }
  }

  @Test func truthsAndResultsAreLabelledTimes() throws {
    try withTemporaryFolder { (url) throws in
      try NPY.write([Int64(30), 10, 20], to: url.appendingPathComponent("gt_times.npy"))
      try NPY.write([Int32(1), 0, 1], to: url.appendingPathComponent("gt_labels.npy"))
      let truth = try LabelledTimes(at: url)
      #expect(truth.frames == [10, 20, 30] && truth.labels == [0, 1, 1])
      try NPY.write([Int32(1), 0], to: url.appendingPathComponent("gt_labels.npy"))
      #expect(
        throws: ResultError.damaged(
          path: url.path, found: "3 times and 2 labels", expected: "as many of both")
      ) {
        try LabelledTimes(at: url)
      }
    }
    // Noise is left out, as Phy leaves it out.
    var sorting = smallSorting()
    sorting.units[1].verdict = .noise
    try withResult(sorting) { (folder) throws in
      let read = try LabelledTimes(at: folder.url)
      let made = try LabelledTimes(of: sorting)
      #expect(read.frames == made.frames && read.labels == made.labels)
      #expect(read.frames.count == 10 && Set(read.labels) == [0])
    }
  }
}

import Curation
import Foundation
import NumPyInterop
import Report
import SortingFormats
import SpikeSorting
import TestSupport
import Testing

/// Result folders whose files were damaged or made up: whatever is asked of them ends in an answer or in a sentence.
@Suite struct DamagedFolderTests {
  /// What the commands ask of a folder.
  ///
  /// - Parameters:
  ///   - formats: what it is exported to.
  ///   - other: the result that its decisions are carried over to.
  /// - Returns: the sentence it is refused with; nil where all of it is answered.
  private func refusal(
    of url: URL, draws: Bool = true, formats: [ExportFormat] = [.klusters], to other: URL? = nil
  ) throws -> String? {
    let folder = ResultFolder(url)
    do {
      if names(of: url).contains("spike_times.npy") { _ = try LabelledTimes(at: url) }
      let sorting = try CuratedResult(folder).sorting
      _ = unitsTable(sorting)
      if sorting.spikes.frames != nil {
        let spikes = try LabelledTimes(of: sorting)
        _ = try ComparisonSummary(of: sorting, with: spikes)
        for format in formats {
          try sorting.export(format, to: url.appendingPathComponent("to-\(format.rawValue)"), name: "k")
        }
      }
      if let other, folder.isCurated {
        _ = try DecisionReplay.carry(from: folder, to: ResultFolder(other))
        _ = try DecisionReplay.carry(from: ResultFolder(other), to: folder)
      }
      if draws { try Report(sorting, comparison: folder.readComparison()).write(to: folder) }
      return nil
    } catch let error as ResultError {
      return error.description
    } catch let error as CurationError {
      return error.description
    } catch let error as NPYError {
      return error.description
    }
  }

  private func names(of folder: URL) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
  }

  private func edit(_ folder: URL, _ change: (inout [String: Any]) throws -> Void) throws {
    let file = folder.appendingPathComponent("sorting.json")
    var record = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    try change(&record)
    try JSONSerialization.data(withJSONObject: record).write(to: file)
  }

  @Test func refusesSpikeTimesThatDoNotAscend() throws {
    try withOldResults { (results) throws in
      let url = results.appendingPathComponent("features")
      let file = url.appendingPathComponent("spike_times.npy")
      let times = try NPYArray(contentsOf: file).integers()
      try NPY.write(times.reversed().map { Int64($0) }, to: file)
      #expect(try refusal(of: url)?.contains("times in disorder") == true)
      try NPY.write(times.map { Int64($0) &* 1_000_000_000_000_000 }, to: file)
      #expect(try refusal(of: url)?.contains("no frame") == true)
    }
  }

  @Test(arguments: [
    "components", "bic", "logLikelihood", "componentsLeft", "iterations", "bestBIC", "parameters",
    "agreement",
    "stuckShare",
  ])
  func refusesSweepsWhoseListsDiffer(list: String) throws {
    try withOldResults { (results) throws in
      let url = results.appendingPathComponent("features")
      try edit(url) { record in
        var mixture = try #require(record["mixture"] as? [String: Any])
        var sweep = try #require(mixture["selection"] as? [String: Any])
        sweep[list] = try Array(#require(sweep[list] as? [Any]).dropLast())
        mixture["selection"] = sweep
        record["mixture"] = mixture
      }
      #expect(try refusal(of: url)?.contains("lists of other lengths") == true)
    }
  }

  @Test(arguments: [-1, 1 << 40]) func refusesImpossibleNumbersOfComponents(count: Int) throws {
    try withOldResults { (results) throws in
      let url = results.appendingPathComponent("features")
      try edit(url) { record in
        var mixture = try #require(record["mixture"] as? [String: Any])
        mixture["components"] = count
        record["mixture"] = mixture
      }
      #expect(try refusal(of: url)?.contains("\(count) components") == true)
    }
  }

  @Test(arguments: [[Int.min, .max], [0, 5, 9], [20, 10], [-4, 8], [0, 1 << 50]])
  func refusesArtifactsBeyondTheRecording(frames: [Int]) throws {
    try withOldResults { (results) throws in
      let url = results.appendingPathComponent("tetrode")
      func put(_ frames: [Int]) throws {
        try edit(url) { record in
          var source = try #require(record["source"] as? [String: Any])
          source["artifacts"] = [
            "excluded": [["reason": "burst", "channels": [0, 1], "frames": frames]], "bridged": [],
            "states": [],
          ]
          record["source"] = source
        }
      }
      try put([0, 30])
      #expect(try refusal(of: url) == nil)
      try put(frames)
      #expect(try refusal(of: url)?.contains("artefacts in frames") == true)
    }
  }

  @Test(arguments: ["tetrode", "features"]) func refusesFeaturesThatAreNoNumbers(name: String) throws {
    try withOldResults { (results) throws in
      let url = results.appendingPathComponent(name)
      let file = url.appendingPathComponent("pc_features.npy")
      let array = try NPYArray(contentsOf: file)
      var values = array.floats()
      values[5] = .nan
      try NPY.write(values, shape: array.shape, to: file)
      #expect(try refusal(of: url)?.contains("found nan, expected finite numbers") == true)
    }
  }

  @Test(arguments: [Int64.max, .min, -1]) func refusesTruthsBeyondAllTimes(time: Int64) throws {
    try withTemporaryFolder { (folder) throws in
      try NPY.write([5, time], to: folder.appendingPathComponent("gt_times.npy"))
      try NPY.write([0, 1] as [Int64], to: folder.appendingPathComponent("gt_labels.npy"))
      #expect { try LabelledTimes(at: folder) } throws: { "\($0)".contains("no frame") }
    }
  }

  /// A pipe in place of any file is a sentence, never waited for.
  @Test(arguments: ["sorting.json", "spike_times.npy", "pc_features.npy", "curation.jsonl"])
  func refusesPipesInPlaceOfFiles(name: String) throws {
    try withOldResults { (results) throws in
      let url = results.appendingPathComponent("tetrode")
      let file = url.appendingPathComponent(name)
      try FileManager.default.removeItem(at: file)
      try #require(mkfifo(file.path, 0o600) == 0)
      #expect(try refusal(of: url) != nil)
    }
  }

  /// Folders damaged at random, the same every time: numbers made extreme, keys dropped, values of other kinds, arrays cut
  /// or with other shapes and contents.
  @Test(arguments: ["tetrode", "probe", "features", "no-times", "snippets", "groups/group-0"])
  func answersOrRefusesWhateverIsDamaged(name: String) throws {
    try withOldResults { (results) throws in
      var generator = SeededGenerator(
        seed: UInt64(name.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xffff_ffff }))
      let whole = results.appendingPathComponent(name)
      let trial = results.appendingPathComponent("trial")
      var (answered, refused) = (0, 0)
      for round in 0..<60 {
        try? FileManager.default.removeItem(at: trial)
        try FileManager.default.copyItem(at: whole, to: trial)
        let names = try FileManager.default.contentsOfDirectory(atPath: trial.path).sorted()
        let arrays = names.filter { $0.hasSuffix(".npy") }
        if round % 3 == 0, let file = arrays.randomElement(using: &generator) {
          try damageArray(trial.appendingPathComponent(file), &generator)
        } else {
          let file = trial.appendingPathComponent("sorting.json")
          var record = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
          record = damaged(record, &generator)
          try JSONSerialization.data(withJSONObject: record, options: .fragmentsAllowed).write(to: file)
        }
        // Drawing takes longest.
        let format = ExportFormat.allCases[round % ExportFormat.allCases.count]
        let sentence = try refusal(of: trial, draws: round % 2 == 0, formats: [format], to: whole)
        if let sentence {
          refused += 1
          #expect(!sentence.contains("\n"))
        } else {
          answered += 1
        }
      }
      #expect(answered > 0 && refused > 0)
    }
  }

  /// The whole folders that fuzzing found worth keeping, and some made of random bytes, the same every time; asked what
  /// every command and the page ask.
  @Test func answersOrRefusesWhateverFuzzingFound() async throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let fixtures = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/results-0.1")
    let damaged = DamagedResults(folder: folder)
    try damaged.prepare(from: fixtures)
    let corpus = packageFolder.appendingPathComponent("Fuzzing/Corpus/\(DamagedResults.name)")
    let kept = names(of: corpus).sorted()
    try #require(kept.count >= DamagedResults.kinds.count)
    var inputs = try kept.map { ($0, try Data(contentsOf: corpus.appendingPathComponent($0))) }
    var generator = SeededGenerator(seed: 13)
    for n in 0..<60 {
      let count = Int.random(in: 6..<40, using: &generator)
      inputs.append(
        ("random-\(n)", Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })))
    }
    for (name, bytes) in inputs {
      let refusal = try damaged.run(bytes)
      #expect(refusal.map { !$0.contains("\n") } ?? true, "\(name)")
      let isSeed = name.hasPrefix("seed")
      let hasTimes = !name.hasSuffix("no-times")
      if isSeed, hasTimes {
        #expect(refusal?.contains("nothing was decided") ?? true, "\(name): \(refusal ?? "")")
      }
      guard DamagedResults.isViewed(bytes) else { continue }
      let statuses = try await damaged.view()
      if isSeed, hasTimes {
        #expect(statuses.allSatisfy { [200, 404].contains($0) }, "\(name): \(statuses)")
      }
    }
  }

  /// A file without elements says nothing by its size: its sides are bounded all the same.
  @Test(arguments: ["pc_features.npy", "component_drift.npy"])
  func refusesEndlessArraysOfNothing(name: String) throws {
    try withOldResults { (results) throws in
      let url = results.appendingPathComponent("tetrode")
      let file = url.appendingPathComponent(name)
      var shape = try NPYArray(contentsOf: file).shape
      (shape[shape.count - 2], shape[shape.count - 1]) = (0, 1 << 62)
      try NPY.write([Float](), shape: shape, to: file)
      #expect(try refusal(of: url)?.contains("an array of shape") == true)
    }
  }

  /// JSON in which one value, somewhere, is another or gone.
  private func damaged(_ value: Any, _ generator: inout SeededGenerator) -> Any {
    let goesOn = Int.random(in: 0..<8, using: &generator) > 0
    if var table = value as? [String: Any], goesOn,
      let key = table.keys.sorted().randomElement(using: &generator)
    {
      if Int.random(in: 0..<8, using: &generator) == 0 {
        table[key] = nil
      } else {
        table[key] = table[key].map { damaged($0, &generator) }
      }
      return table
    }
    if var list = value as? [Any], goesOn, let place = list.indices.randomElement(using: &generator) {
      if Int.random(in: 0..<4, using: &generator) == 0 {
        list.remove(at: place)
      } else {
        list[place] = damaged(list[place], &generator)
      }
      return list
    }
    let others: [Any] = [
      -1, 0, 1, 1 << 31, Int.max, Int.min, 1e300, -1e300, 1e-300, 0.5, 1e18, "", "<b>", [Any](),
      [-1, 1 << 40],
      NSNull(),
    ]
    return others[Int.random(in: 0..<others.count, using: &generator)]
  }

  private func damageArray(_ file: URL, _ generator: inout SeededGenerator) throws {
    let array = try NPYArray(contentsOf: file)
    switch Int.random(in: 0..<4, using: &generator) {
    case 0:
      var data = try Data(contentsOf: file)
      data.removeLast(Int.random(in: 1...max(1, data.count / 2), using: &generator))
      try data.write(to: file)
    case 1: try NPY.write(array.doubles(), shape: array.shape.reversed(), to: file)
    case 2:
      let odd: [Double] = [.nan, .infinity, -1, 1e300, 4e9, -9e18]
      var values = array.doubles()
      if let place = values.indices.randomElement(using: &generator) {
        values[place] = odd[Int.random(in: 0..<odd.count, using: &generator)]
      }
      try NPY.write(values, shape: array.shape, to: file)
    default:
      let values = array.doubles()
      try NPY.write(values.shuffled(using: &generator), shape: array.shape, to: file)
    }
  }
}

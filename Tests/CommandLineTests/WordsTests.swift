import Foundation
import MadeResults
import NumPyInterop
import SortingFormats
import TestSupport
import Testing

/// What the commands say to words and files that are not what was meant.
struct WordsTests {
  @Test(arguments: [
    ("sotr", "did you mean sort?"), ("sorte", "did you mean sort?"), ("metric", "did you mean metrics?"),
    ("compair", "did you mean compare?"), ("VIEW", "did you mean view?"),
    ("frobnicate", "expected one of demo, toy"),
    ("day.dat", "spikesort sort day.dat -o DIR"),
  ])
  func commandsAreSuggested(_ word: String, _ words: String) throws {
    let outcome = try spikesort(word, "a", "-o", "b")
    #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(words), "\(outcome.errors)")
  }

  @Test func optionsOfTheProgramItselfStillWork() throws {
    #expect(try spikesort("--version").status == 0)
    #expect(try spikesort("help", "sort").status == 0)
    #expect(try spikesort().status == 0)
  }

  private func noisy() -> [Int16] {
    var samples = noise(frames: 30_000)
    for frame in irregular(from: 500, to: 29_000, by: 700) { addSpike(to: &samples, at: frame) }
    return samples
  }

  @Test func negativeThresholds() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("r.dat")
      try write(noisy(), to: file)
      func run(_ name: String, _ options: String...) throws -> CommandOutcome {
        try spikesort(
          [
            "sort", file.path, "--rate", "10000", "--channels", "4", "--quiet", "-o",
            folder.appendingPathComponent(name).path,
          ]
            + options)
      }
      #expect(try run("a", "--threshold", "-5").status == 0)
      #expect(try run("b", "--threshold", "5", "--peak", "negative").status == 0)
      let times = try ["a", "b"].map {
        try NPYArray(contentsOf: folder.appendingPathComponent("\($0)/spike_times.npy")).integers()
      }
      #expect(times[0] == times[1] && !times[0].isEmpty)
      for options in [["--threshold", "-5", "--peak", "positive"], ["--threshold", "0"]] {
        let outcome = try spikesort(
          ["sort", file.path, "-o", folder.appendingPathComponent("c").path] + options)
        #expect(outcome.status == 64 && outcome.errors.contains("--threshold"))
      }
    }
  }

  @Test func groupsAreANumberOrLists() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("r.dat")
      try write(noise(frames: 3000), to: file)
      func info(_ groups: String) throws -> CommandOutcome {
        try spikesort("info", file.path, "--rate", "10000", "--channels", "4", "--json", "--groups", groups)
      }
      #expect(try info("0,3;2,1").json()["groups"] as? [[Int]] == [[0, 3], [1, 2]])
      #expect(try info("2").json()["groups"] as? [[Int]] == [[0, 1], [2, 3]])
      for (groups, words) in [
        ("3", "1 groups of 3 and one of 1"), ("0,1;1,2", "channel 1 twice"), ("0,4", "channel 4"),
        ("a,b", "--groups a,b"),
        ("", "--groups"),
      ] {
        let outcome = try info(groups)
        #expect(outcome.status == 64 && outcome.errors.contains(words), "\(outcome.errors)")
      }
    }
  }

  @Test func infoTakesWhatSortTakes() throws {
    try withTemporaryFolder { (folder) throws in
      let files = ["a.dat", "b.dat"].map { folder.appendingPathComponent($0) }
      try write(noise(frames: 3000), to: files[0])
      try write(Array(noise(frames: 3000).reversed()), to: files[1])
      let both = try spikesort(
        "info", files[0].path, files[1].path, "--rate", "10000", "--channels", "4", "--json")
      #expect(try both.json()["frames"] as? Int == 6000)
      let snippets = folder.appendingPathComponent("spikes.npy")
      try NPY.write([Float](repeating: 1, count: 3 * 20 * 4), shape: [3, 20, 4], to: snippets)
      let times = folder.appendingPathComponent("times.npy")
      try NPY.write([Int64(5), 900, 9999], to: times)
      let detected = try spikesort("info", snippets.path, "--times", times.path, "--rate", "10000", "--json")
      let group = try #require((try detected.json()["groups"] as? [[String: Any]])?.first)
      #expect(group["spikes"] as? Int == 3 && group["seconds"] as? Double == 1)
      #expect(group["snippetFrames"] as? Int == 20 && group["snippetChannels"] as? Int == 4)
      let text = try spikesort("info", snippets.path, "--times", times.path, "--rate", "10000").text
      #expect(text.contains("spikes    3") && text.contains("20 frames on 4 channels"))
    }
  }

  @Test func metricsAreATableOrCSV() throws {
    try withMadeResult { (folder) throws in
      let table = try spikesort("metrics", folder.url.path)
      let lines = table.text.split(whereSeparator: \.isNewline)
      #expect(lines.count == 5 && lines[0].contains("contamination") && !table.text.contains(","))
      #expect(lines.dropFirst().allSatisfy { $0.contains("single unit") || $0.contains("multi-unit") })
      let csv = try spikesort("metrics", folder.url.path, "--csv")
      #expect(csv.text == (try String(contentsOf: folder.file("units.csv"), encoding: .utf8)))
      #expect(try spikesort("metrics", folder.url.path, "--csv", "--json").status == 64)
    }
  }

  @Test func compareReadsOtherTruths() throws {
    try withMadeResult { (folder) throws in
      try withTemporaryFolder { (place) throws in
        let csv = place.appendingPathComponent("csv")
        #expect(try spikesort("export", folder.url.path, "--to", "csv", csv.path).status == 0)
        let outcome = try spikesort("compare", folder.url.path, csv.path, "--json")
        #expect(try outcome.json()["meanAccuracy"] as? Double == 1)
        let none = try spikesort("compare", folder.url.path, place.path)
        #expect(none.status == 65 && none.errors.contains("found a folder with 1 folder, expected a truth"))
      }
    }
  }
}

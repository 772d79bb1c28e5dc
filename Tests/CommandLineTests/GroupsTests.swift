import Foundation
import NumPyInterop
import TestSupport
import Testing

/// `spikesort sort` on several tetrodes in one file.
struct GroupsTests {
  /// A flat file of tetrodes side by side, each simulated by itself; nil is a dead one.
  private func tetrodes(_ recordings: [URL?], to file: URL, frames: Int) throws {
    let parts = try recordings.map { recording -> [Int16] in
      guard let recording else { return [Int16](repeating: 7, count: frames * 4) }
      let data = try Data(contentsOf: recording.appendingPathComponent(recording.lastPathComponent + ".dat"))
      return data.withUnsafeBytes { Array($0.bindMemory(to: Int16.self)) }
    }
    var all: [Int16] = []
    all.reserveCapacity(frames * 4 * parts.count)
    for frame in 0..<frames {
      for part in parts { all += part[frame * 4..<frame * 4 + 4] }
    }
    try write(all, to: file)
  }

  private let description = ["--rate", "30000", "--gain", "0.195", "--quiet"]

  @Test func everyGroupIsSortedAsAlone() throws {
    try withTemporaryFolder { (folder) throws in
      let recordings = try [1, 2].map {
        try simulated(in: folder, name: "tetrode\($0)", seconds: 8, units: 3, seed: $0)
      }
      let file = folder.appendingPathComponent("day.dat")
      try tetrodes([recordings[0], nil, recordings[1]], to: file, frames: 8 * 30_000)
      // A file cut short within a frame.
      try (try Data(contentsOf: file) + Data(count: 3)).write(to: file)
      let out = folder.appendingPathComponent("out")
      let arguments = ["sort", file.path, "--channels", "12", "--groups", "4"] + description
      let outcome = try spikesort(arguments + ["--json", "-o", out.path])
      #expect(outcome.status == 0, "\(outcome.errors)")
      // What is said of the whole file is said once, and stands in every group's result.
      #expect(outcome.errors.components(separatedBy: "its last 3 bytes are left out").count == 2)
      let first = try Data(contentsOf: out.appendingPathComponent("group-0/sorting.json"))
      #expect(String(decoding: first, as: UTF8.self).contains("its last 3 bytes are left out"))
      // One broken group does not lose the others, and is told of.
      #expect(outcome.errors.contains("group 1"))
      let answer = try outcome.json()
      #expect(
        (answer["groups"] as? [[String: Any]])?.compactMap { $0["group"] as? String } == [
          "group 0", "group 2",
        ])
      #expect((answer["failed"] as? [[String: Any]])?.compactMap { $0["group"] as? String } == ["group 1"])
      #expect(
        (try record(of: out)["groups"] as? [[String: Any]])?.compactMap { $0["folder"] as? String }
          == ["group-0", "group-1", "group-2"])
      let page = try String(contentsOf: out.appendingPathComponent("report.html"), encoding: .utf8)
      #expect(
        page.contains("href=\"./group-0/report.html\"") && page.contains("href=\"./group-2/report.html\""))
      #expect(page.contains("group 1 could not be sorted: "))

      for (group, recording) in [("group-0", recordings[0]), ("group-2", recordings[1])] {
        let alone = folder.appendingPathComponent("alone \(group)")
        let file = recording.appendingPathComponent(recording.lastPathComponent + ".dat")
        // A copy: beside its meta.json the file would know its probe.
        let copy = folder.appendingPathComponent("\(group).dat")
        try FileManager.default.copyItem(at: file, to: copy)
        #expect(
          try spikesort(["sort", copy.path, "--channels", "4"] + description + ["-o", alone.path]).status == 0
        )
        for name in ["spike_times.npy", "spike_clusters.npy", "amplitudes.npy", "pc_features.npy"] {
          let inside = out.appendingPathComponent(group).appendingPathComponent(name)
          #expect(try Data(contentsOf: inside) == Data(contentsOf: alone.appendingPathComponent(name)))
        }
      }
      // Channels keep the file's numbers.
      #expect(try numbers("channel_map.npy", of: out.appendingPathComponent("group-2")) == [8, 9, 10, 11])

      let other = folder.appendingPathComponent("threads")
      #expect(try spikesort(arguments + ["--threads", "3", "-o", other.path]).status == 0)
      #expect(try differences(out, other).filter { !$0.hasSuffix("/run.json") } == [])
      try laterCommands(out, recordings: recordings)
    }
  }

  /// `metrics`, `report` and `compare` on the folder of several groups.
  private func laterCommands(_ out: URL, recordings: [URL]) throws {
    try RunningViewer(out).ended { (viewer) throws in
      let start = try viewer.get("")
      #expect(start.status == 302 && start.headers["location"] == "0/")
      for (place, channels) in [(0, [0, 1, 2, 3]), (2, [8, 9, 10, 11])] {
        let session = try viewer.get("\(place)/api/session").json
        #expect(session["channels"] as? [Int] == channels)
        // The recording lies beside the folder of all groups.
        #expect((session["recording"] as? [String: Any])?["available"] as? Bool == true)
      }
      #expect(try viewer.get("1/api/session").status == 404)
    }
    let metrics = try spikesort("metrics", out.path, "--json")
    #expect(metrics.status == 0, "\(metrics.errors)")
    let groups = try metrics.json()["groups"] as? [[String: Any]]
    let counts = (groups ?? []).map { ($0["units"] as? [Any])?.count ?? 0 }
    #expect(groups?.compactMap { $0["folder"] as? String } == ["group-0", "group-2"])
    let table = try spikesort("metrics", out.path, "--csv")
    let rows = table.text.split(separator: "\n")
    #expect(rows.count == 1 + counts.reduce(0, +))
    #expect(rows.dropFirst().enumerated().allSatisfy { $1.hasPrefix("\($0),group ") })
    #expect(try String(contentsOf: out.appendingPathComponent("units.csv"), encoding: .utf8) == table.text)

    let before = try files(below: out)
    for name in ["report.html", "group-0/report.html"] {
      try FileManager.default.removeItem(at: out.appendingPathComponent(name))
    }
    #expect(try spikesort("report", out.path).status == 0)
    let after = try files(below: out)
    #expect(before.keys.filter { before[$0] != after[$0] } == [])

    // A truth of both tetrodes, the second one's neurons numbered on.
    let truth = out.deletingLastPathComponent().appendingPathComponent("truth")
    try FileManager.default.createDirectory(at: truth, withIntermediateDirectories: true)
    var events: [(time: Int64, label: Int64)] = []
    for (i, recording) in recordings.enumerated() {
      let times = try numbers("gt_times.npy", of: recording)
      let labels = try numbers("gt_labels.npy", of: recording)
      events += zip(times, labels).map { (Int64($0), Int64($1) + 3 * Int64(i)) }
    }
    events.sort { ($0.time, $0.label) < ($1.time, $1.label) }
    try NPY.data(events.map(\.time), shape: [events.count]).write(
      to: truth.appendingPathComponent("gt_times.npy"))
    try NPY.data(events.map(\.label), shape: [events.count]).write(
      to: truth.appendingPathComponent("gt_labels.npy"))
    // As accurate as the groups are each by itself; the recordings are short, so that need not be much.
    let each = try zip(["group-0", "group-2"], recordings).map { group, recording in
      let compared = try spikesort(
        "compare", out.appendingPathComponent(group).path, recording.path, "--json")
      return try #require(try compared.json()["meanAccuracy"] as? Double)
    }
    for (other, least) in [(truth, each.reduce(0, +) / 2 - 1e-9), (out, 1.0)] {
      let compared = try spikesort("compare", out.path, other.path, "--json")
      #expect(compared.status == 0, "\(compared.errors)")
      let accuracy = try #require(try compared.json()["meanAccuracy"] as? Double)
      #expect(accuracy >= least)
    }
  }

  @Test func whereNoGroupCanBeSorted() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("dead.dat")
      try tetrodes([nil, nil], to: file, frames: 30_000)
      let out = folder.appendingPathComponent("out")
      let outcome = try spikesort(
        ["sort", file.path, "--channels", "8", "--groups", "4"] + description + ["-o", out.path])
      #expect(outcome.status == 65)
      #expect(outcome.errors.contains("constant"))
      #expect(!FileManager.default.fileExists(atPath: out.path))
    }
  }

  @Test func groupsThatDoNotFit() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("noise.dat")
      try write(noise(frames: 3000), to: file)
      for groups in ["0", "5"] {
        let outcome = try spikesort(
          ["sort", file.path, "--channels", "4", "--groups", groups] + description
            + ["-o", folder.appendingPathComponent("out").path])
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("--groups"))
      }
    }
  }
}

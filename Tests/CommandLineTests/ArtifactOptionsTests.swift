import Foundation
import TestSupport
import Testing

/// What is left out by choice, and what of it is refused.
struct ArtifactOptionsTests {
  private static func file(_ text: String) -> @Sendable (URL) throws -> Void {
    { folder in
      try Data(count: 80_000).write(to: folder.appendingPathComponent("r.dat"))
      try Data(text.utf8).write(to: folder.appendingPathComponent("t.csv"))
    }
  }

  private static func sort(_ more: [String]) -> [String] {
    ["sort", "@/r.dat", "--rate", "10000", "--channels", "4", "-o", "@/out", "--quiet"] + more
  }

  private static let refusals: [Refusal] = [
    Refusal(
      "times that are no numbers", sort(["--exclude-times", "@/t.csv"]), 65,
      says: ["t.csv", "1,two", "line 2", "expected"],
      prepare: file("start,end\n1,two\n")),
    Refusal(
      "an end before its start", sort(["--exclude-times", "@/t.csv"]), 65,
      says: ["t.csv", "3,2", "expected"],
      prepare: file("3,2\n")),
    Refusal(
      "one number a line", sort(["--exclude-times", "@/t.csv"]), 65, says: ["t.csv", "line 3"],
      prepare: file("# mine\n1,2\n7\n")),
    Refusal(
      "endless times", sort(["--exclude-times", "@/t.csv"]), 65, says: ["t.csv", "inf"],
      prepare: file("0,1\n0,inf\n")),
    Refusal(
      "bytes that are no text", sort(["--exclude-times", "@/r.bin"]), 65, says: ["r.bin", "no text"],
      prepare: { folder in
        try Data(count: 80_000).write(to: folder.appendingPathComponent("r.dat"))
        try Data([0xff, 0xfe, 0x80, 0x0a]).write(to: folder.appendingPathComponent("r.bin"))
      }),
    Refusal(
      "no such file", sort(["--exclude-times", "@/none.csv"]), 65, says: ["none.csv", "expected"],
      prepare: file("")),
  ]

  @Test(arguments: refusals) func refused(_ refusal: Refusal) throws { try refusal.check() }

  @Test func quality() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recording = folder.appendingPathComponent("r").path
    try #require(
      try spikesort("simulate", "--seconds", "20", "--condition", "silent", "--quiet", "-o", recording).status
        == 0)
    let outcome = try spikesort("info", "--quality", "--json", recording)
    let groups = try #require(try outcome.json()["quality"] as? [[String: Any]])
    let share = try #require(groups.first?["excludedShare"] as? Double)
    #expect(abs(share - 2 / 3.0) < 0.001)
    #expect(try spikesort("info", "--quality", recording).text.contains("constant"))
    #expect(try spikesort("info", "--json", recording).json()["quality"] == nil)
  }
}

import Foundation
import TestSupport
import Testing

/// The commit in a build's version, as `scripts/built-commit` finds it.
struct BuiltCommitTests {
  private static let hash = "0123456789abcdef0123456789abcdef01234567"

  /// Runs a program without git's environment.
  @discardableResult
  private func run(_ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// What a build of a folder's sources would hold.
  private func builtCommit(of package: URL) throws -> String {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("scripts/built-commit")
    let output = package.appendingPathComponent("output")
    #expect(try run(["sh", script.path, package.path, output.path]) == 0)
    #expect(names(in: output) == ["BuiltCommit.swift"])
    return try String(contentsOf: output.appendingPathComponent("BuiltCommit.swift"), encoding: .utf8)
  }

  private func write(_ text: String, to name: String, in folder: URL) throws {
    let file = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  @Test func sourcesWithoutARepositoryHaveNone() throws {
    try withTemporaryFolder { (folder) throws in
      #expect(try builtCommit(of: folder) == "let builtCommit: String? = nil\n")
      // Nor ones inside another program's repository.
      try write(Self.hash, to: ".git/HEAD", in: folder)
      let inside = folder.appendingPathComponent("inside")
      try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
      #expect(try builtCommit(of: inside) == "let builtCommit: String? = nil\n")
    }
  }

  /// Files that git itself would not take for a repository: what is read without it.
  @Test func theCommitIsReadWithoutGit() throws {
    let expected = "let builtCommit: String? = \"0123456789ab\"\n"
    try withTemporaryFolder { (folder) throws in
      try write(Self.hash + "\n", to: ".git/HEAD", in: folder)
      #expect(try builtCommit(of: folder) == expected)
      try write("ref: refs/heads/main\n", to: ".git/HEAD", in: folder)
      #expect(try builtCommit(of: folder) == "let builtCommit: String? = nil\n")
      try write("# pack-refs\n\(Self.hash) refs/heads/main\n", to: ".git/packed-refs", in: folder)
      #expect(try builtCommit(of: folder) == expected)
      try write("not a commit\"; trap()\n", to: ".git/refs/heads/main", in: folder)
      #expect(try builtCommit(of: folder) == "let builtCommit: String? = nil\n")
    }
  }

  @Test func changesAreSeenWithGit() throws {
    try withTemporaryFolder { (folder) throws in
      let git = ["git", "-C", folder.path, "-c", "user.name=a", "-c", "user.email=a@b.example"]
      guard try run(git + ["init", "-q"]) == 0 else { return }
      try write("one", to: "source", in: folder)
      try run(git + ["add", "source"])
      #expect(try run(git + ["commit", "-qm", "first"]) == 0)
      let clean = try builtCommit(of: folder)
      #expect(clean.wholeMatch(of: /let builtCommit: String\? = "[0-9a-f]{12}"\n/) != nil)
      try write("two", to: "source", in: folder)
      #expect(try builtCommit(of: folder) == clean.replacingOccurrences(of: "\"\n", with: ".dirty\"\n"))
    }
  }

  @Test func resultsSayWhatTheProgramSays() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try simulated(in: folder, seconds: 2, units: 1)
      let out = folder.appendingPathComponent("out")
      #expect(try spikesort("sort", recording.path, "--model", "t", "-o", out.path, "--quiet").status == 0)
      let version = try #require(record(of: out)["version"] as? String)
      #expect(version.hasPrefix("0.2.0"))
      #expect(try spikesort("--version").text.hasPrefix("spikesort \(version) ("))
      let page = try String(contentsOf: out.appendingPathComponent("report.html"), encoding: .utf8)
      #expect(page.contains("spikesort \(version), seed"))
    }
  }
}

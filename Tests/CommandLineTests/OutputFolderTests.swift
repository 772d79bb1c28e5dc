import Foundation
import TestSupport
import Testing

/// Where results go, and what is left where they do not get there.
struct OutputFolderTests {
  private func withRecording(
    _ body: (_ folder: URL, _ sort: (String, [String]) throws -> CommandOutcome) throws -> Void
  )
    throws
  {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("r.dat")
      var samples = noise(frames: 20_000)
      for frame in irregular(from: 500, to: 19_000, by: 300) { addSpike(to: &samples, at: frame) }
      try write(samples, to: file)
      try body(folder) { out, more in
        try spikesort(
          [
            "sort", file.path, "--rate", "10000", "--channels", "4", "--quiet", "-o",
            folder.appendingPathComponent(out).path,
          ]
            + more)
      }
    }
  }

  private func expectRefused(
    _ outcome: CommandOutcome, _ status: Int32, says words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
  }

  @Test func thereAlready() throws {
    try withRecording { (folder, sort) throws in
      #expect(try sort("out", []).status == 0)
      let first = try files(below: folder.appendingPathComponent("out"))
      expectRefused(try sort("out", ["--seed", "1"]), 64, says: "out", "--overwrite")
      #expect(try files(below: folder.appendingPathComponent("out")) == first, "untouched")
      #expect(try sort("out", ["--seed", "1", "--overwrite"]).status == 0)
      let options = try record(of: folder.appendingPathComponent("out"))["options"] as? [String: Any]
      #expect(options?["seed"] as? Int == 1)
      #expect(names(in: folder) == ["out", "r.dat"])
    }
  }

  @Test func somethingElseThere() throws {
    try withRecording { (folder, sort) throws in
      let out = folder.appendingPathComponent("thesis")
      try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
      try Data("years of work".utf8).write(to: out.appendingPathComponent("thesis.tex"))
      expectRefused(try sort("thesis", []), 64, says: "thesis")
      expectRefused(try sort("thesis", ["--overwrite"]), 64, says: "thesis", "sorting.json")
      #expect(names(in: out) == ["thesis.tex"])
      expectRefused(try sort("r.dat", ["--overwrite"]), 64, says: "r.dat")
      #expect(names(in: folder) == ["r.dat", "thesis"])
    }
  }

  @Test func anEmptyFolderIsFree() throws {
    try withRecording { (folder, sort) throws in
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("out"), withIntermediateDirectories: true)
      #expect(try sort("out", []).status == 0)
      #expect(names(in: folder) == ["out", "r.dat"])
    }
  }

  @Test func notWritable() throws {
    try withRecording { (folder, sort) throws in
      // Below a file nothing can be made, whoever one is.
      expectRefused(try sort("r.dat/out", []), 74, says: "r.dat/out")
      #expect(names(in: folder) == ["r.dat"])
    }
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser may write anywhere")) func readOnlyFolder() throws {
    try withRecording { (folder, sort) throws in
      let locked = folder.appendingPathComponent("locked")
      try FileManager.default.createDirectory(
        at: locked, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o555])
      expectRefused(try sort("locked/out", []), 74, says: "locked/out", "ermission denied")
      #expect(names(in: locked).isEmpty)
    }
  }

  @Test func foldersOnTheWay() throws {
    try withRecording { (folder, sort) throws in
      expectRefused(try sort("new/deep/out", ["--band", "300,9000"]), 64, says: "band")
      #expect(names(in: folder) == ["r.dat"], "folders made for a result that did not come")
      #expect(try sort("new/deep/out", []).status == 0)
      #expect(names(in: folder.appendingPathComponent("new/deep")) == ["out"])
    }
  }

  @Test func missingInput() throws {
    try withTemporaryFolder { (folder) throws in
      let out = folder.appendingPathComponent("out").path
      expectRefused(try spikesort("sort", "/nowhere/r.dat", "-o", out), 65, says: "/nowhere/r.dat")
      expectRefused(try spikesort("cluster", "/nowhere/f.npy", "-o", out), 65, says: "/nowhere/f.npy")
      #expect(names(in: folder).isEmpty)
    }
  }

  @Test func workedOnResultIsKept() throws {
    try withRecording { (folder, sort) throws in
      let out = folder.appendingPathComponent("out")
      #expect(try sort("out", []).status == 0)
      // Untouched: replaced without a trace.
      #expect(try sort("out", ["--overwrite"]).status == 0)
      #expect(names(in: folder) == ["out", "r.dat"])
      try Data("cluster_id\tgroup\n0\tgood\n".utf8).write(to: out.appendingPathComponent("cluster_group.tsv"))
      #expect(try sort("out", ["--overwrite"]).status == 0)
      #expect(names(in: folder) == ["out", "out.previous", "r.dat"])
      let kept = folder.appendingPathComponent("out.previous/cluster_group.tsv")
      #expect(try String(contentsOf: kept, encoding: .utf8) == "cluster_id\tgroup\n0\tgood\n")
    }
  }

  /// A disk that is full, as seen by a process that may write no file longer than some blocks of 512 bytes.
  private func onAFullDisk(blocks: Int, _ arguments: [String]) throws -> CommandOutcome {
    let script = "ulimit -f \(blocks); exec \"$0\" \"$@\""
    return try RunningCommand(
      URL(fileURLWithPath: "/bin/sh"), ["-c", script, spikesortExecutable.path] + arguments
    ).wait()
  }

  @Test(arguments: [1, 20, 60, 200]) func fullDiskWhileSorting(_ blocks: Int) throws {
    try withRecording { (folder, _) throws in
      let sort = [
        "sort", folder.appendingPathComponent("r.dat").path, "--rate", "10000", "--channels", "4", "--quiet",
        "--json", "-o",
        folder.appendingPathComponent("out").path,
      ]
      #expect(try spikesort(sort).status == 0)
      let before = try files(below: folder)
      let outcome = try onAFullDisk(blocks: blocks, sort + ["--overwrite"])
      expectRefused(outcome, 74, says: folder.path, "File too large")
      #expect(outcome.output.isEmpty)
      #expect(try files(below: folder) == before, "the old result stands, nothing stands beside it")
    }
  }

  @Test func fullDiskElsewhere() throws {
    try withTemporaryFolder { (folder) throws in
      let out = folder.appendingPathComponent("out").path
      for command in [["simulate", "--seconds", "5", "--quiet"], ["toy", "--quiet"]] {
        expectRefused(try onAFullDisk(blocks: 40, command + ["-o", out]), 74, says: "File too large")
        #expect(names(in: folder).isEmpty)
      }
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "no /dev/full on this system"))
  func fullStandardOutput() throws {
    let outcome = try RunningCommand(
      URL(fileURLWithPath: "/bin/sh"),
      [
        "-c", "exec \"$0\" info --json \"$1\" --rate 10000 >/dev/full", spikesortExecutable.path,
        packageFolder.appendingPathComponent("Tests/MixtureModelsTests/Fixtures/toy/toy_X.npy").path,
      ]
    ).wait()
    expectRefused(outcome, 74, says: "standard output")
  }

  @Test(.timeLimit(.minutes(15)), arguments: [("before", SIGINT), ("nothing", SIGTERM), ("before", SIGHUP)])
  func interrupted(_ state: String, _ signal: Int32) throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try simulated(in: folder, seconds: 120)
      let out = folder.appendingPathComponent("out").path
      if state == "before" {
        #expect(try spikesort(["sort", recording.path, "--quiet", "-o", out]).status == 0)
      }
      let before = try files(below: folder)
      let sort = try RunningCommand(
        ["sort", recording.path, "--quiet", "--threads", "1", "--overwrite", "-o", out])
      while sort.isRunning, !names(in: folder).contains(where: { $0.contains(".partial-") }) { usleep(2000) }
      // Well into the work.
      usleep(100_000)
      kill(sort.processIdentifier, signal)
      let outcome = try sort.wait()
      expectRefused(outcome, 128 + signal, says: "interrupted", "nothing was written")
      #expect(try files(below: folder) == before)
      #expect(!names(in: folder).contains { $0.contains(".partial-") })
    }
  }

  /// Starts a sort of half a minute of work and waits until it has begun.
  private func started(in folder: URL, _ more: [String] = []) throws -> RunningCommand {
    let recording = try simulated(in: folder, seconds: 120)
    let sort = try RunningCommand(
      ["sort", recording.path]
        + ["--quiet", "--threads", "1", "-o", folder.appendingPathComponent("out").path] + more)
    while sort.isRunning, !names(in: folder).contains(where: { $0.contains(".partial-") }) { usleep(2000) }
    return sort
  }

  @Test(.timeLimit(.minutes(15))) func twoRunsIntoOneFolder() throws {
    try withRecording { (folder, sort) throws in
      let first = try started(in: folder)
      expectRefused(try sort("out", []), 74, says: "another spikesort", "out")
      kill(first.processIdentifier, SIGKILL)
      #expect(try first.wait().status == -SIGKILL)
      #expect(names(in: folder).contains { $0.contains(".partial-") }, "what a kill leaves")
      #expect(try sort("out", []).status == 0)
      #expect(!names(in: folder).contains { $0.contains(".partial-") }, "the next run sweeps it")
    }
  }

  @Test func whatAppearsDuringTheSortStays() throws {
    try withRecording { (folder, _) throws in
      let out = folder.appendingPathComponent("out")
      let sort = try RunningCommand([
        "sort", folder.appendingPathComponent("r.dat").path, "--rate", "10000", "--channels", "4", "--quiet",
        "-o",
        out.path,
      ])
      while sort.isRunning, !names(in: folder).contains(where: { $0.contains(".partial-") }) { usleep(1000) }
      try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: out.appendingPathComponent("notes.txt"))
      expectRefused(try sort.wait(), 74, says: "out.recovered-1", "appeared")
      #expect(names(in: out) == ["notes.txt"])
      #expect(names(in: folder.appendingPathComponent("out.recovered-1")).contains("sorting.json"))
    }
  }

  @Test func fullDiskWhileSortingGroups() throws {
    try withRecording { (folder, _) throws in
      let sort = [
        "sort", folder.appendingPathComponent("r.dat").path, "--rate", "10000", "--channels", "4", "--groups",
        "2",
        "--quiet", "--json", "-o", folder.appendingPathComponent("out").path,
      ]
      let outcome = try onAFullDisk(blocks: 20, sort)
      expectRefused(outcome, 74, says: "File too large")
      #expect(outcome.output.isEmpty)
      #expect(names(in: folder) == ["r.dat"])
    }
  }

  @Test(arguments: [1, 20, 60]) func fullDiskWhileDrawingTheReport(_ blocks: Int) throws {
    try withRecording { (folder, sort) throws in
      #expect(try sort("out", []).status == 0)
      let out = folder.appendingPathComponent("out")
      let before = try files(below: out)
      expectRefused(try onAFullDisk(blocks: blocks, ["report", out.path]), 74, says: "File too large")
      #expect(try files(below: out) == before)
      #expect(try spikesort("report", out.path).status == 0)
      #expect(try files(below: out) == before, "drawn again the same")
    }
  }

  @Test func aGroupsEntryTellsItsCode() throws {
    try withTemporaryFolder { (folder) throws in
      // The second group is dead.
      var samples = noise(frames: 20_000)
      for frame in irregular(from: 500, to: 19_000, by: 300) { addSpike(to: &samples, at: frame) }
      for i in samples.indices where i % 4 >= 2 { samples[i] = 7 }
      let file = folder.appendingPathComponent("r.dat")
      try write(samples, to: file)
      let out = folder.appendingPathComponent("out")
      let outcome = try spikesort(
        "sort", file.path, "--rate", "10000", "--channels", "4", "--groups", "2", "--quiet", "--json", "-o",
        out.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect((try outcome.json()["failed"] as? [[String: Any]])?.compactMap { $0["code"] as? Int } == [65])
      #expect((try record(of: out)["groups"] as? [[String: Any]])?.map { $0["code"] as? Int } == [nil, 65])
    }
  }

  /// Runs the program as a user who may not write everywhere; nil where that cannot be had.
  private func asOrdinaryUser(_ arguments: [String], owning folder: URL) throws -> CommandOutcome? {
    guard geteuid() == 0 else { return try spikesort(arguments) }
    let user = ["--reuid=65534", "--regid=65534", "--clear-groups"]
    let setpriv = URL(fileURLWithPath: "/usr/bin/setpriv")
    let manager = FileManager.default
    guard manager.isExecutableFile(atPath: setpriv.path),
      try RunningCommand(setpriv, user + ["/usr/bin/test", "-x", spikesortExecutable.path]).wait().status == 0
    else { return nil }
    for path in try manager.subpathsOfDirectory(atPath: folder.path) + [""] {
      chown(folder.appendingPathComponent(path).path, 65534, 65534)
    }
    return try RunningCommand(setpriv, user + [spikesortExecutable.path] + arguments).wait()
  }

  @Test func anEarlierFolderThatNobodyMayTouchIsNoReasonToLoseACuratedOne() throws {
    try withRecording { (folder, sort) throws in
      #expect(try sort("out", []).status == 0)
      let out = folder.appendingPathComponent("out")
      try Data("cluster_id\tgroup\n0\tgood\n".utf8).write(to: out.appendingPathComponent("cluster_group.tsv"))
      let earlier = folder.appendingPathComponent("out.previous/x")
      try FileManager.default.createDirectory(at: earlier, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: earlier.appendingPathComponent("file"))
      chmod(earlier.path, 0o555)
      defer { chmod(earlier.path, 0o755) }
      let again = [
        "sort", folder.appendingPathComponent("r.dat").path, "--rate", "10000", "--channels", "4", "--quiet",
        "--overwrite", "-o", out.path,
      ]
      guard let outcome = try asOrdinaryUser(again, owning: folder) else { return }
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("out.previous-2"))
      #expect(names(in: folder) == ["out", "out.previous", "out.previous-2", "r.dat"])
      #expect(names(in: earlier) == ["file"])
      let kept = folder.appendingPathComponent("out.previous-2/cluster_group.tsv")
      #expect(try String(contentsOf: kept, encoding: .utf8) == "cluster_id\tgroup\n0\tgood\n")
    }
  }

  @Test func aFolderBelowOneThatIsNotWritableIsWrittenInside() throws {
    try withRecording { (folder, _) throws in
      let out = folder.appendingPathComponent("locked/out")
      try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
      let sort = [
        "sort", folder.appendingPathComponent("r.dat").path, "--rate", "10000", "--channels", "4", "--quiet",
      ]
      chmod(out.deletingLastPathComponent().path, 0o555)
      defer { chmod(out.deletingLastPathComponent().path, 0o755) }
      guard let outcome = try asOrdinaryUser(sort + ["-o", out.path], owning: folder) else { return }
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(names(in: out).contains("sorting.json"))
      let beside = try asOrdinaryUser(sort + ["-o", out.path + "2"], owning: folder)
      expectRefused(try #require(beside), 74, says: "locked/out2", "ermission denied")
    }
  }
}

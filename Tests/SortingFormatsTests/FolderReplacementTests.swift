import CSystemCalls
import Foundation
import TestSupport
import Testing

@testable import SortingFormats

struct FolderReplacementTests {
  private let marker = ResultFolder.recordName

  /// A folder with a file of the given text in it.
  private func makeFolder(_ url: URL, _ text: String, name: String? = nil) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url.appendingPathComponent(name ?? marker))
  }

  private func text(_ url: URL) throws -> String {
    try String(contentsOf: url.appendingPathComponent(marker), encoding: .utf8)
  }

  @Test func appearsAtTheEnd() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      let replacement = try FolderReplacement(destination: place, overwrite: false)
      try Data("new".utf8).write(to: replacement.temporary.appendingPathComponent(marker))
      #expect(!FileManager.default.fileExists(atPath: place.path))
      try replacement.commit()
      #expect(try text(place) == "new")
      #expect(names(in: parent) == ["out"])
    }
  }

  @Test func exchangesWithTheOldOne() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      try makeFolder(place, "old")
      #expect(throws: ResultError.folderExists(path: place.path)) {
        try FolderReplacement(destination: place, overwrite: false)
      }
      let replacement = try FolderReplacement(destination: place, overwrite: true)
      try Data("new".utf8).write(to: replacement.temporary.appendingPathComponent(marker))
      #expect(try text(place) == "old", "the old one stands until the end")
      try replacement.commit()
      #expect(try text(place) == "new")
      #expect(names(in: parent) == ["out"])
    }
  }

  /// A run that is killed at any moment leaves the empty folder or the new one: there is no moment without either.
  @Test func anEmptyFolderIsReplacedInOneStep() async throws {
    let parent = FileManager.default.temporaryDirectory.appendingPathComponent("empty-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: parent) }
    let place = parent.appendingPathComponent("out")
    for _ in 0..<30 {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let path = place.path
      let watch = Task.detached { () -> Bool in
        while access(path, F_OK) == 0 {
          if access(path + "/" + ResultFolder.recordName, F_OK) == 0 { return true }
        }
        return false
      }
      let replacement = try FolderReplacement(destination: place, overwrite: false)
      try Data("new".utf8).write(to: replacement.temporary.appendingPathComponent(marker))
      try replacement.commit()
      #expect(try text(place) == "new")
      #expect(await watch.value, "the place was empty for a moment")
      try FileManager.default.removeItem(at: place)
    }
  }

  @Test func discardLeavesTheOldOne() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      try makeFolder(place, "old")
      let replacement = try FolderReplacement(destination: place, overwrite: true)
      try Data("half".utf8).write(to: replacement.temporary.appendingPathComponent(marker))
      replacement.discard()
      #expect(try text(place) == "old")
      #expect(names(in: parent) == ["out"])
    }
  }

  @Test func discardTakesTheFoldersMadeOnTheWay() throws {
    try withTemporaryFolder { (parent) throws in
      try makeFolder(parent.appendingPathComponent("kept"), "x", name: "notes.txt")
      for path in ["a/b/c/out", "kept/d/out"] {
        let replacement = try FolderReplacement(
          destination: parent.appendingPathComponent(path), overwrite: false)
        #expect(FileManager.default.fileExists(atPath: replacement.temporary.path))
        replacement.discard()
      }
      #expect(names(in: parent) == ["kept"])
      #expect(names(in: parent.appendingPathComponent("kept")) == ["notes.txt"])
      // A folder somebody else used in the meantime stays.
      let replacement = try FolderReplacement(
        destination: parent.appendingPathComponent("e/f/out"), overwrite: false)
      try Data().write(to: parent.appendingPathComponent("e/mine.txt"))
      replacement.discard()
      #expect(names(in: parent.appendingPathComponent("e")) == ["mine.txt"])
    }
  }

  @Test func neverReplacesSomethingElse() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("thesis")
      try makeFolder(place, "years of work", name: "thesis.tex")
      #expect(throws: ResultError.notAResult(path: place.path, marker: marker)) {
        try FolderReplacement(destination: place, overwrite: true)
      }
      let file = place.appendingPathComponent("thesis.tex")
      #expect(throws: ResultError.notAResult(path: file.path, marker: marker)) {
        try FolderReplacement(destination: file, overwrite: true)
      }
      let below = file.appendingPathComponent("out")
      #expect {
        try FolderReplacement(destination: below, overwrite: false)
      } throws: { error in
        guard case ResultError.inputOutput(let path, _) = error else { return false }
        return path == below.path
      }
      #expect(names(in: place) == ["thesis.tex"])
    }
  }

  @Test func anotherMarker() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("recording")
      try makeFolder(place, "{}", name: "meta.json")
      let replacement = try FolderReplacement(destination: place, overwrite: true, marker: "meta.json")
      try replacement.commit()
      #expect(names(in: place).isEmpty)
    }
  }

  @Test func aJournalIsKept() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      try makeFolder(place, "old")
      try makeFolder(place, "{}\n", name: "curation.jsonl")
      try makeFolder(parent.appendingPathComponent("out.previous"), "older")
      let replacement = try FolderReplacement(destination: place, overwrite: true)
      try Data("new".utf8).write(to: replacement.temporary.appendingPathComponent(marker))
      let notices = try replacement.commit()
      #expect(
        notices.count == 1 && notices[0].contains("out.previous-2") && notices[0].contains("curation.jsonl"))
      #expect(names(in: parent) == ["out", "out.previous", "out.previous-2"])
      #expect(try text(place) == "new")
      #expect(try text(parent.appendingPathComponent("out.previous")) == "older", "none is ever deleted")
      #expect(try text(parent.appendingPathComponent("out.previous-2")) == "old")
    }
  }

  // MARK: What comes in between

  /// How a folder takes its place.
  enum Way: CaseIterable { case exchange, renames, inside }

  private func replacement(
    _ place: URL, overwrite: Bool, _ way: Way, before: @escaping @Sendable () -> Void = {}
  ) throws -> FolderReplacement {
    let replacement = try FolderReplacement(
      destination: place, overwrite: overwrite, isInside: way == .inside
    ) {
      before()
      return way == .exchange ? sp_exchange_names($0, $1) : -1
    }
    try Data("new".utf8).write(to: replacement.temporary.appendingPathComponent(marker))
    return replacement
  }

  @Test(arguments: Way.allCases) func everyWayReplacesAndKeeps(_ way: Way) throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      try makeFolder(place, "old")
      try makeFolder(place.appendingPathComponent("figures"), "<svg/>", name: "a.svg")
      #expect(try replacement(place, overwrite: true, way).commit().isEmpty)
      #expect(try text(place) == "new")
      #expect(names(in: parent) == ["out"])
      #expect(names(in: place) == [marker], "nothing of the old one")
      for _ in 1...2 {
        try makeFolder(place, "decided", name: "curation.jsonl")
        #expect(try replacement(place, overwrite: true, way).commit().count == 1)
      }
      let kept =
        way == .inside
        ? place.appendingPathComponent("previous") : parent.appendingPathComponent("out.previous")
      for folder in [kept.path, kept.path + "-2"] {
        #expect(names(in: URL(fileURLWithPath: folder)) == ["curation.jsonl", marker])
      }
      #expect(
        !names(in: parent).contains { $0.hasPrefix(".") } && !names(in: place).contains { $0.hasPrefix(".") })
    }
  }

  @Test(arguments: [Way.exchange, .renames]) func aDecisionBetweenTheLookAndTheExchange(_ way: Way) throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      try makeFolder(place, "old")
      let replacement = try replacement(place, overwrite: true, way) {
        try? Data("decided".utf8).write(to: place.appendingPathComponent("curation.jsonl"))
      }
      try replacement.commit()
      #expect(try text(place) == "new")
      #expect(names(in: parent) == ["out", "out.previous"])
      #expect(names(in: parent.appendingPathComponent("out.previous")) == ["curation.jsonl", marker])
    }
  }

  @Test(arguments: ["notes.txt", "figures/mine.png", "params.py/x", "kilosort/params.py", ".phy/cache"])
  func whatIsNotOursIsKept(_ path: String) throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      try makeFolder(place, "old")
      let file = place.appendingPathComponent(path)
      try makeFolder(file.deletingLastPathComponent(), "mine", name: file.lastPathComponent)
      try replacement(place, overwrite: true, .exchange).commit()
      #expect(names(in: parent) == ["out", "out.previous"])
      let kept = parent.appendingPathComponent("out.previous/\(path)")
      #expect(try String(contentsOf: kept, encoding: .utf8) == "mine")
    }
  }

  @Test(arguments: Way.allCases) func whatAppearsMeanwhileStays(_ way: Way) throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      if way == .inside {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      }
      let replacement = try replacement(place, overwrite: false, way)
      try makeFolder(place, "somebody's")
      let kept =
        way == .inside
        ? place.appendingPathComponent("recovered-1") : parent.appendingPathComponent("out.recovered-1")
      #expect {
        try replacement.commit()
      } throws: { error in
        guard case ResultError.notPlaced(place.path, _, kept.path) = error else { return false }
        return true
      }
      #expect(try text(place) == "somebody's")
      #expect(try text(kept) == "new")
      #expect(replacement.discard() == .failed, "nothing is open any more")
      #expect(try text(kept) == "new")
    }
  }

  @Test func aFileThatAppearsStays() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      let replacement = try replacement(place, overwrite: true, .exchange)
      try Data("mine".utf8).write(to: place)
      #expect(throws: ResultError.self) { try replacement.commit() }
      #expect(try String(contentsOf: place, encoding: .utf8) == "mine")
      #expect(try text(parent.appendingPathComponent("out.recovered-1")) == "new")
    }
  }

  @Test func anotherRunsResultIsKept() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      try makeFolder(place, "old")
      let replacement = try replacement(place, overwrite: true, .exchange)
      try FileManager.default.moveItem(at: place, to: parent.appendingPathComponent("moved"))
      try makeFolder(place, "another run's")
      try replacement.commit()
      #expect(try text(place) == "new")
      #expect(try text(parent.appendingPathComponent("out.previous")) == "another run's")
    }
  }

  @Test func oneRunAtATime() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      let first = try replacement(place, overwrite: false, .exchange)
      #expect(throws: ResultError.beingWritten(path: place.path)) {
        try FolderReplacement(destination: place, overwrite: true)
      }
      try first.commit()
      #expect(try text(place) == "new")
      #expect(names(in: parent) == ["out"])
    }
  }

  @Test func whereTheOldOneCannotBeMovedTheErrorSaysWhereItLies() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      try makeFolder(place, "old")
      try makeFolder(place, "decided", name: "curation.jsonl")
      let elsewhere = parent.appendingPathComponent("elsewhere")
      let replacement = try FolderReplacement(destination: place, overwrite: true, isInside: false) {
        new, old in
        let answer = sp_exchange_names(new, old)
        return rename(new, elsewhere.path) == 0 ? answer : -1
      }
      try Data("new".utf8).write(to: replacement.temporary.appendingPathComponent(marker))
      #expect {
        try replacement.commit()
      } throws: { error in
        guard case ResultError.notKept(place.path, replacement.temporary.path, _) = error else {
          return false
        }
        return true
      }
      #expect(try text(place) == "new")
      #expect(replacement.discard() == .failed)
      #expect(names(in: elsewhere) == ["curation.jsonl", marker])
    }
  }

  @Test func aLinkStaysAndWhatItPointsToIsReplaced() throws {
    try withTemporaryFolder { (parent) throws in
      let target = parent.appendingPathComponent("disk/result")
      let link = parent.appendingPathComponent("out")
      try makeFolder(target, "old")
      try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "disk/result")
      try replacement(link, overwrite: true, .exchange).commit()
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == "disk/result")
      #expect(try text(target) == "new")
      // One that points to nothing yet is where the folder is made.
      let second = parent.appendingPathComponent("second")
      try FileManager.default.createSymbolicLink(atPath: second.path, withDestinationPath: "disk/new")
      try replacement(second, overwrite: false, .exchange).commit()
      #expect(try text(parent.appendingPathComponent("disk/new")) == "new")
      #expect(names(in: parent) == ["disk", "out", "second"])
    }
  }

  // MARK: What killed runs leave

  @Test func whatKilledRunsLeftIsSwept() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      try makeFolder(place, "old")
      try makeFolder(parent.appendingPathComponent(".out.partial-1"), "half", name: "spike_times.npy")
      try makeFolder(parent.appendingPathComponent(".out.partial-2"), "decided", name: "curation.jsonl")
      try makeFolder(
        parent.appendingPathComponent(".out.partial-3/group-1"), "decided", name: "curation.jsonl")
      try makeFolder(parent.appendingPathComponent(".out.partial-4"), "old")
      try makeFolder(parent.appendingPathComponent(".out.partial-4"), "mine", name: "notes.txt")
      try makeFolder(parent.appendingPathComponent(".other.partial-1"), "half")
      let replacement = try replacement(place, overwrite: true, .exchange)
      #expect(replacement.notices.count == 3)
      replacement.discard()
      #expect(
        names(in: parent) == [
          ".other.partial-1", "out", "out.recovered-1", "out.recovered-2", "out.recovered-3",
        ])
      #expect(names(in: parent.appendingPathComponent("out.recovered-3")) == ["notes.txt", marker])
    }
  }

  @Test func aKillBetweenTheTwoRenamesIsPutRight() throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      try makeFolder(parent.appendingPathComponent("out.previous"), "old")
      try makeFolder(parent.appendingPathComponent(".out.complete-1"), "new")
      #expect(putRight(place).count == 1)
      #expect(try text(place) == "new")
      #expect(names(in: parent) == ["out", "out.previous"])
      #expect(putRight(place).isEmpty)
    }
  }

  /// How far a run was that moves files one by one.
  enum Step: CaseIterable { case nothingMoved, markerMoved, someMoved, allOut, someIn, markerMissing }

  @Test(arguments: Step.allCases) func aKillWhileFilesAreMovedIsPutRight(_ step: Step) throws {
    try withTemporaryFolder { (parent) throws in
      let place = parent.appendingPathComponent("out")
      let state = step == .someIn || step == .markerMissing ? "placing" : "complete"
      let new = place.appendingPathComponent(".out.\(state)-1")
      let old = place.appendingPathComponent(".out.replaced-1")
      func at(_ isThere: Bool, _ folder: URL, _ other: URL, _ text: String, _ name: String) throws {
        try makeFolder(isThere ? folder : other, text, name: name)
      }
      let order = Step.allCases.firstIndex(of: step) ?? 0
      try FileManager.default.createDirectory(at: new, withIntermediateDirectories: true)
      try at(order >= 1, old, place, "old", marker)
      try at(order >= 2, old, place, "old", "params.py")
      try at(order >= 3, old, place, "decided", "curation.jsonl")
      try at(order >= 4, place, new, "new", "params.py")
      try at(order >= 5, place, new, "new", "units.csv")
      try at(false, place, new, "new", marker)
      let replacement = try replacement(place, overwrite: true, .inside)
      replacement.discard()
      let expected = step == .nothingMoved ? "old" : "new"
      #expect(try text(place) == expected)
      #expect(
        try String(contentsOf: place.appendingPathComponent("params.py"), encoding: .utf8) == expected)
      let journals = try files(below: place).filter { $0.key.hasSuffix("curation.jsonl") }
      #expect(journals.count == 1, "wherever it is now")
      #expect(names(in: place).contains(step == .nothingMoved ? "curation.jsonl" : "recovered-1"))
      #expect(!names(in: place).contains { $0.hasPrefix(".") })
    }
  }

  @Test func aKillWhileAnExportsFilesAreMovedIsPutRight() throws {
    try withTemporaryFolder { (parent) throws in
      // Its marker is away; the file that marks a result, which it holds too, is not yet.
      let place = parent.appendingPathComponent("out")
      for name in [marker, "export.json"] {
        try makeFolder(place.appendingPathComponent(".out.complete-1"), "new", name: name)
      }
      try makeFolder(place.appendingPathComponent(".out.replaced-1"), "old", name: "export.json")
      try makeFolder(place, "old")
      #expect(putRight(place).count == 1)
      #expect(try text(place) == "new")
      #expect(names(in: place).filter { !$0.hasPrefix(".") } == ["export.json", marker])
    }
  }

  // MARK: Files

  @Test func someFilesOfAFolder() throws {
    try withTemporaryFolder { (folder) throws in
      try makeFolder(folder, "old", name: "report.html")
      try makeFolder(folder.appendingPathComponent("figures"), "old", name: "a.svg")
      try makeFolder(folder.appendingPathComponent("figures"), "kept", name: "b.svg")
      let before = try files(below: folder)
      let first = try FolderUpdate(folder, last: "report.html")
      try makeFolder(first.temporary, "half", name: "report.html")
      #expect(first.discard() == .discarded)
      #expect(try files(below: folder) == before)
      #expect(names(in: folder) == ["figures", "report.html"])
      // What a kill leaves goes with the next.
      try makeFolder(folder.appendingPathComponent(".update.partial-1"), "half", name: "report.html")
      let second = try FolderUpdate(folder, last: "report.html")
      try makeFolder(second.temporary, "new", name: "report.html")
      try makeFolder(second.temporary.appendingPathComponent("figures"), "new", name: "a.svg")
      try second.commit()
      #expect(second.discard() == .written)
      #expect(names(in: folder) == ["figures", "report.html"])
      let after = try files(below: folder).mapValues { String(decoding: $0, as: UTF8.self) }
      #expect(after == ["report.html": "new", "figures/a.svg": "new", "figures/b.svg": "kept"])
    }
  }

  @Test func aFileThatAppearsMeanwhileStays() throws {
    try withTemporaryFolder { (folder) throws in
      let place = folder.appendingPathComponent("out.nwb")
      for overwrite in [false, true] {
        try? FileManager.default.removeItem(at: place)
        let replacement = try FileReplacement(destination: place, overwrite: overwrite)
        try Data("new".utf8).write(to: replacement.temporary)
        try Data("mine".utf8).write(to: place)
        if overwrite {
          try replacement.commit()
        } else {
          #expect(throws: ResultError.fileExists(path: place.path)) { try replacement.commit() }
        }
        #expect(try String(contentsOf: place, encoding: .utf8) == (overwrite ? "new" : "mine"))
        #expect(names(in: folder) == ["out.nwb"])
      }
    }
  }
}

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
      try replacement.commit()
      #expect(names(in: parent) == ["out", "out.previous"])
      #expect(try text(place) == "new")
      #expect(try text(parent.appendingPathComponent("out.previous")) == "old")
    }
  }
}

import Foundation
import MadeResults
import SortingFormats
import SpikeTrains
import TestSupport
import Testing

@testable import Curation

struct JournalTests {
  private static let sorting = "0123456789abcdef"
  private static let actions: [CurationAction] = [
    .merge(units: [0, 1], into: 4, accepted: false), .label(units: [4], label: .good),
    .note(units: [4], text: "a \"quoted\" <b>note</b>\nin two lines, µV"), .undo,
  ]

  private func open(_ folder: URL, setsAside: Bool = true, sorting: String = sorting) throws(CurationError)
    -> Journal
  {
    try Journal(in: folder, sorting: sorting, setsAside: setsAside)
  }

  /// A journal of the four actions: its bytes, and where each line ends.
  private func written(_ folder: URL) throws -> (bytes: [UInt8], ends: [Int]) {
    var journal = try open(folder)
    for (n, action) in Self.actions.enumerated() { try journal.append(action, at: n) }
    let bytes = try [UInt8](Data(contentsOf: journal.url))
    return (bytes, bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }.map { $0 + 1 })
  }

  private func refusal(_ folder: URL, _ bytes: [UInt8]) throws -> String? {
    try Data(bytes).write(to: folder.appendingPathComponent("curation.jsonl"))
    do {
      _ = try open(folder)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func aResultThatTookTheFoldersPlaceGetsNoDecisions() throws {
    try withTemporaryFolder { (parent) throws in
      let folder = parent.appendingPathComponent("out")
      for name in ["out", "new"] {
        let made = parent.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: made.appendingPathComponent(ResultFolder.recordName))
      }
      var undecided = try open(folder)
      var decided = try open(folder)
      try decided.append(Self.actions[0], at: 0)
      let files = FileManager.default
      try files.moveItem(at: folder, to: parent.appendingPathComponent("out.previous"))
      try files.moveItem(at: parent.appendingPathComponent("new"), to: folder)
      for error in [
        #expect(throws: CurationError.self) { try undecided.append(Self.actions[0], at: 0) },
        #expect(throws: CurationError.self) { try decided.append(Self.actions[1], at: 1) },
      ] {
        #expect("\(error as Any)".contains("replaced since it was opened"))
      }
      #expect(names(in: folder) == [ResultFolder.recordName])
    }
  }

  @Test func readsBackWhatWasAppended() throws {
    try withTemporaryFolder { (folder) throws in
      let (_, ends) = try written(folder)
      #expect(ends.count == 5)
      let read = try open(folder).history
      #expect(read.entries.map(\.action) == Self.actions)
      #expect(read.entries.map(\.revision) == [1, 2, 3, 4])
      #expect(read.applied == [0, 1] && read.undone == [2])
      #expect(read.redoSummary == "note on 4")
    }
  }

  @Test func lookingLeavesNoTrace() throws {
    try withTemporaryFolder { (folder) throws in
      _ = try open(folder)
      #expect(names(in: folder) == [])
    }
  }

  @Test func aTornLineIsSetAsideWhereverItIsCut() throws {
    try withTemporaryFolder { (folder) throws in
      let (bytes, ends) = try written(folder)
      // Every byte of the first line, of the last, and around the ends of the others.
      let cuts = (0..<bytes.count).filter { cut in
        cut <= ends[0] + 1 || cut >= ends[3] || ends.contains { abs($0 - cut) < 3 }
      }
      for cut in cuts {
        for name in names(in: folder) {
          try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
        let url = folder.appendingPathComponent("curation.jsonl")
        try Data(bytes[..<cut]).write(to: url)
        // A line that lacks nothing but its newline is whole.
        let whole = ends.last { $0 <= cut || $0 == cut + 1 } ?? 0
        let lines = ends.count { $0 <= max(whole, cut) || $0 == cut + 1 }
        var journal = try open(folder)
        #expect(journal.history.revision == max(0, lines - 1), "cut at \(cut)")
        let torn = names(in: folder).filter { $0.hasPrefix("curation.torn-") }
        if whole >= cut {
          #expect(torn.isEmpty && journal.notices.isEmpty, "cut at \(cut)")
        } else {
          #expect(torn.count == 1 && journal.notices.count == 1, "cut at \(cut)")
          let aside = try Data(contentsOf: folder.appendingPathComponent(torn.first ?? ""))
          #expect([UInt8](aside) == Array(bytes[whole..<cut]), "cut at \(cut)")
        }
        // And the journal goes on.
        let revision = journal.history.revision
        try journal.append(.label(units: [2], label: .mua), at: revision)
        let again = try open(folder)
        #expect(again.history.revision == revision + 1 && again.notices.isEmpty, "cut at \(cut)")
        #expect(again.history.entries.last?.action == .label(units: [2], label: .mua))
      }
    }
  }

  @Test func readingOnlyPassesATornLineOver() throws {
    try withTemporaryFolder { (folder) throws in
      let (bytes, _) = try written(folder)
      let url = folder.appendingPathComponent("curation.jsonl")
      try Data(bytes.dropLast(5)).write(to: url)
      #expect(try open(folder, setsAside: false).history.revision == 3)
      #expect(names(in: folder) == ["curation.jsonl"])
      #expect(try Data(contentsOf: url).count == bytes.count - 5)
    }
  }

  @Test func aChangedByteIsNoticed() throws {
    try withTemporaryFolder { (folder) throws in
      let (bytes, ends) = try written(folder)
      var generator = SeededGenerator(seed: 5)
      for _ in 0..<200 {
        let place = Int.random(in: 0..<bytes.count - 1, using: &generator)
        var changed = bytes
        changed[place] ^= UInt8(1) << UInt8.random(in: 0..<7, using: &generator)
        if place >= ends[3] {
          // The last line may be torn: it goes aside, unless the change made it two lines.
          let sentence = try refusal(folder, changed)
          #expect(sentence.map { $0.contains("is damaged: line") || $0.contains("newer spikesort") } ?? true)
          if sentence == nil { #expect(try open(folder).history.revision == 3) }
        } else {
          let sentence = try #require(try refusal(folder, changed), "byte \(place)")
          let isSaid = sentence.contains("is damaged: line") || sentence.contains("newer spikesort (line")
          #expect(isSaid, "\(sentence)")
        }
      }
    }
  }

  @Test func aNewerVersionIsRefused() throws {
    try withTemporaryFolder { (folder) throws in
      let (bytes, ends) = try written(folder)
      let future = Array(#"{"version":2,"what":"nobody knows yet"}"#.utf8)
      for tail in [future, future + [10]] {
        let sentence = try #require(try refusal(folder, Array(bytes[..<ends[2]]) + tail))
        #expect(sentence.contains("newer spikesort (line 4 has version 2, this one reads 1)"), "\(sentence)")
        // Nothing is touched.
        #expect(names(in: folder) == ["curation.jsonl"])
      }
    }
  }

  @Test func anotherSortingsJournalIsRefused() throws {
    try withTemporaryFolder { (folder) throws in
      _ = try written(folder)
      #expect(throws: CurationError.self) { try open(folder, sorting: "fedcba9876543210") }
      do {
        _ = try open(folder, sorting: "fedcba9876543210")
      } catch {
        #expect("\(error)".contains("belongs to another sorting"))
      }
    }
  }

  @Test func aLinkIsNeverFollowed() throws {
    try withTemporaryFolder { (folder) throws in
      // One line that is no journal's would be taken for a torn one, and set aside.
      let target = folder.appendingPathComponent("keys")
      let words = Data("a line of somebody's own".utf8)
      try words.write(to: target)
      let url = folder.appendingPathComponent("curation.jsonl")
      try FileManager.default.createSymbolicLink(at: url, withDestinationURL: target)
      for setsAside in [false, true] {
        do {
          _ = try open(folder, setsAside: setsAside)
          Issue.record("a link was taken for a journal")
        } catch {
          #expect("\(error)".contains("is no file but a link"))
        }
      }
      // Nor where it is put in place of a journal that is open.
      try FileManager.default.removeItem(at: url)
      var journal = try open(folder)
      try FileManager.default.createSymbolicLink(at: url, withDestinationURL: target)
      #expect(throws: CurationError.self) { try journal.append(.label(units: [0], label: .good), at: 0) }
      #expect(try Data(contentsOf: target) == words)
      #expect(names(in: folder) == ["curation.jsonl", "keys"])
    }
  }

  @Test func whatIsNoJournalIsASentenceAtOnce() throws {
    try withTemporaryFolder { (folder) throws in
      let (bytes, _) = try written(folder)
      let url = folder.appendingPathComponent("curation.jsonl")
      // Sparse files: nothing of them is on disk.
      for (length, start, sentence) in [
        (1_000_000_000, [], "has a line of more than 256 MiB"),
        (1_000_000_000, bytes, "has a line of more than 256 MiB"),
        (5_000_000_000, bytes, "a journal has at most 1024 MiB"),
      ] {
        try Data(start).write(to: url)
        #expect(truncate(url.path, off_t(length)) == 0)
        let error = #expect(throws: CurationError.self) { try open(folder) }
        #expect(error.map { "\($0)" }?.contains(sentence) == true, "\(String(describing: error))")
      }
      try FileManager.default.removeItem(at: url)
      #expect(mkfifo(url.path, 0o600) == 0)
      #expect(throws: CurationError.self) { try open(folder) }
      try FileManager.default.removeItem(at: url)
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
      #expect(throws: CurationError.self) { try open(folder) }
    }
  }

  @Test func linesOfAnyLengthAreRead() throws {
    try withTemporaryFolder { (folder) throws in
      var journal = try open(folder)
      // Beyond and across the blocks that are read at a time.
      for (n, length) in [10, 1 << 18, 5, 700_000, 3].enumerated() {
        try journal.append(.note(units: [n], text: String(repeating: "n", count: length)), at: n)
      }
      #expect(try open(folder).history == journal.history)
    }
  }

  @Test func numbersBeyondAllUnitsAreRefused() throws {
    try withTemporaryFolder { (folder) throws in
      for into in [Int.max, Int(Int32.max), -1, Int.min] {
        let entries = [
          JournalEntry(revision: 0, time: "", action: .begin(sorting: Self.sorting)),
          JournalEntry(revision: 1, time: "", action: .merge(units: [0, 1], into: into, accepted: false)),
        ]
        let bytes: [UInt8] = try entries.flatMap { (entry) throws -> [UInt8] in try entry.encoded() + [10] }
        let sentence = try refusal(folder, bytes)
        #expect(sentence?.contains("is damaged: line 2: units are numbered") == true, "\(into)")
      }
    }
  }

  @Test func aFileReplacedInPlaceIsReadAgain() throws {
    try withTemporaryFolder { (folder) throws in
      var (first, second) = (try open(folder), try open(folder))
      try first.append(.label(units: [0], label: .good), at: 0)
      _ = try second.refresh()
      // Another history of the same length, written over the file.
      let other = folder.appendingPathComponent("other")
      try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
      var theirs = try open(other)
      try theirs.append(.label(units: [1], label: .good), at: 0)
      let handle = try FileHandle(forWritingTo: first.url)
      try handle.write(contentsOf: Data(contentsOf: theirs.url))
      try handle.close()
      #expect(try second.refresh())
      #expect(second.history.entries.map(\.action) == [.label(units: [1], label: .good)])
      // Replaced by another file, what is appended goes to the new one.
      try Data(contentsOf: theirs.url).write(to: first.url, options: .atomic)
      try second.append(.label(units: [1], label: .mua), at: 1)
      #expect(try open(folder).history == second.history)
    }
  }

  @Test func linesOutOfOrderAreRefused() throws {
    try withTemporaryFolder { (folder) throws in
      let (bytes, ends) = try written(folder)
      func line(_ n: Int) -> [UInt8] { Array(bytes[(n == 0 ? 0 : ends[n - 1])..<ends[n]]) }
      // A line twice, a line missing, no beginning, two beginnings.
      for lines in [[0, 1, 1], [0, 2], [1, 2], [0, 1, 0], [0, 0]] {
        let sentence = try refusal(folder, lines.flatMap(line))
        #expect(sentence?.contains("damaged") == true, "\(lines): \(sentence ?? "taken")")
      }
      // Undone more than was done.
      var journal = CurationHistory()
      #expect(throws: CurationError.impossible("there is nothing to undo")) {
        try journal.append(JournalEntry(revision: 1, time: "", action: .undo))
      }
    }
  }

  @Test func twoWritersDoNotInterleave() throws {
    try withTemporaryFolder { (folder) throws in
      var first = try open(folder)
      var second = try open(folder)
      try first.append(.label(units: [0], label: .good), at: 0)
      #expect(throws: CurationError.stale(revision: 1)) {
        try second.append(.label(units: [0], label: .noise), at: 0)
      }
      // The second knows now.
      #expect(second.history == first.history)
      try second.append(.label(units: [0], label: .noise), at: 1)
      #expect(try first.refresh())
      #expect(first.history == second.history)
      #expect(try !first.refresh())
    }
  }

  @Test func manyWritersAtOnceLoseNothing() throws {
    try withTemporaryFolder { (folder) throws in
      _ = try written(folder)
      let done = Array(repeating: (), count: 4).indices.map { writer in
        Thread.detached {
          for n in 0..<10 {
            while true {
              guard var journal = try? open(folder, setsAside: false) else { return }
              let action = CurationAction.note(units: [writer], text: "\(writer)-\(n)")
              if (try? journal.append(action, at: journal.history.revision)) != nil { break }
            }
          }
        }
      }
      for semaphore in done { semaphore.wait() }
      let notes = try open(folder).history.entries.dropFirst(4).map { entry -> String in
        if case .note(_, let text) = entry.action { text } else { "" }
      }
      #expect(notes.sorted() == (0..<4).flatMap { w in (0..<10).map { "\(w)-\($0)" } }.sorted())
    }
  }

  @Test func aHeldLockIsAnError() throws {
    try withTemporaryFolder { (folder) throws in
      var journal = try open(folder)
      try journal.append(.label(units: [0], label: .good), at: 0)
      let held = try LockedFile(journal.url, creates: false)
      defer { held.close() }
      do {
        try journal.append(.label(units: [0], label: .noise), at: 1)
        Issue.record("the lock was passed")
      } catch {
        #expect("\(error)".contains("another program holds it"))
      }
    }
  }

  @Test func aFolderThatCannotBeWrittenToRefusesActions() throws {
    try withTemporaryFolder { (folder) throws in
      var journal = try Journal(
        in: folder.appendingPathComponent("gone"), sorting: Self.sorting, setsAside: true)
      do {
        try journal.append(.label(units: [0], label: .good), at: 0)
        Issue.record("an action was written nowhere")
      } catch {
        #expect("\(error)".contains("so nothing was done"))
      }
      #expect(journal.history.revision == 0)
    }
  }
}

extension Thread {
  /// Runs something on a thread of its own; the semaphore is signalled at its end.
  fileprivate static func detached(_ body: @escaping @Sendable () -> Void) -> DispatchSemaphore {
    let ended = DispatchSemaphore(value: 0)
    detachNewThread {
      body()
      ended.signal()
    }
    return ended
  }
}

#if NWB
  import CSystemCalls
  import Foundation
  import HDF5
  import TestSupport
  import Testing

  private let python = ProcessInfo.processInfo.environment["SPIKESORT_PYTHON"].map {
    URL(fileURLWithPath: $0)
  }

  @Suite struct HDF5Tests {
    private func run(_ script: String, _ file: URL) throws {
      let path = try #require(Bundle.module.resourceURL).appendingPathComponent("Scripts/\(script)").path
      let outcome = try RunningCommand(try #require(python), [path, file.path]).wait()
      try #require(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with h5py"))
    func readsWhatH5pyWrites() throws {
      try withTemporaryFolder { (folder) throws in
        let url = folder.appendingPathComponent("fil é.h5")
        try run("h5_write.py", url)
        let file = try HDF5File(reading: url)
        let root = try file.root
        #expect(root.string(attribute: "title") == "nœud" && root.string(attribute: "fixed") == "ascii")
        #expect(root.strings(attribute: "list") == ["a", "bc"] && root.number(attribute: "number") == 0.25)
        #expect(root.numbers(attribute: "title") == nil && root.string(attribute: "none") == nil)
        #expect(root.numbers(attribute: "empty") == [])
        let group = try #require(try root.group("a group")?.group("inside"))
        #expect(
          group.names == [
            "big-endian", "dangling", "fixed", "flags", "nothing", "packed", "references", "scalar", "soft",
            "texts",
          ])
        for name in ["big-endian", "packed", "soft"] {
          let dataset = try #require(try group.dataset(name))
          #expect(dataset.shape == [1000, 3] && dataset.obstacle == nil)
          #expect(dataset.kind == .integer(byteCount: 2, isSigned: true))
          #expect(try dataset.numbers(Int16.self) == Array(0..<3000))
          #expect(
            try dataset.numbers(Float.self, [126..<130, 1..<3]) == [379, 380, 382, 383, 385, 386, 388, 389])
        }
        #expect(try group.dataset("flags")?.numbers(Int8.self) == [1, 0, 1])
        #expect(try group.dataset("texts")?.strings() == ["x", "", "yä"])
        #expect(try group.dataset("fixed")?.strings() == ["left", "r"])
        #expect(try group.dataset("scalar")?.numbers(Double.self) == [7.5])
        let references = try #require(try group.dataset("references")).references()
        #expect(try references.map { try file.object(at: $0).path } == [group.path, group.path + "/packed"])
        let packed = try #require(try group.dataset("packed"))
        let target = try #require(packed.references(attribute: "target")?.first)
        #expect(try file.object(at: target).path == "/a group/inside")
        #expect(packed.numbers(attribute: "other") == nil)
        #expect(try group.object("dangling") == nil && group.object("absent") == nil)
        // Four thousand million values that nobody wrote are refused before memory is taken.
        let nothing = try #require(try group.dataset("nothing"))
        #expect(nothing.storedBytes == 0)
        #expect(throws: HDF5Error.self) { try nothing.numbers(Double.self) }
        #expect(throws: HDF5Error.self) { try group.dataset("texts")?.numbers(Double.self) }
      }
    }

    private func write(_ url: URL) throws {
      let file = try HDF5File(creating: url)
      let root = try file.root
      try root.set("title", "nœud")
      try root.set("columns", ["a", "b c"], isList: true)
      try root.set("rate", 30000.0)
      try root.set("counts", [1, 2] as [Int32], isList: true)
      let general = try root.makeGroup("general")
      let table = try general.makeGroup("electrodes")
      try general.write([7] as [UInt8], shape: [], as: "scalar")
      var grown = try table.write(
        (0..<100).map { Int16($0) }, shape: [50, 2], as: "grown", storage: .chunked([64, 2], level: 4))
      for start in stride(from: 100, to: 1000, by: 300) {
        grown = try grown.append((start..<start + 300).map { Int16($0) })
      }
      #expect(grown.shape == [500, 2])
      try table.write([0.5, -1.0], shape: [2], as: "plain")
      try table.write([] as [Double], shape: [0], as: "none")
      try table.write(["tetrode 1", "μ"], shape: [2], as: "names")
      try table.write(["alone"], shape: [], as: "one")
      try table.write([general.reference, grown.reference], as: "groups")
      try table.set("table", general.reference)
      try table.makeLink("link", to: "/general/electrodes/plain")
      #expect(throws: HDF5Error.self) { try table.makeGroup("plain") }
      #expect(throws: HDF5Error.self) { try root.set("rate", 1.0) }
      try file.flush()
    }

    @Test(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with h5py"))
    func h5pyReadsWhatIsWritten() throws {
      try withTemporaryFolder { (folder) throws in
        let url = folder.appendingPathComponent("out ü.h5")
        try write(url)
        try run("h5_check.py", url)
      }
    }

    @Test func readsWhatIsWritten() throws {
      try withTemporaryFolder { (folder) throws in
        let url = folder.appendingPathComponent("out.h5")
        try write(url)
        let table = try #require(try HDF5File(reading: url).root.group("general")?.group("electrodes"))
        #expect(try table.dataset("grown")?.numbers(Int64.self, [499..<500, 0..<2]) == [998, 999])
        #expect(try table.dataset("names")?.strings() == ["tetrode 1", "μ"])
        #expect(try table.dataset("none")?.numbers(Double.self) == [])
        #expect(throws: HDF5Error.self) { try HDF5File(creating: url) }
        #expect(throws: HDF5Error.self) { try HDF5File(reading: folder.appendingPathComponent("none.h5")) }
      }
    }

    /// Many threads read one file at once; without the lock this crashes or mixes values.
    @Test func manyThreads() throws {
      try withTemporaryFolder { (folder) throws in
        let url = folder.appendingPathComponent("threads.h5")
        try write(url)
        let dataset = try #require(
          try HDF5File(reading: url).root.group("general")?.group("electrodes")?.dataset("grown"))
        nonisolated(unsafe) let wrong = UnsafeMutablePointer<Bool>.allocate(capacity: 64)
        defer { wrong.deallocate() }
        DispatchQueue.concurrentPerform(iterations: 64) { i in
          let values = try? (0..<50).flatMap {
            try dataset.numbers(Int64.self, [(i + $0)..<(i + $0 + 1), 0..<2])
          }
          wrong[i] = values != (2 * i..<2 * i + 100).map { Int64($0) }
        }
        #expect(!(0..<64).contains { wrong[$0] })
      }
    }

    @Test func crashesEndInASentence() async {
      await #expect(processExitsWith: .exitCode(65)) {
        sp_damage_exit(65)
        sp_damage_watch("a file")
        sp_damage_enter()
        raise(SIGSEGV)
      }
      await #expect(processExitsWith: .exitCode(65)) {
        sp_damage_exit(65)
        sp_damage_enter()
        abort()
      }
      // The clock's signal comes to whichever thread takes it.
      await #expect(processExitsWith: .exitCode(65)) {
        sp_damage_exit(65)
        sp_damage_enter()
        kill(getpid(), SIGALRM)
        sleep(60)
      }
    }

    /// What a file names beside itself is never opened, and no small file takes much memory.
    @Test(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with h5py"))
    func readsNothingButTheFile() throws {
      try withTemporaryFolder { (folder) throws in
        let pipe = folder.appendingPathComponent("pipe")
        try #require(mkfifo(pipe.path, 0o600) == 0)
        try run("h5_foreign.py", folder)
        let root = try HDF5File(reading: folder.appendingPathComponent("strange.h5")).root
        for (name, word) in [
          ("outside", "a link to another file"), ("pipe", "a link to another file"),
          ("raw", "values kept in other files"), ("raw pipe", "values kept in other files"),
          ("view", "a view of other files"), ("view of a pipe", "a view of other files"),
        ] {
          #expect { try root.dataset(name) } throws: { ($0 as? HDF5Error)?.found.contains(word) == true }
        }
        #expect(try root.object("by a soft link") == nil && root.object("turn") == nil)
        let bomb = try #require(try root.dataset("bomb"))
        #expect(bomb.obstacle?.contains("pieces of 134 MB in") == true)
        #expect(throws: HDF5Error.self) { try bomb.numbers(Int16.self, [0..<1, 0..<4]) }
        // A silent recording in pieces of a common size is none.
        let zeros = try #require(try root.dataset("zeros"))
        #expect(try zeros.obstacle == nil && zeros.numbers(Int16.self, [5..<6, 0..<4]) == [0, 0, 0, 0])
        #expect { try HDF5File(reading: pipe) } throws: { "\($0)".contains("a named pipe") }
      }
    }

    @Test func crashesElsewhereStayCrashes() async {
      await #expect(processExitsWith: .signal(SIGSEGV)) {
        sp_damage_exit(65)
        sp_damage_enter()
        sp_damage_leave()
        raise(SIGSEGV)
      }
    }
  }
#endif

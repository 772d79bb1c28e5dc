#if os(Linux)
  import Foundation
  import TestSupport
  import Testing

  /// Too little memory and no threads: one sentence and 70, or an answer; never a crash, never for ever.
  struct ShortMachineTests {
    /// `spikesort` under a shell's limits; ended after two minutes, which no test of these sizes takes.
    private func spikesort(_ arguments: String, after limit: String) throws -> CommandOutcome {
      try RunningCommand(
        URL(fileURLWithPath: "/bin/sh"),
        ["-c", "\(limit); exec timeout 120 '\(spikesortExecutable.path)' \(arguments)"]
      ).wait()
    }

    private func expectASentence(_ outcome: CommandOutcome, _ word: String) {
      #expect(outcome.status == 70, "\(outcome.status): \(outcome.errors.prefix(300))")
      #expect(outcome.errorLines.count == 1, "\(outcome.errors.prefix(300))")
      #expect(outcome.errors.contains(word))
    }

    @Test func tooLittleMemoryForBLAS() throws {
      expectASentence(try spikesort("toy --threads 1", after: "ulimit -v 250000"), "memory")
    }

    @Test(arguments: [500_000, 700_000, 900_000]) func memoryThatMayDo(_ kilobytes: Int) throws {
      try withTemporaryFolder { folder in
        let recording = try simulated(in: folder, seconds: 3)
        let out = folder.appendingPathComponent("out").path
        let outcome = try spikesort(
          "sort '\(recording.path)' -o '\(out)' --quiet --components 2 --restarts 1",
          after: "ulimit -v \(kilobytes)")
        if outcome.status != 0 { expectASentence(outcome, "memory") }
      }
    }

    /// Forty million numbers are read at once: more than the limit leaves.
    @Test func memoryThatEndsOnTheWay() throws {
      try withTemporaryFolder { folder in
        let file = folder.appendingPathComponent("f.bin")
        #expect(FileManager.default.createFile(atPath: file.path, contents: nil))
        let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (20000000, 2), }"
        let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: Data([0x93] + "NUMPY".utf8 + [1, 0, 118, 0]) + Data(padded.utf8))
        try handle.truncate(atOffset: 128 + 320_000_000)
        try handle.close()
        let npy = folder.appendingPathComponent("f.npy")
        try FileManager.default.moveItem(at: file, to: npy)
        let outcome = try spikesort(
          "cluster '\(npy.path)' -o '\(folder.path)/out' --quiet --threads 1", after: "ulimit -v 600000")
        // Swift's own line on the allocation stands before the sentence.
        #expect(outcome.status == 70, "\(outcome.status): \(outcome.errors.prefix(300))")
        #expect(outcome.errorLines.last?.hasPrefix("spikesort: there is not enough memory") == true)
      }
    }

    /// With each number of threads the command ends, be it with its answer or a sentence.
    @Test(arguments: 1...5) func fewThreads(_ most: Int) throws {
      // The limit does not bind root, and counts all processes of anybody else.
      let limit =
        geteuid() == 0
        ? "exec setpriv --reuid 12345 --clear-groups prlimit --nproc=\(most):\(most)"
        : "ulimit -u \(most); exec"
      let outcome = try RunningCommand(
        URL(fileURLWithPath: "/bin/sh"),
        ["-c", "\(limit) '\(spikesortExecutable.path)' toy --threads 2 --quiet"]
      ).wait()
      if most < 3 || outcome.status != 0 { expectASentence(outcome, "threads") }
    }
  }
#endif

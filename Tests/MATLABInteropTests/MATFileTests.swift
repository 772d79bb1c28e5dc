import Foundation
import TestSupport
import Testing

@testable import MATLABInterop

/// The Python with SciPy that `scripts/test` makes; nil where it could not.
private let python = ProcessInfo.processInfo.environment["SPIKESORT_PYTHON"].map { URL(fileURLWithPath: $0) }

struct MATFileTests {
  private let made = MATFile(variables: [
    MATField(
      "cube", .numbers(MATNumbers(shape: [2, 3, 2], rowMajor: (0..<12).map(Double.init), as: .single))),
    MATField("frames", .numbers(MATNumbers(column: [1, 0x1p40, 3], as: .int64))),
    MATField("text", .text("µV, ä")),
    MATField("cell", .cell(shape: [2, 1], [.text("one"), .text("two")])),
    MATField("record", .structure([MATField("field", .numbers(MATNumbers(column: [1.5, .nan])))])),
  ])

  private func script(_ arguments: String...) throws -> Data {
    let file = try #require(Bundle.module.resourceURL).appendingPathComponent("Scripts/mat.py")
    let outcome = try RunningCommand(try #require(python), [file.path] + arguments).wait()
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  /// 40 MB of zeros deflated to 40 kB: no spikes shrink so, and no memory is taken for them.
  @Test(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with SciPy"))
  func refusesWhatInflatesWithoutEnd() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("zeros.mat")
      _ = try script("zeros", file.path)
      #expect { try MATFile(contentsOf: file) } throws: { "\($0)".contains("inflates beyond") }
      #expect(
        try MATFile(contentsOf: folder.appendingPathComponent("few.mat"))["x"]?.numbers?.values.count == 1
          << 20)
      let pipe = folder.appendingPathComponent("pipe.mat")
      try #require(mkfifo(pipe.path, 0o600) == 0)
      #expect { try MATFile(contentsOf: pipe) } throws: { "\($0)".contains("a named pipe") }
    }
  }

  @Test func readsWhatItWrites() throws {
    let read = try MATFile(bytes: [UInt8](made.data), name: "made")
    #expect(read.variables.map(\.name) == made.variables.map(\.name))
    #expect(read["text"] == .text("µV, ä"))
    let cube = try #require(read["cube"]?.numbers)
    #expect(cube.shape == [2, 3, 2] && cube.rowMajor == (0..<12).map(Double.init))
    #expect(read["frames"]?.numbers?.values == [1, 0x1p40, 3])
    #expect(read["cell"] == made["cell"])
    let field = try #require(read["record"]?["field"]?.numbers)
    #expect(field.values[0] == 1.5 && field.values[1].isNaN)
  }

  @Test(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with SciPy"))
  func sciPyReadsIt() throws {
    try withTemporaryFolder { (folder) throws in
      var file = made
      file.variables[4] = MATField(
        "record", .structure([MATField("field", .numbers(MATNumbers(column: [1.5, 2])))]))
      let url = folder.appendingPathComponent("ours.mat")
      try file.data.write(to: url)
      let seen = try #require(
        try JSONSerialization.jsonObject(with: script("read", url.path)) as? [String: Any])
      let cube = try #require(seen["cube"] as? [Any])
      #expect(cube[0] as? String == "<f4" && cube[1] as? [Int] == [2, 3, 2])
      #expect(cube[2] as? [Double] == (0..<12).map(Double.init))
      let frames = try #require(seen["frames"] as? [Any])
      #expect(frames[0] as? String == "<i8" && frames[1] as? [Int] == [1, 1 << 40, 3])
      #expect(seen["text"] as? [String] == ["µV, ä"] && seen["field"] as? [Double] == [1.5, 2])
      #expect(
        seen["cell"] as? [[String]] == [["one"], ["two"]] || seen["cell"] as? [String] == ["one", "two"])
    }
  }

  @Test(
    .enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with SciPy"),
    arguments: ["plain", "compressed"])
  func readsWhatSciPyWrites(_ kind: String) throws {
    try withTemporaryFolder { (folder) throws in
      let url = folder.appendingPathComponent("theirs.mat")
      _ = try script("write", url.path, kind)
      let file = try MATFile(contentsOf: url)
      #expect(file["spikes"]?.numbers?.shape == [4, 6])
      #expect(file["spikes"]?.numbers?.rowMajor == (0..<24).map { Double($0) / 8 })
      #expect(file["index"]?.numbers?.values == [1.5, 2.25, 3, 4])
      #expect(file["par"]?["sr"]?.numbers?.values == [24_000])
      #expect(file["par"]?["name"] == .text("µx"))
      #expect(file["small"]?.numbers?.rowMajor == [1, -2, 3, 4])
      #expect(file["nothing"]?.numbers?.shape == [0, 3])
      #expect(file["z"] == nil, "complex numbers are passed over")
      guard case .cell(_, let cells)? = file["cells"] else {
        Issue.record("no cells")
        return
      }
      #expect(cells[0] == .text("a") && cells[1].numbers?.rowMajor == [1, 0, 0, 1])
    }
  }

  @Test func brokenFilesAreRefused() {
    let whole = [UInt8](made.data)
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<300 {
      var bytes = Array(whole.prefix(Int.random(in: 0...whole.count, using: &generator)))
      for _ in 0..<3 where bytes.count > 128 {
        bytes[Int.random(in: 128..<bytes.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      // An error that names the file, or variables; never a crash.
      do {
        _ = try MATFile(bytes: bytes, name: "broken.mat")
      } catch {
        #expect("\(error)".hasPrefix("broken.mat: "))
      }
    }
    let hdf5 = Array(("MATLAB 7.3 MAT-file" + String(repeating: " ", count: 200)).utf8)
    #expect(throws: MATError.self) { try MATFile(bytes: hdf5, name: "x") }
  }
}

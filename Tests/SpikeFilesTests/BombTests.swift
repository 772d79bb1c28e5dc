import Foundation
import NumPyInterop
import Recordings
import TestSupport
import Testing

@testable import SpikeFiles

/// Small files that would be large ones: each is refused in a sentence before memory is taken for what it says it is.
struct BombTests {
  /// A deflated stream of some bytes, each in a block of its own kind: the bytes themselves, then zeros in matches of 258.
  private func deflated(_ head: Data, zeros: Int) -> Data {
    var bytes: [UInt8] = []
    // A stored block.
    bytes += [
      0, UInt8(head.count & 255), UInt8(head.count >> 8), UInt8(~head.count & 255),
      UInt8(~head.count >> 8 & 255),
    ]
    bytes += head
    var bits = 0
    var count = 0
    func put(_ value: Int, _ width: Int) {
      bits |= value << count
      count += width
      while count >= 8 {
        bytes.append(UInt8(bits & 255))
        bits >>= 8
        count -= 8
      }
    }
    put(1, 1)
    put(1, 2)
    // A zero, and that zero again and again: fixed codes are written from their first bit on.
    put(0b0000_1100, 8)
    for _ in 0..<zeros / 258 {
      put(0b1010_0011, 8)
      put(0, 5)
    }
    put(0, 7)
    put(0, 8)
    return Data(bytes)
  }

  private func little<Number: FixedWidthInteger>(_ number: Number) -> Data {
    withUnsafeBytes(of: number.littleEndian) { Data($0) }
  }

  /// A zip archive of one deflated member that is said to be so long.
  private func archive(_ name: String, _ packed: Data, size: UInt32) -> Data {
    let sizes = little(UInt32(packed.count)) + little(size)
    let about =
      little(UInt16(20)) + little(UInt16(0)) + little(UInt16(8)) + little(UInt32(0)) + little(UInt32(0))
    let length = little(UInt16(name.utf8.count))
    let local =
      little(UInt32(0x0403_4b50)) + about + sizes + length + little(UInt16(0)) + Data(name.utf8) + packed
    let entry =
      little(UInt32(0x0201_4b50)) + little(UInt16(20)) + about + sizes + length + Data(count: 12)
      + little(UInt32(0))
      + Data(name.utf8)
    let end =
      little(UInt32(0x0605_4b50)) + Data(count: 4) + little(UInt16(1)) + little(UInt16(1))
      + little(UInt32(entry.count)) + little(UInt32(local.count)) + little(UInt16(0))
    return local + entry + end
  }

  private func refusal(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [UInt32(10), 1 << 20, 0xffff_fff0]) func archivesThatLieAboutSizes(size: UInt32) throws {
    try withTemporaryFolder { (folder) throws in
      let url = folder.appendingPathComponent("s.npz")
      let head = NPY.data([Int64](), shape: [0])
      try archive("t.npy", deflated(head, zeros: 40 << 20), size: size).write(to: url)
      let said = refusal { _ = try NPZArchive(url).array("t") }
      #expect(said?.contains("t.npy") == true && said?.contains("\n") == false, "\(said ?? "read")")
    }
  }

  @Test func variablesThatInflateAThousandfold() throws {
    try withTemporaryFolder { (folder) throws in
      let url = folder.appendingPathComponent("times_a.mat")
      func element(_ type: UInt32, _ data: Data) -> Data { little(type) + little(UInt32(data.count)) + data }
      let size = 80 << 20
      let array =
        element(6, little(UInt32(6)) + little(UInt32(0)))
        + element(5, little(Int32(size / 16)) + little(Int32(2))) + element(1, Data("cluster_".utf8))
        + little(UInt32(9)) + little(UInt32(size))
      let head = little(UInt32(14)) + little(UInt32(array.count + size)) + array
      let packed = Data([0x78, 0x9c]) + deflated(head, zeros: size)
      let title = Data("MATLAB 5.0 MAT-file".utf8)
      try
        (title + Data(repeating: 32, count: 116 - title.count) + Data(count: 8) + Data([0, 1, 0x49, 0x4d])
        + element(15, packed)).write(to: url)
      let said = refusal { _ = try openUnitTimes(at: url) }
      #expect(said?.hasPrefix(url.path) == true && said?.contains("\n") == false, "\(said ?? "read")")
    }
  }

  @Test(arguments: ["[", #"{"a":"#]) func settingsNestedWithoutEnd(open: String) throws {
    try withTemporaryFolder { (folder) throws in
      let url = folder.appendingPathComponent("structure.oebin")
      let nested = String(repeating: open, count: 300_000)
      try Data((#"{"continuous":"# + nested).utf8).write(to: url)
      let said = refusal { _ = try openRecording(at: folder, description: RecordingDescription()) }
      #expect(said?.contains("structure.oebin") == true && said?.contains("\n") == false, "\(said ?? "read")")
    }
  }

  /// What XML defines is not expanded, and its nesting is not followed.
  @Test func settingsInXMLThatGrow() throws {
    try withTemporaryFolder { (folder) throws in
      let laughs = (1..<12).map { n in
        "<!ENTITY l\(n) \"\(String(repeating: "&l\(n - 1);", count: 10))\">"
      }
      let deep = String(repeating: "<a>", count: 300_000)
      try Data("5\n9\n".utf8).write(to: folder.appendingPathComponent("r.res.1"))
      try Data(count: 64).write(to: folder.appendingPathComponent("r.spk.1"))
      for text in [
        "<!DOCTYPE p [<!ENTITY l0 \"l\">\(laughs.joined())]><parameters>&l11;</parameters>",
        "<parameters>\(deep)",
        "<acquisitionSystem><samplingRate>&l11;</samplingRate></acquisitionSystem>",
      ] {
        let url = folder.appendingPathComponent("r.xml")
        try Data(text.utf8).write(to: url)
        let said = refusal { _ = try openSpikes(at: url, description: RecordingDescription()) }
        #expect(said?.contains("r.xml") == true && said?.contains("\n") == false, "\(said ?? "read")")
      }
    }
  }
}

import Foundation
import TestSupport
import Testing

@testable import NumPyInterop

/// Reading .npz archives, against NumPy's own.
struct NPZTests {
  @Test func readsWhatNumPyWroteAndRefusesTheRest() throws {
    let cases = try JSON(fixture: "npy/expected.json")["npz"].array
    #expect(cases.count == 8)
    for row in cases {
      let name = try #require(row["file"].string)
      do {
        let archive = try NPZArchive(fixture("npy/\(name)"))
        let members = row["members"].array.compactMap { $0["name"].string }.filter { $0.hasSuffix(".npy") }
        #expect(row["expect"].string == "error" || archive.names == members.map { String($0.dropLast(4)) })
        for array in archive.names {
          try archive.array(array).expect(equals: row["arrays"][array], "\(name) \(array)")
        }
        #expect(row["expect"].string == "ok", "\(name)")
        #expect(archive.names.count == row["arrays"].keys.count)
      } catch let error as NPYError {
        #expect(error.kind == row["error"].string, "\(name): \(error)")
        #expect(error.description.hasPrefix("\(name): "), "\(error)")
      }
    }
  }

  @Test func missingArraysAndForeignFiles() throws {
    let archive = try NPZArchive(fixture("npy/stored.npz"))
    #expect(throws: NPYError.missingMember(file: "stored.npz", member: "absent")) {
      try archive.array("absent")
    }
    #expect {
      try NPZArchive(fixture("npy/order_C_2d.npy"))
    } throws: {
      ($0 as? NPYError)?.kind == "zip"
    }
  }

  /// Changed bytes and cut ends must be read or refused, never trap.
  @Test func damagedArchivesNeverTrap() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appendingPathComponent("damaged.npz")
    var random = SeededGenerator(seed: 2)
    var refused = 0
    for name in ["stored.npz", "deflated.npz", "deflated_streamed_data_descriptor.npz"] {
      let original = try Array(Data(contentsOf: fixture("npy/\(name)")))
      for _ in 0..<400 {
        var bytes = original
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        try Data(bytes).write(to: url)
        do {
          let archive = try NPZArchive(url)
          for array in archive.names { _ = try archive.array(array) }
        } catch is NPYError {
          refused += 1
        }
      }
    }
    #expect(refused > 600)
  }
}

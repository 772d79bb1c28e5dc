import Foundation
import TestSupport
import Testing

@testable import NumPyInterop

extension NPYError {
  /// The class of error, in the words of the fixtures.
  var kind: String {
    switch self {
    case .magic: "magic"
    case .version: "version"
    case .header: "header"
    case .shape: "shape"
    case .dataType: "dtype"
    case .truncated: "truncated"
    case .zip: "zip"
    case .checksum: "crc"
    case .deflate: "deflate"
    default: "other"
    }
  }
}

extension NPYArray {
  /// Checks the array against what NumPy reads from the same file.
  func expect(equals expected: JSON, _ name: String) throws {
    let descriptor = try #require(expected["dtype"].string)
    #expect(NPYDataType.parse(descriptor)?.type == dataType, "\(name)")
    #expect(shape == expected["shape"].ints, "\(name)")
    let values = expected["values_c_order"].array
    #expect(count == values.count, "\(name)")
    switch dataType {
    case .bool:
      #expect(try integers().map { $0 == 1 } == values.map(\.bool), "\(name)")
    case .uint64:
      let words = (0..<count).map { i in
        bytes[8 * i..<8 * i + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      }
      #expect(words.map { String($0) } == values.map(\.string), "\(name)")
    case .float16, .float32, .float64:
      for (value, reference) in zip(doubles(), values) {
        let reference = try #require(reference.double, "\(name)")
        #expect(value == reference || value.isNaN && reference.isNaN, "\(name)")
      }
      let width = dataType.byteWidth
      let bits = (0..<count).map { i in
        bytes[width * i..<width * (i + 1)].reversed().reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
      }
      if expected["bits_hex_c_order"] != .null {
        #expect(bits == expected["bits_hex_c_order"].words, "\(name)")
      }
    default:
      #expect(try integers() == values.map(\.int), "\(name)")
      #expect(doubles() == values.map { $0.int.map { Double($0) } }, "\(name)")
      #expect(floats() == values.map { $0.int.map { Float($0) } }, "\(name)")
    }
  }
}

/// Reading and writing .npy files, against NumPy's own.
struct NPYTests {
  let expected: JSON

  init() throws { expected = try JSON(fixture: "npy/expected.json") }

  @Test func readsWhatNumPyWroteAndRefusesTheRest() throws {
    let cases = expected["npy"].array
    #expect(cases.count == 88)
    for row in cases {
      let name = try #require(row["file"].string)
      let url = try fixture("npy/\(name)")
      do {
        let array = try NPYArray(contentsOf: url)
        #expect(row["expect"].string == "ok", "\(name)")
        try array.expect(equals: row, name)
        #expect(try NPYArray(fileBytes: Array(Data(contentsOf: url)), name: name) == array, "\(name)")
      } catch let error as NPYError {
        #expect(error.kind == row["error"].string, "\(name): \(error)")
        #expect(error.description.hasPrefix("\(name): "), "\(error)")
      }
    }
  }

  @Test func rangesEqualTheWhole() throws {
    for row in expected["npy"].array where row["expect"].string == "ok" {
      let name = try #require(row["file"].string)
      let file = try NPYFile(fixture("npy/\(name)"))
      let whole = try file.read()
      let width = file.dataType.byteWidth
      for start in 0...file.count {
        for end in start...file.count {
          let part = try file.read(elements: start..<end)
          #expect(part.bytes == Array(whole.bytes[start * width..<end * width]), "\(name)")
          #expect(part.shape == [end - start])
        }
      }
      guard let rows = file.shape.first else { continue }
      let rowBytes = rows == 0 ? 0 : whole.bytes.count / rows
      for start in 0...rows {
        for end in start...rows {
          let part = try file.read(rows: start..<end)
          #expect(part.bytes == Array(whole.bytes[start * rowBytes..<end * rowBytes]), "\(name)")
          #expect(part.shape == [end - start] + file.shape.dropFirst())
        }
      }
    }
  }

  @Test func longArraysOfNormalNumbers() throws {
    let array = try NPYArray(contentsOf: fixture("random/standard_normal_seed0_first20000.npy"))
    var generator = NumPyGenerator(seed: 0)
    let drawn = generator.standardNormals(count: 20_000)
    for (value, reference) in zip(drawn, array.doubles()) {
      #expect(abs(value) < Ziggurat.tailStart ? value == reference : abs(value - reference) <= reference.ulp)
    }
    let matrix = try NPYArray(contentsOf: fixture("random/standard_normal_first64.npy"))
    #expect(matrix.shape == [5, 64])
    #expect(Array(matrix.doubles().prefix(64)) == Array(array.doubles().prefix(64)))
  }

  @Test func writesWhatNumPyWrites() throws {
    let cases: [(String, Data)] = [
      ("version_1_0.npy", NPY.data([Int32](0..<6), shape: [2, 3])),
      ("order_C_1d.npy", NPY.data((0..<5).map { Double($0) / 7 })),
      ("order_C_3d.npy", NPY.data((0..<24).map { Float($0) / 3 }, shape: [2, 3, 4])),
      ("order_C_4d.npy", NPY.data([Int16](0..<48), shape: [2, 3, 2, 4])),
      ("shape_0d_f8.npy", NPY.data([3.25], shape: [])),
      ("shape_empty_3x0.npy", NPY.data([Int16](), shape: [3, 0])),
      ("dtype_bool.npy", NPY.data([true, false, false, true, true])),
      ("dtype_le_u1.npy", NPY.data([0, 1, 255, 0, 254, 77] as [UInt8])),
    ]
    for (name, data) in cases { #expect(try data == Data(contentsOf: fixture("npy/\(name)")), "\(name)") }
  }

  @Test func writtenFilesReadBack() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appendingPathComponent("a.npy")
    func check<Element: NPYElement & Equatable>(_ values: [Element]) throws {
      try NPY.write(values, shape: [values.count, 1], to: url)
      let array = try NPYArray(contentsOf: url)
      #expect(array.shape == [values.count, 1])
      #expect(array.dataType == Element.npyDataType)
      let stored = array.bytes.withUnsafeBytes { bytes in
        (0..<values.count).map {
          bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self)
        }
      }
      #expect(stored == values)
      #expect(try Data(contentsOf: url).count % 64 == values.count * MemoryLayout<Element>.size % 64)
    }
    try check([Int8.min, 0, .max])
    try check([Int16.min, 0, .max])
    try check([Int32.min, 0, .max])
    try check([Int64.min, 0, .max])
    try check([Int.min, 0, .max])
    try check([UInt8.min, 7, .max])
    try check([UInt16.min, 7, .max])
    try check([UInt32.min, 7, .max])
    try check([UInt64.min, 7, .max])
    try check([-Float.greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity])
    try check([-Double.greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity])
    try check([true, false])
  }

  @Test func wholeNumbersInAnyType() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appendingPathComponent("times.npy")
    try NPY.write([0, 30_000, -5.0], to: url)
    #expect(try NPYArray(contentsOf: url).integers() == [0, 30_000, -5])
    for bad in [0.5, .nan, .infinity, 1e19] {
      try NPY.write([1, bad], to: url)
      #expect(throws: NPYError.notIntegers(file: "times.npy")) { try NPYArray(contentsOf: url).integers() }
    }
    try NPY.write([UInt64.max], to: url)
    #expect(throws: NPYError.notIntegers(file: "times.npy")) { try NPYArray(contentsOf: url).integers() }
  }

  @Test func asManyAxesAsNumPyAndNoMore() throws {
    let data = NPY.data([1.5], shape: [Int](repeating: 1, count: 64))
    #expect(try NPYArray(fileBytes: Array(data), name: "many.npy").doubles() == [1.5])
    let shape = "(" + String(repeating: "1, ", count: 65) + ")"
    #expect(throws: NPYError.shape(file: "many.npy", found: "of 65 axes")) {
      try NPYArray(fileBytes: emptyFile(shape: shape), name: "many.npy")
    }
  }

  /// A file of version 1.0 whose header states any shape, with no data.
  func emptyFile(shape: String) -> [UInt8] {
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': \(shape)}"
    let length = [UInt8(text.utf8.count & 0xff), UInt8(text.utf8.count >> 8)]
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + length + Array(text.utf8)
  }

  @Test func filesTheSystemRefuses() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let missing = folder.appendingPathComponent("missing.npy")
    let absent = NPYError.unreadable(file: "missing.npy", reason: "No such file or directory")
    #expect(throws: absent) { try NPYArray(contentsOf: missing) }
    #expect(throws: NPYError.unreadable(file: folder.lastPathComponent, reason: "it is a folder")) {
      try NPYFile(folder)
    }
    #expect(throws: NPYError.self) { try NPY.write([1.0], to: missing.appendingPathComponent("a.npy")) }
  }

  @Test func nestedHeadersAreRefused() {
    let bytes = emptyFile(shape: String(repeating: "(", count: 60_000))
    #expect {
      try NPYArray(fileBytes: bytes, name: "deep.npy")
    } throws: {
      ($0 as? NPYError)?.kind == "header"
    }
  }

  /// Changed bytes and cut ends must be read or refused, never trap.
  @Test func damagedFilesNeverTrap() throws {
    var random = SeededGenerator(seed: 1)
    for name in ["order_F_3d.npy", "version_2_0_F_3d.npy", "dtype_be_f2.npy", "header_py2_long.npy"] {
      let original = try Array(Data(contentsOf: fixture("npy/\(name)")))
      for _ in 0..<1500 {
        var bytes = original
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
        guard let array = try? NPYArray(fileBytes: bytes, name: name) else { continue }
        #expect(array.shape.reduce(1, *) == array.doubles().count)
      }
    }
  }
}

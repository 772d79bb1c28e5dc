public import Foundation

extension MATFile {
  /// The bytes of the file: version 5, little-endian, not compressed.
  public var data: Data {
    var title = "MATLAB 5.0 MAT-file, written by spikesort"
    title += String(repeating: " ", count: 116 - title.utf8.count)
    var bytes = Data(title.utf8)
    bytes.append(contentsOf: [UInt8](repeating: 0, count: 8) + [0x00, 0x01, 0x49, 0x4d])
    for variable in variables { bytes.append(matrix(variable.value, name: variable.name)) }
    return bytes
  }

  /// An array as one element.
  private func matrix(_ value: MATValue, name: String) -> Data {
    var body = Data()
    func head(_ kind: UInt8, _ shape: [Int]) {
      body.append(element(6, [UInt32(kind), 0]))
      body.append(element(5, shape.map(Int32.init)))
      body.append(element(1, Array(name.utf8)))
    }
    switch value {
    case .numbers(let numbers):
      head(numbers.writtenClass.rawValue, numbers.shape)
      switch numbers.writtenClass {
      case .double: body.append(element(9, numbers.values))
      case .single: body.append(element(7, numbers.values.map { Float($0) }))
      case .int32: body.append(element(5, numbers.values.map { Int32($0) }))
      case .int64: body.append(element(12, numbers.values.map { Int64($0) }))
      }
    case .text(let text):
      let units = Array(text.utf16)
      head(4, [units.isEmpty ? 0 : 1, units.count])
      body.append(element(17, units))
    case .cell(let shape, let cells):
      head(1, shape)
      for cell in cells { body.append(matrix(cell, name: "")) }
    case .structure(let fields):
      head(2, [1, 1])
      // Names are padded to one width, at most 31 characters and a zero.
      body.append(element(5, [Int32(32)]))
      body.append(
        element(
          1,
          fields.flatMap { field -> [UInt8] in
            let name = Array(field.name.utf8.prefix(31))
            return name + [UInt8](repeating: 0, count: 32 - name.count)
          }))
      for field in fields { body.append(matrix(field.value, name: "")) }
    }
    return tag(14, body.count) + body
  }

  private func element<Value: BitwiseCopyable>(_ type: UInt32, _ values: [Value]) -> Data {
    let content = values.withUnsafeBytes { Data($0) }
    return tag(type, content.count) + content + Data(count: (8 - content.count % 8) % 8)
  }

  private func tag(_ type: UInt32, _ count: Int) -> Data {
    withUnsafeBytes(of: (type.littleEndian, UInt32(count).littleEndian)) { Data($0) }
  }
}

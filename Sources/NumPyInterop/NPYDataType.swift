/// The types of element an array on disk may have.
public enum NPYDataType: String, Sendable, CaseIterable {
  /// Booleans, one byte each.
  case bool = "b1"
  /// Signed integers of 8 bits.
  case int8 = "i1"
  /// Signed integers of 16 bits.
  case int16 = "i2"
  /// Signed integers of 32 bits.
  case int32 = "i4"
  /// Signed integers of 64 bits.
  case int64 = "i8"
  /// Unsigned integers of 8 bits.
  case uint8 = "u1"
  /// Unsigned integers of 16 bits.
  case uint16 = "u2"
  /// Unsigned integers of 32 bits.
  case uint32 = "u4"
  /// Unsigned integers of 64 bits.
  case uint64 = "u8"
  /// IEEE 754 binary16.
  case float16 = "f2"
  /// IEEE 754 binary32.
  case float32 = "f4"
  /// IEEE 754 binary64.
  case float64 = "f8"

  /// The bytes of an element.
  public var byteWidth: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// NumPy's name of the type in little-endian order, e.g. `<f8`.
  public var descriptor: String { (byteWidth == 1 ? "|" : "<") + rawValue }

  /// Reads NumPy's name of a type; nil for one that is not read here.
  static func parse(_ descriptor: String) -> (type: NPYDataType, isBigEndian: Bool)? {
    let hasOrder = descriptor.first.map { "<>=|".contains($0) } ?? false
    guard let type = NPYDataType(rawValue: String(descriptor.dropFirst(hasOrder ? 1 : 0))) else { return nil }
    return (type, descriptor.first == ">")
  }
}

/// A number that arrays on disk can be made of.
public protocol NPYElement: BitwiseCopyable, Sendable {
  /// The type on disk.
  static var npyDataType: NPYDataType { get }
}

extension Bool: NPYElement {
  /// `|b1`.
  public static var npyDataType: NPYDataType { .bool }
}
extension Int8: NPYElement {
  /// `|i1`.
  public static var npyDataType: NPYDataType { .int8 }
}
extension Int16: NPYElement {
  /// `<i2`.
  public static var npyDataType: NPYDataType { .int16 }
}
extension Int32: NPYElement {
  /// `<i4`.
  public static var npyDataType: NPYDataType { .int32 }
}
extension Int64: NPYElement {
  /// `<i8`.
  public static var npyDataType: NPYDataType { .int64 }
}
extension Int: NPYElement {
  /// `<i8`: every platform here has 64 bits.
  public static var npyDataType: NPYDataType { .int64 }
}
extension UInt8: NPYElement {
  /// `|u1`.
  public static var npyDataType: NPYDataType { .uint8 }
}
extension UInt16: NPYElement {
  /// `<u2`.
  public static var npyDataType: NPYDataType { .uint16 }
}
extension UInt32: NPYElement {
  /// `<u4`.
  public static var npyDataType: NPYDataType { .uint32 }
}
extension UInt64: NPYElement {
  /// `<u8`.
  public static var npyDataType: NPYDataType { .uint64 }
}
extension Float: NPYElement {
  /// `<f4`.
  public static var npyDataType: NPYDataType { .float32 }
}
extension Double: NPYElement {
  /// `<f8`.
  public static var npyDataType: NPYDataType { .float64 }
}

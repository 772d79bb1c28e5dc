/// A variable of a MAT-file.
public indirect enum MATValue: Sendable, Equatable {
  /// Numbers of any class.
  case numbers(MATNumbers)
  /// A row of characters.
  case text(String)
  /// A cell array, its elements in MATLAB's order.
  case cell(shape: [Int], [MATValue])
  /// A scalar struct: fields by name, in order.
  case structure([MATField])

  /// The numbers; nil for anything else.
  public var numbers: MATNumbers? {
    if case .numbers(let numbers) = self { numbers } else { nil }
  }

  /// The field of a struct.
  public subscript(_ name: String) -> MATValue? {
    guard case .structure(let fields) = self else { return nil }
    return fields.first { $0.name == name }?.value
  }
}

/// A named value: a variable, or a field of a struct.
public struct MATField: Sendable, Equatable {
  /// Its name.
  public var name: String
  /// Its value.
  public var value: MATValue

  /// Names a value.
  public init(_ name: String, _ value: MATValue) {
    self.name = name
    self.value = value
  }
}

/// An array of numbers.
public struct MATNumbers: Sendable, Equatable {
  /// The class its elements have in MATLAB, of those that are written.
  public enum Class: UInt8, Sendable {
    case double = 6
    case single = 7
    case int32 = 12
    case int64 = 14
  }

  /// The length of every axis; at least two.
  public var shape: [Int]
  /// The elements with the first index running fastest, as MATLAB keeps them.
  public var values: [Double]
  /// The class they are written in.
  public var writtenClass: Class

  /// An array from elements in MATLAB's order (the first index runs fastest).
  ///
  /// - Precondition: the shape's product is the number of elements.
  public init(shape: [Int], columnMajor values: [Double], as writtenClass: Class = .double) {
    precondition(shape.count >= 2 && shape.reduce(1, *) == values.count, "a shape holds all elements")
    self.shape = shape
    self.values = values
    self.writtenClass = writtenClass
  }

  /// An array from elements in C order (the last index runs fastest).
  ///
  /// - Precondition: the shape's product is the number of elements.
  public init(shape: [Int], rowMajor values: [Double], as writtenClass: Class = .double) {
    self.init(
      shape: shape, columnMajor: transposed(values, from: shape.reversed()), as: writtenClass)
  }

  /// A column of numbers.
  public init(column values: [Double], as writtenClass: Class = .double) {
    self.init(shape: [values.count, 1], columnMajor: values, as: writtenClass)
  }

  /// The elements in C order (the last index runs fastest).
  public var rowMajor: [Double] { transposed(values, from: shape) }
}

/// Elements whose first index (of `shape`) runs fastest, brought into the order in which the last one does.
private func transposed(_ values: [Double], from shape: [Int]) -> [Double] {
  guard shape.count(where: { $0 > 1 }) > 1 else { return values }
  var strides = [Int](repeating: 1, count: shape.count)
  for axis in shape.indices.dropFirst() { strides[axis] = strides[axis - 1] * shape[axis - 1] }
  var result = [Double]()
  result.reserveCapacity(values.count)
  var index = [Int](repeating: 0, count: shape.count)
  var source = 0
  while result.count < values.count {
    result.append(values[source])
    for axis in shape.indices.reversed() {
      index[axis] += 1
      source += strides[axis]
      if index[axis] < shape[axis] { break }
      source -= strides[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return result
}

public import Foundation

/// Writing .npy files as NumPy does: version 1.0, little-endian, C order.
public enum NPY {
  /// The bytes of an .npy file.
  ///
  /// - Parameters:
  ///   - values: the elements in C order.
  ///   - shape: the length of every axis; by default one axis.
  /// - Precondition: the shape's product is the number of elements.
  public static func data<Element: NPYElement>(_ values: [Element], shape: [Int]? = nil) -> Data {
    let shape = shape ?? [values.count]
    precondition(shape.reduce(1, *) == values.count, "a shape must hold as many elements as there are")
    var result = Data(NPYHeader(dataType: Element.npyDataType, shape: shape).bytes)
    values.withUnsafeBytes { result.append(contentsOf: $0) }
    return result
  }

  /// Writes an .npy file.
  ///
  /// - Parameters:
  ///   - values: the elements in C order.
  ///   - shape: the length of every axis; by default one axis.
  ///   - url: the file, replaced where it exists.
  /// - Precondition: the shape's product is the number of elements.
  /// - Throws: `unwritable`.
  public static func write<Element: NPYElement>(
    _ values: [Element], shape: [Int]? = nil, to url: URL
  ) throws(NPYError) {
    do {
      try data(values, shape: shape).write(to: url)
    } catch {
      throw .unwritable(file: url.lastPathComponent, reason: systemReason(of: error))
    }
  }
}

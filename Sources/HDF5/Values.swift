#if NWB
  internal import CHDF5

  /// What the values of a dataset or an attribute are.
  public enum HDF5Kind: Sendable, Equatable {
    /// Integers of so many bytes.
    case integer(byteCount: Int, isSigned: Bool)
    /// Floating-point numbers of so many bytes.
    case float(byteCount: Int)
    /// Texts.
    case string
    /// References to objects.
    case reference
    /// Anything else.
    case other

    /// Whether it is read as numbers.
    public var isNumber: Bool {
      switch self {
      case .integer, .float: true
      default: false
      }
    }
  }

  /// The kind a type of the library is. Called inside `withLibrary`.
  func kindOfType(_ type: Handle) -> HDF5Kind {
    let size = H5Tget_size(type.id)
    switch H5Tget_class(type.id) {
    case H5T_INTEGER: return .integer(byteCount: size, isSigned: H5Tget_sign(type.id) == H5T_SGN_2)
    // Truth values are enumerations of bytes.
    case H5T_ENUM: return .integer(byteCount: size, isSigned: true)
    case H5T_FLOAT: return .float(byteCount: size)
    case H5T_STRING: return .string
    case H5T_REFERENCE: return size == MemoryLayout<hobj_ref_t>.size ? .reference : .other
    default: return .other
    }
  }

  /// The dimensions of a space; nil for one that is broken or holds more than can be counted. Called inside
  /// `withLibrary`.
  func shapeOfSpace(_ space: Handle) -> [Int]? {
    switch H5Sget_simple_extent_type(space.id) {
    case H5S_NULL: return [0]
    case H5S_SCALAR: return []
    case H5S_SIMPLE: break
    default: return nil
    }
    let rank = H5Sget_simple_extent_ndims(space.id)
    guard (1...32).contains(rank) else { return nil }
    var sizes = [hsize_t](repeating: 0, count: Int(rank))
    guard H5Sget_simple_extent_dims(space.id, &sizes, nil) == rank,
      sizes.reduce(1.0, { $0 * max(1, Double($1)) }) < 0x1p56
    else { return nil }
    return sizes.map { Int($0) }
  }

  /// The type of UTF-8 texts of any length.
  func variableText() -> Handle? {
    withLibrary {
      guard let type = Handle(H5Tcopy(chdf5_c_string())), H5Tset_size(type.id, chdf5_variable()) >= 0,
        H5Tset_cset(type.id, H5T_CSET_UTF8) >= 0
      else { return nil }
      return type
    }
  }

  /// Reads texts of fixed or any length; nil where they are none or cannot be read. Called inside `withLibrary`.
  func texts(count: Int, type: Handle, read: (hid_t, UnsafeMutableRawPointer) -> herr_t) -> [String]? {
    guard H5Tget_class(type.id) == H5T_STRING, count < 1 << 24 else { return nil }
    guard count > 0 else { return [] }
    if H5Tis_variable_str(type.id) > 0 {
      var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
      // The memory's type has the file's character set, as the library converts none.
      guard let memory = Handle(H5Tcopy(type.id)),
        pointers.withUnsafeMutableBytes({ $0.baseAddress.map { read(memory.id, $0) } ?? -1 }) >= 0
      else { return nil }
      defer { for pointer in pointers { H5free_memory(pointer) } }
      return pointers.map { $0.map { String(cString: $0) } ?? "" }
    }
    let width = H5Tget_size(type.id)
    guard width > 0, width < 1 << 20, width * count < 1 << 28 else { return nil }
    var bytes = [UInt8](repeating: 0, count: width * count)
    guard bytes.withUnsafeMutableBytes({ $0.baseAddress.map { read(type.id, $0) } ?? -1 }) >= 0 else {
      return nil
    }
    return (0..<count).map { i in
      var text = bytes[i * width..<(i + 1) * width].prefix { $0 != 0 }
      if H5Tget_strpad(type.id) == H5T_STR_SPACEPAD { while text.last == 0x20 { text.removeLast() } }
      return String(decoding: text, as: UTF8.self)
    }
  }

  /// Calls `body` with pointers to the texts as the library wants them.
  func withCStrings<Result>(_ texts: [String], _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    var bytes: [CChar] = []
    var starts: [Int] = []
    for text in texts {
      starts.append(bytes.count)
      bytes += text.utf8CString
    }
    return bytes.withUnsafeBufferPointer { buffer in
      let pointers = starts.map { start in buffer.baseAddress.map { $0 + start } }
      return pointers.withUnsafeBytes(body)
    }
  }
#endif

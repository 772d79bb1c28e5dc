/// What reading or writing NumPy's files refuses.
public enum NPYError: Error, Equatable, CustomStringConvertible {
  /// The file does not begin as an .npy file does.
  case magic(file: String)
  /// The format version is none of 1.0, 2.0 and 3.0.
  case version(file: String, major: Int, minor: Int)
  /// The header is not the dictionary it must be.
  case header(file: String, found: String)
  /// The shape is impossible.
  case shape(file: String, found: String)
  /// The elements are not real numbers of a size known here.
  case dataType(file: String, found: String)
  /// The file is shorter than it must be.
  case truncated(file: String, expectedBytes: Int, foundBytes: Int)
  /// A number does not fit the type asked for.
  case notIntegers(file: String)
  /// The archive's structure is broken or of a kind not read here.
  case zip(file: String, found: String)
  /// A member's bytes do not have its checksum.
  case checksum(file: String, member: String)
  /// A member's compressed bytes are broken.
  case deflate(file: String, member: String)
  /// The archive has no such member.
  case missingMember(file: String, member: String)
  /// The system refused to open or read the file.
  case unreadable(file: String, reason: String)
  /// The system refused to write the file.
  case unwritable(file: String, reason: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .magic(let file):
      "\(file): not an .npy file: it does not begin with \\x93NUMPY"
    case .version(let file, let major, let minor):
      "\(file): .npy version \(major).\(minor) found where 1.0, 2.0 or 3.0 was expected"
    case .header(let file, let found):
      "\(file): a header with descr, fortran_order and shape was expected but \(found.onOneLine)"
    case .shape(let file, let found):
      "\(file): an array with shape \(found) found, which no file can hold"
    case .dataType(let file, let found):
      "\(file): elements of type \(found.onOneLine) found where booleans, integers or 2, 4 or 8-byte floats were expected"
    case .truncated(let file, let expected, let found):
      "\(file): \(expected) bytes were expected but the file ends after \(found)"
    case .notIntegers(let file):
      "\(file): whole numbers of 64 bits were expected but other values were found"
    case .zip(let file, let found):
      "\(file): an .npz (zip) archive was expected but \(found)"
    case .checksum(let file, let member):
      "\(file): the bytes of \(member) do not have the checksum the archive states"
    case .deflate(let file, let member):
      "\(file): the compressed bytes of \(member) are damaged"
    case .missingMember(let file, let member):
      "\(file): the archive holds no array named \(member)"
    case .unreadable(let file, let reason):
      "\(file): the file cannot be read: \(reason)"
    case .unwritable(let file, let reason):
      "\(file): the file cannot be written: \(reason)"
    }
  }
}

extension String {
  /// A file's own words within a sentence: control characters, line ends among them, are spaces.
  fileprivate var onOneLine: String {
    String(map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? " " : $0 })
  }
}

internal import Foundation

/// Decodes a small JSON file, every failure told as one sentence.
func decodeJSON<Value: Decodable>(
  _ type: Value.Type, from file: URL, expected: String
) throws(RecordingError) -> Value {
  let open = try SampleFile(file)
  guard open.byteCount <= 1 << 26 else {
    throw .malformed(file: file.path, found: "\(open.byteCount) bytes", expected: "\(expected) in JSON")
  }
  let data = Data(try open.bytes(0..<open.byteCount))
  do {
    return try JSONDecoder().decode(type, from: data)
  } catch let error as DecodingError {
    throw .malformed(file: file.path, found: error.sentence, expected: "\(expected) in JSON")
  } catch {
    throw .malformed(file: file.path, found: "text that is no JSON", expected: "\(expected) in JSON")
  }
}

extension DecodingError {
  /// What was found, in a few words.
  fileprivate var sentence: String {
    func place(_ context: Context) -> String {
      context.codingPath.isEmpty ? "" : " in " + context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    return switch self {
    case .keyNotFound(let key, let context): "no \(key.stringValue)" + place(context)
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "a value of the wrong type" + place(context)
    case .dataCorrupted: "text that is no JSON"
    @unknown default: "text that is no JSON"
    }
  }
}

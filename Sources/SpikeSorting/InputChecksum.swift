public import Foundation
import Recordings

/// The CRC-32 of every input file, joined by "+".
///
/// - Throws: `RecordingError` where a file cannot be read.
public func inputChecksum(of files: [URL]) throws -> String {
  try files.map { try fileChecksum(of: $0) }.joined(separator: "+")
}

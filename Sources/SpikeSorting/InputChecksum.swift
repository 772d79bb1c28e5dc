import Foundation
import Recordings

/// The CRC-32 of every input file, joined by "+".
func inputChecksum(of files: [URL]) throws -> String {
  try files.map { try fileChecksum(of: $0) }.joined(separator: "+")
}

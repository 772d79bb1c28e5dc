internal import Foundation
internal import InputFiles
internal import Recordings

/// The bytes of a file, read by place; what lies beyond the end is told in one sentence.
struct SpikeBytes {
  let url: URL
  let bytes: [UInt8]

  init(_ url: URL) throws(RecordingError) {
    self.url = url
    do throws(InputFileError) {
      bytes = [UInt8](try inputFileContents(url))
    } catch {
      switch error {
      case .missing: throw .missing(file: url.path)
      case .notRegular(let kind): throw .malformed(file: url.path, found: kind, expected: "a regular file")
      case .refused(let reason): throw .unreadable(file: url.path, reason: reason)
      }
    }
  }

  var count: Int { bytes.count }

  /// A number at a place.
  ///
  /// - Precondition: it lies within the file.
  func value<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= bytes.count, "a number beyond the bytes")
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }

  /// The first bytes as text.
  func text(_ count: Int) -> String { String(decoding: bytes.prefix(count), as: UTF8.self) }

  func malformed(_ found: String, _ expected: String) -> RecordingError {
    .malformed(file: url.path, found: found, expected: expected)
  }
}

/// The names in a folder; none where it is no folder.
func fileNames(in folder: URL) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted {
    $0.compare($1, options: [.numeric, .forcedOrdering]) == .orderedAscending
  }
}

/// Whether there is a file or folder.
func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

/// What is said of a wire whose gain is 0.
func silentWire(_ channel: Int, in file: URL) -> String {
  "\(file.path): the gain of channel \(channel) is 0, so it is taken for silent"
}

/// Whole numbers, one a line or parted by blanks.
func wholeNumbers(in url: URL) throws(RecordingError) -> [Int] {
  let file = try SpikeBytes(url)
  var numbers: [Int] = []
  for word in file.text(file.count).split(whereSeparator: \.isWhitespace) {
    guard let number = Int(word) ?? Double(word).flatMap({ Int(exactly: $0) }) else {
      throw file.malformed("\"\(word.prefix(20))\"", "whole numbers")
    }
    numbers.append(number)
  }
  return numbers
}

/// Columns of a spike's samples given channel by channel, brought to frames × channels.
///
/// - Parameter value: the sample of a spike, a channel and a frame.
func interleaved(
  spikes: Int, frames: Int, channels: Int, _ value: (_ spike: Int, _ channel: Int, _ frame: Int) -> Float
) -> [Float] {
  var samples = [Float](repeating: 0, count: spikes * frames * channels)
  for n in 0..<spikes {
    for c in 0..<channels {
      for f in 0..<frames { samples[(n * frames + f) * channels + c] = value(n, c, f) }
    }
  }
  return samples
}

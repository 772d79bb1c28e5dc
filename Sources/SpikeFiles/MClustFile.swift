internal import Foundation
internal import Recordings

/// Spike times of MClust, a file a unit: a header of lines that begin with %, then whole numbers, big endian, of 32 or 64
/// bits, in tenths of a millisecond by the recording's own clock (`.raw32`, `.raw64`: in microseconds).
enum MClustFile {
  /// How their names end; `_t` are units that were put aside as less sure.
  static let endings = ["t", "_t", "t32", "t64", "raw32", "raw64"]

  /// Reads files as the units 1, 2, and so on, in their order.
  static func read(_ urls: [URL]) throws(RecordingError) -> UnitTimes {
    var times: [Double] = []
    var labels: [Int] = []
    for (place, url) in urls.enumerated() {
      let own = try seconds(url)
      times += own
      labels += [Int](repeating: place + 1, count: own.count)
    }
    return UnitTimes(times: .clock(times), labels: labels)
  }

  private static func seconds(_ url: URL) throws(RecordingError) -> [Double] {
    let file = try SpikeBytes(url)
    let end = Array("%%ENDHEADER".utf8)
    // Later versions write no header; it is a few lines long.
    let hasHeader = file.bytes.starts(with: "%%BEGINHEADER".utf8)
    var start = 0
    if hasHeader {
      let head = file.bytes.prefix(1 << 16)
      guard let mark = head.firstRange(of: end),
        let line = head[mark.upperBound...].firstIndex(of: UInt8(ascii: "\n"))
      else { throw file.malformed("a header without an end", "%%ENDHEADER, then times") }
      start = line + 1
    }
    let ending = url.pathExtension.lowercased()
    let isLong =
      ending.hasSuffix("64") || (!ending.hasSuffix("32") && file.text(start).contains("uint64"))
    let width = isLong ? 8 : 4
    guard (file.count - start) % width == 0 else {
      throw file.malformed(
        "\(file.count - start) bytes after the header", "whole numbers of \(width) bytes")
    }
    let perSecond = ending.hasPrefix("raw") ? 1e6 : 1e4
    let seconds = stride(from: start, to: file.count, by: width).map { place in
      isLong
        ? Double(UInt64(bigEndian: file.value(UInt64.self, at: place))) / perSecond
        : Double(UInt32(bigEndian: file.value(UInt32.self, at: place))) / perSecond
    }
    guard zip(seconds, seconds.dropFirst()).allSatisfy(<=) else {
      throw file.malformed("times that do not ascend", "spike times of MClust in \(8 * width) bits")
    }
    return seconds
  }
}

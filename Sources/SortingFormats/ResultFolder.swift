public import Foundation
internal import InputFiles
internal import NumPyInterop
internal import SpikeDetection
internal import SpikeSorting

/// A folder that holds a sorting in Phy's layout, with what Phy does not know of beside it.
///
/// Every file but `run.json` is the same bytes for the same input and options.
public struct ResultFolder: Sendable {
  /// Where it is.
  public let url: URL

  /// The file that makes a folder a result.
  public static let recordName = "sorting.json"
  /// The file with timings and date, the only one that differs from run to run.
  public static let runName = "run.json"

  /// The folder at `url`, which need not exist yet.
  public init(_ url: URL) { self.url = url }

  /// The file of the given name inside.
  public func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// What a name that stands in a file of the result means: something directly inside, never anything elsewhere.
  ///
  /// - Throws: `ResultError.damaged` for a path, for `..`, and for a link that leads out of the folder.
  public func inside(_ name: String) throws(ResultError) -> URL {
    let isPlain = !["", ".", ".."].contains(name) && !name.contains { "/\\\0".contains($0) }
    guard isPlain else {
      throw .damaged(
        path: file(Self.recordName).path, found: "the name \(shortened(name))",
        expected: "the name of a file or folder inside")
    }
    let place = file(name)
    // What is not there yet is no link.
    guard (try? FileManager.default.attributesOfItem(atPath: place.path)) != nil else { return place }
    guard let real = Self.realPath(place), let root = Self.realPath(url), real.hasPrefix(root + "/") else {
      throw .damaged(
        path: place.path, found: "a link that leads elsewhere", expected: "a file or folder inside the result"
      )
    }
    return place
  }

  private static func realPath(_ url: URL) -> String? {
    guard let path = realpath(url.path, nil) else { return nil }
    defer { free(path) }
    return String(cString: path)
  }

  /// Whether somebody worked on the result since it was written: a curation journal, or Phy files whose
  /// bytes are no longer those noted in `sorting.json`; of a result of groups, whether that holds for one of them.
  public var wasEdited: Bool {
    do {
      if let result = try GroupedResult(at: url) {
        return result.groups.contains { ResultFolder(file($0.folder)).wasEdited }
      }
    } catch {
      // Nobody knows what was decided in groups that lie elsewhere.
      return true
    }
    return isCurated || !editedPhyFiles.isEmpty
  }

  /// The file that holds what people decided about the units.
  public static let journalName = "curation.jsonl"

  /// Whether the folder holds a curation journal.
  public var isCurated: Bool { FileManager.default.fileExists(atPath: file(Self.journalName).path) }

  /// Phy's files whose bytes are no longer those noted in `sorting.json`, in order.
  public var editedPhyFiles: [String] {
    guard let data = try? inputFileContents(file(Self.recordName)),
      let record = try? JSONDecoder().decode(SortingRecord.self, from: data)
    else { return [] }
    return record.editableFiles.filter { name, checksum in
      (try? inputFileContents(file(name))).map { contentChecksum($0) != checksum } ?? false
    }.keys.sorted()
  }

  /// Makes a folder inside, where it is not there yet.
  ///
  /// - Throws: `ResultError.inputOutput`.
  public func makeFolder(_ name: String) throws(ResultError) {
    let place = name.isEmpty ? url : try inside(name)
    do {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    } catch {
      throw .inputOutput(path: place.path, reason: systemReason(of: error))
    }
  }

  /// Writes data to a file of the folder.
  ///
  /// - Throws: `ResultError.inputOutput`.
  public func write(_ data: Data, to name: String) throws(ResultError) {
    do {
      try data.write(to: file(name))
    } catch {
      throw .inputOutput(path: file(name).path, reason: systemReason(of: error))
    }
  }

  /// Writes a value as JSON with sorted keys to a file of the folder.
  ///
  /// - Throws: `ResultError.inputOutput`.
  public func writeJSON(_ value: some Encodable, to name: String) throws(ResultError) {
    do {
      try write(jsonData(value), to: name)
    } catch let error as ResultError {
      throw error
    } catch {
      throw .inputOutput(path: file(name).path, reason: systemReason(of: error))
    }
  }
}

/// A value as JSON: sorted keys, indented, a newline at the end.
///
/// - Throws: what the encoder throws, as for numbers that are not finite.
public func jsonData(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
  return try encoder.encode(value) + Data("\n".utf8)
}

/// The part of a sorting that is written as JSON; the arrays stand in `.npy` files beside it.
struct SortingRecord: Codable {
  var format = 1
  var version: String
  var source: Sorting.Source
  var options: SortingOptions
  var mixture: Sorting.MixtureSummary
  var units: [Sorting.Unit]
  var pairs: [Sorting.Pair]
  var merges: [Sorting.Merge]
  var spikeCount: Int
  var explainedVariance: [[Double]]
  var troughFrame: Int?
  var trace: Trace?
  var refits: Sorting.Refits?
  var noise: Sorting.Noise?
  /// The length of a time frame of `component_drift.npy`.
  var driftSecondsPerFrame: Double?
  /// Spikes of a unit nearer to each other than this were not both kept, in ms.
  var censoredMilliseconds: Double?
  var warnings: [String]
  /// Checksums of the files that people edit in Phy, by name.
  var editableFiles: [String: String]

  struct Trace: Codable {
    var startFrame: Int
    var thresholds: [Double]
    /// −1 for troughs, 1 for peaks, 0 for both.
    var sign: Int

    init(_ trace: Sorting.TraceExample) {
      (startFrame, thresholds) = (trace.startFrame, trace.thresholds)
      sign =
        switch trace.sign {
        case .negative: -1
        case .positive: 1
        case .both, .auto: 0
        }
    }

    /// The sign in words.
    var peakSign: PeakSign { sign < 0 ? .negative : sign > 0 ? .positive : .both }
  }
}

/// Text from a file as an error names it: one line, not too long.
func shortened(_ text: String) -> String {
  let shown = text.unicodeScalars.prefix(60).map {
    $0.properties.generalCategory == .control ? " " : String($0)
  }
  return "“\(shown.joined())\(text.unicodeScalars.count > 60 ? "…" : "")”"
}

/// A checksum of bytes (64-bit FNV-1a), as 16 hexadecimal digits.
package func contentChecksum(_ data: some Sequence<UInt8>) -> String {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in data { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

internal import Foundation
internal import NumPyInterop
public import SortingFormats
public import SpikeSorting

/// A result as the sorter left it: what curation starts from.
public struct CurationBase: Sendable {
  /// The folder.
  public let folder: ResultFolder
  /// The sorting, without its features.
  public let sorting: Sorting
  /// Its features.
  public let features: FeatureFile
  /// What tells this sorting from every other.
  public let checksum: String
  /// The noise of every channel in the amplitudes' unit; nil where it is not known.
  public let noise: [Double?]
  private let stamp: FileStamp?

  /// Reads a folder.
  ///
  /// - Throws: `ResultError` where it holds no result, or one that is not whole.
  public init(_ folder: ResultFolder) throws(ResultError) {
    self.folder = folder
    stamp = FileStamp(folder.file(ResultFolder.recordName))
    sorting = try folder.readAsSorted(features: false)
    do {
      features = try FeatureFile(folder, of: sorting)
    } catch {
      throw .damaged(
        path: folder.url.path, found: "\(error)", expected: "the files written by spikesort sort")
    }
    checksum = Self.checksum(of: sorting)
    noise = Self.noise(of: sorting)
  }

  /// Refuses a folder that was replaced since.
  ///
  /// - Throws: `CurationError.badJournal`.
  func checkUnchanged() throws(CurationError) {
    guard FileStamp(folder.file(ResultFolder.recordName)) == stamp else {
      throw .badJournal(
        path: folder.url.path, reason: "holds another sorting since it was opened; open it again")
    }
  }

  /// FNV-1a, 64 bits, over frame and unit of every spike, a number at a time.
  private static func checksum(of sorting: Sorting) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ numbers: [Int]) {
      for number in numbers { hash = (hash ^ UInt64(bitPattern: Int64(number))) &* 0x100_0000_01b3 }
    }
    add([sorting.spikes.count])
    add(sorting.spikes.frames ?? [])
    add(sorting.spikes.units)
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The noise by the detection's thresholds, else by the units' own signal to noise.
  private static func noise(of sorting: Sorting) -> [Double?] {
    let channels = sorting.source.channelPositions.count
    if let thresholds = sorting.traceExample?.thresholds, thresholds.count == channels,
      sorting.options.threshold > 0
    {
      return thresholds.map { $0 / sorting.options.threshold }
    }
    var noise = [Double?](repeating: nil, count: channels)
    for unit in sorting.units {
      guard let amplitude = unit.amplitude, let ratio = unit.signalToNoise, ratio > 0 else { continue }
      noise[unit.peakChannel] = amplitude / ratio
    }
    return noise
  }
}

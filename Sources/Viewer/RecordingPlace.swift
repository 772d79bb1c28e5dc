internal import Foundation
internal import Recordings
internal import SortingFormats
internal import SpikeSorting

/// Where the recording of a result may be, and what its files do not say themselves.
///
/// It is looked for where it was opened, then by its name in the result folder, beside it, and, for one group of
/// several, beside the folder of all groups.
struct RecordingPlace {
  private let folder: URL
  private let source: Sorting.Source
  /// The paths that were opened, in order; none where only a name is known.
  private let paths: [String]

  init(_ folder: ResultFolder, _ source: Sorting.Source) {
    self.folder = folder.url.standardizedFileURL
    self.source = source
    paths = source.opened?.paths ?? source.flatBinary.map { [$0.path] } ?? []
  }

  /// What it is called.
  var name: String {
    let names = paths.isEmpty ? source.files : paths.map { ($0 as NSString).lastPathComponent }
    return names.count > 1 ? "\(names[0]) and \(names.count - 1) more" : names.first ?? "the recording"
  }

  /// What openers are told: what the user said, the rate among it.
  func description(samplingRate: Double) -> RecordingDescription {
    var description = RecordingDescription(samplingRate: samplingRate)
    let type = source.opened?.dataType ?? source.flatBinary?.dataType
    description.sampleType = type.flatMap { SampleType(rawValue: $0) }
    description.channelCount =
      source.opened == nil ? source.flatBinary?.channels : source.opened?.channels
    return description
  }

  /// The files or folders to open, in order.
  ///
  /// - Throws: `Refusal` that names the first that is nowhere.
  func found() throws(Refusal) -> [URL] {
    // A result that does not say what was opened has its one file's name.
    let wanted = paths.isEmpty && source.files.count == 1 ? source.files : paths
    guard !wanted.isEmpty else {
      throw Refusal(
        404, "recordingMissing",
        "the result does not say where its recording of \(source.files.count) files was, and none of that name is "
          + "beside it")
    }
    var urls: [URL] = []
    for path in wanted {
      let places = candidates(path)
      guard let url = places.first(where: exists) else {
        let name = (path as NSString).lastPathComponent
        throw Refusal(
          404, "recordingMissing",
          "\(name) is no longer at \(places[0].path) and not beside the result either")
      }
      urls.append(url)
    }
    return urls
  }

  private func candidates(_ path: String) -> [URL] {
    let name = (path as NSString).lastPathComponent
    let parent = folder.deletingLastPathComponent()
    var beside = [folder, parent]
    if let groups = try? GroupedResult(at: parent), !groups.groups.isEmpty {
      beside.append(parent.deletingLastPathComponent())
    }
    return [URL(fileURLWithPath: path, relativeTo: folder).standardizedFileURL]
      + beside.map { $0.appendingPathComponent(name) }
  }

  /// Whether a file or folder is there, or a file that may hold what the rest of the path names (as in HDF5).
  private func exists(_ url: URL) -> Bool {
    var place = url
    var isFolder: ObjCBool = false
    while place.pathComponents.count > 1 {
      if FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder) {
        return place == url || !isFolder.boolValue
      }
      place.deleteLastPathComponent()
    }
    return false
  }
}

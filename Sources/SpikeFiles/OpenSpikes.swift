public import Foundation
public import Recordings

/// Opens spikes that another program detected, their format recognised from names and first bytes.
///
/// Known are Axona (`.set` beside `.1` to `.n`, without a `.bin`), Neuralynx (`.nse`, `.nst`, `.ntt`), Open Ephys
/// (`.spikes`, and the spike groups of the binary format), Klusters (`.res`, `.spk`, `.fet`, `.xml`), Klusta (`.kwik`
/// beside `.kwx`), wave_clus (`.mat`), Phy folders and `.npy` files of three axes (of two with `times`).
/// - Parameters:
///   - url: a file, or a folder; a folder of several groups gives them all.
///   - description: what the files do not say themselves.
///   - times: a `.npy` with the frame of every spike, for an `.npy` of features or snippets.
/// - Returns: the groups, those without a spike too; nil where the path names no spikes, as a recording does.
/// - Throws: `RecordingError`.
public func openSpikes(
  at url: URL, description: RecordingDescription = RecordingDescription(), times: URL? = nil
) throws(RecordingError) -> [SpikeEvents]? {
  try description.check()
  var folder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: url.path, isDirectory: &folder) else { return nil }
  let isFolder = folder.boolValue
  let found = try groups(at: url, isFolder: isFolder, description, times: times)
  guard let found else { return nil }
  guard found.contains(where: { $0.count > 0 }) else {
    throw .malformed(file: url.path, found: "no spike", expected: "at least one")
  }
  for group in found { try group.check(path: url.path) }
  if description.isStrict {
    if let notice = found.flatMap(\.notices).first { throw .notWhole(notice: notice) }
    if let empty = found.first(where: { $0.count == 0 }) {
      throw .notWhole(notice: "\(empty.files.first?.path ?? url.path): \(empty.name) has no spike")
    }
  }
  return found.map { $0.inOrderOfTime() }
}

/// Refuses paths of detected spikes that lead to one group's file.
///
/// - Parameter inputs: the groups of every path.
/// - Throws: `RecordingError`.
public func refuseRepeated(_ inputs: [[SpikeEvents]]) throws(RecordingError) {
  // Groups may share the settings beside them, but no first file.
  try refuseRepeated(files: inputs.map { $0.compactMap(\.files.first) })
}

private func groups(
  at url: URL, isFolder: Bool, _ description: RecordingDescription, times: URL?
) throws(RecordingError) -> [SpikeEvents]? {
  var result: [SpikeEvents] = []
  if let phy = PhySpikes(url, isFolder: isFolder) { return [try phy.events(description)] }
  for file in AxonaSpikes.files(of: url, isFolder: isFolder) {
    result.append(try AxonaSpikes(file).events())
  }
  if result.isEmpty {
    for file in NeuralynxSpikes.files(of: url, isFolder: isFolder) {
      result.append(try NeuralynxSpikes(file).events(description))
    }
  }
  if !result.isEmpty { return result }
  if let groups = try OpenEphysSpikeGroups.open(url, isFolder: isFolder) { return try groups.events() }
  if isFolder, let groups = try OpenEphysSpikeGroups.undescribed(in: url, description) { return groups }
  if !isFolder, OpenEphysLegacySpikes.isNamed(by: url) { return [try OpenEphysLegacySpikes(url).events()] }
  if let session = KlustersFiles(url, isFolder: isFolder) { return try session.events(description) }
  guard !isFolder else { return nil }
  #if NWB
    if let file = KwikFile(url) { return try file.events(description) }
  #endif
  if let file = try WaveClusFile(url) { return [try file.events(description)] }
  if let file = try NPYSpikes(url, times: times) { return [try file.events(description)] }
  return nil
}

internal import Foundation

#if NWB
  internal import HDF5
#endif

private let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

/// Opens what an HDF5 file holds: NWB's electrical series, kwd's recordings; nil for a file that is no HDF5.
///
/// A path may go on within the file, to the one of several series that is meant.
func openHDF5(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)? {
  guard let (file, inner) = splitPath(url), try SampleFile(file).head(8) == signature else { return nil }
  #if NWB
    let open = try ofHDF5 { () throws(HDF5Error) in try HDF5File(reading: file) }
    let root = try ofHDF5 { () throws(HDF5Error) in try open.root }
    if inner.isEmpty, let recordings = try ofHDF5({ () throws(HDF5Error) in try root.group("recordings") }) {
      return try KwdFile(file: file, recordings: recordings).open(description).named("kwd")
    }
    if root.string(attribute: "nwb_version") != nil {
      return try NWBFile(root).open(path: inner, description).named("NWB")
    }
    throw .malformed(
      file: file.path, found: "an HDF5 file of another kind", expected: "an NWB file, or kwd's recordings")
  #else
    throw .malformed(
      file: file.path, found: "an HDF5 file", expected: "another format, as this build reads no HDF5")
  #endif
}

/// The file that a path leads to or through, and the names that follow it; nil for a folder or nothing.
func splitPath(_ url: URL) -> (file: URL, inner: [String])? {
  var file = url.standardizedFileURL
  var inner: [String] = []
  while !file.exists, file.pathComponents.count > 1 {
    inner.insert(file.lastPathComponent, at: 0)
    file.deleteLastPathComponent()
  }
  return file.exists && !file.isFolder ? (file, inner) : nil
}

internal import Foundation

extension URL {
  /// Whether there is a file or folder.
  var exists: Bool { FileManager.default.fileExists(atPath: path) }

  /// Whether there is a folder.
  var isFolder: Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}

/// The files of a folder whose names end so, in the order of the numbers in their names; empty where there are none.
func files(in folder: URL, withExtension ending: String) -> [URL] {
  let all = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
  return inNaturalOrder((all ?? []).filter { $0.pathExtension.lowercased() == ending })
}

/// Files by the numbers in their names: `CSC2` before `CSC10`.
func inNaturalOrder(_ files: [URL]) -> [URL] {
  files.sorted {
    $0.lastPathComponent.compare($1.lastPathComponent, options: [.numeric, .forcedOrdering])
      == .orderedAscending
  }
}

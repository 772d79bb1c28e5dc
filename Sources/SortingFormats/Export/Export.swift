public import Foundation
internal import Recordings
public import SpikeSorting

extension Sorting {
  /// Writes the sorting in another program's format to a place that does not exist yet.
  ///
  /// Where several input files were sorted as one, `phy`, `csv`, `npz` and `curation-json` keep them together (with a
  /// segment or a column for the file); of the other formats one export a file is written into a folder, times from
  /// the file's start.
  /// - Parameters:
  ///   - format: the format.
  ///   - url: where: a file or a folder as the format has it.
  ///   - name: what files inside are called; by default the place's own name.
  /// - Throws: `ResultError`, also where the sorting knows no times.
  public func export(_ format: ExportFormat, to url: URL, name: String? = nil) throws(ResultError) {
    let table = try SpikeTable(self)
    let parts = table.parts
    guard parts.count > 1, !format.keepsFilesTogether else {
      try write(format, table, to: url, name: name ?? url.deletingPathExtension().lastPathComponent)
      return
    }
    let folder = ResultFolder(url)
    try folder.makeFolder("")
    var names: Set<String> = []
    for (i, part) in parts.enumerated() {
      var stem = GroupedResult.folderName((part.file as NSString).deletingPathExtension)
      if !names.insert(stem).inserted { stem += "-\(i + 1)" }
      let place = folder.file(format.ending.isEmpty ? stem : "\(stem).\(format.ending)")
      try self.part(part).write(format, SpikeTable(self.part(part)), to: place, name: stem)
    }
  }

  /// Whether the export is one file; a folder otherwise.
  public func exportsFile(_ format: ExportFormat) throws(ResultError) -> Bool {
    let parts = try SpikeTable(self).parts
    return format.isFile && (format.keepsFilesTogether || parts.count < 2)
  }

  private func write(
    _ format: ExportFormat, _ table: SpikeTable, to url: URL, name: String
  ) throws(ResultError) {
    do {
      switch format {
      case .phy: try ResultFolder(url).writeWhole(self)
      case .csv:
        try ResultFolder(url).makeFolder("")
        try table.writeCSV(to: ResultFolder(url))
      case .klusters:
        try ResultFolder(url).makeFolder("")
        try table.writeKlusters(to: ResultFolder(url), base: name)
      case .npz: try table.npzSorting().write(to: url)
      case .pynapple: try table.pynappleGroup().write(to: url)
      case .curationJSON: try table.curationJSON().write(to: url)
      case .mat: try table.matFile().write(to: url)
      case .nwb:
        #if NWB
          try table.writeNWB(to: url)
        #else
          throw ResultError.inputOutput(path: url.path, reason: "this build leaves HDF5 out (trait NWB)")
        #endif
      }
    } catch let error as ResultError {
      throw error
    } catch {
      throw .inputOutput(path: url.path, reason: (error as NSError).localizedDescription)
    }
  }
}

extension ResultFolder {
  /// Makes the folder and writes the sorting into it.
  fileprivate func writeWhole(_ sorting: Sorting) throws(ResultError) {
    try makeFolder("")
    try write(sorting)
  }
}

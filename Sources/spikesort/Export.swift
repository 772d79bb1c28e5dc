public import ArgumentParser
import Curation
import Foundation
public import SortingFormats
import SpikeSorting

/// `spikesort export`
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a result in another program's format.",
    discussion: """
      phy, klusters and csv are folders; nwb, npz (SpikeInterface), curation-json (SpikeInterface), pynapple and mat \
      are files. Where several files were sorted as one, times are split by file again. A result of several groups is \
      exported group by group into a folder.
      """)

  @Argument(help: ArgumentHelp("The result folder.", valueName: "dir"))
  var folder: String

  @Option(
    help:
      "The format: \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var to: ExportFormat

  @Argument(help: ArgumentHelp("The file or folder to write.", valueName: "dest"))
  var destination: String

  @Flag(help: "Replace an earlier export of that name.")
  var overwrite = false

  func validate() throws {
    #if !NWB
      if to == .nwb {
        throw ValidationError(
          "This spikesort was built without HDF5 (the package trait NWB), which nwb needs.")
      }
    #endif
  }

  func run() throws {
    let url = URL(fileURLWithPath: folder)
    if let result = try GroupedResult(at: url) {
      let groups = try result.groups.filter { $0.failure == nil }.map {
        ($0.folder, try CuratedFolder(url.appendingPathComponent($0.folder).path).read().sorting)
      }
      try OutputFolder.write(to: destination, overwrite: overwrite, marker: Self.listName) { place in
        var places: [String] = []
        for (name, sorting) in groups {
          let file = try sorting.exportsFile(to) ? "\(name).\(to.ending)" : name
          try sorting.export(to, to: place.appendingPathComponent(file), name: name)
          places.append(file)
        }
        try writeList(places, in: place)
      }
      return
    }
    let sorting = try CuratedFolder(folder).read().sorting
    if try sorting.exportsFile(to) {
      try OutputFolder.writeFile(to: destination, overwrite: overwrite) { try sorting.export(to, to: $0) }
    } else {
      let name = URL(fileURLWithPath: destination).lastPathComponent
      try OutputFolder.write(to: destination, overwrite: overwrite, marker: Self.listName) { place in
        try sorting.export(to, to: place, name: name)
        try writeList(
          try FileManager.default.contentsOfDirectory(atPath: place.path).sorted(), in: place)
      }
    }
  }

  /// What shows an existing folder to be an earlier export, which may be replaced.
  private static let listName = "export.json"

  private func writeList(_ files: [String], in place: URL) throws {
    try ResultFolder(place).writeJSON(
      ExportList(format: to.rawValue, version: ResultFolder.version, files: files), to: Self.listName)
  }
}

/// What an export's folder holds.
private struct ExportList: Encodable {
  var format: String
  var version: String
  var files: [String]
}

extension ExportFormat: ExpressibleByArgument {}

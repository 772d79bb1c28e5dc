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
    let url = OutputFolder.existing(folder)
    if let result = try GroupedResult(at: url) {
      let groups = try result.groups.filter { $0.failure == nil }.map {
        ($0.folder, try CuratedFolder(url.appendingPathComponent($0.folder).path).read().sorting)
      }
      try OutputFolder.write(to: destination, overwrite: overwrite, marker: Self.listName) { place in
        for (name, sorting) in groups {
          let file = try sorting.exportsFile(to) ? "\(name).\(to.ending)" : name
          try sorting.export(to, to: place.appendingPathComponent(file), name: name)
        }
        try writeList(in: place)
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
        try writeList(in: place)
      }
    }
  }

  /// What shows an existing folder to be an earlier export, which may be replaced.
  private static let listName = ExportRecord.fileName

  private func writeList(in place: URL) throws {
    try ResultFolder(place).writeJSON(
      ExportRecord(format: to.rawValue, folder: place), to: Self.listName)
  }
}

extension ExportFormat: ExpressibleByArgument {}

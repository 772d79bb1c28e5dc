package import Foundation

/// A kind of file that holds no flat samples, or in a format for which there is no reader.
struct ForeignFormat: Sendable {
  /// What such a file is.
  let name: String
  /// The bytes it begins with, some bytes from its start; none where only its name tells.
  var bytes: [UInt8] = []
  var offset = 0
  /// How the names of such files end, in small letters.
  var endings: [String] = []
  /// Whether it is a recording, or may be one.
  var isRecording = true

  private static func text(_ words: String) -> [UInt8] { Array(words.utf8) }

  /// Recordings first, then what is none.
  static let all: [ForeignFormat] = [
    ForeignFormat(name: "a Plexon file", bytes: text("PLEX"), endings: ["plx"]),
    ForeignFormat(name: "a Plexon PL2 file", bytes: text("PL2"), endings: ["pl2"]),
    ForeignFormat(name: "a Trodes recording", bytes: text("<Configuration"), endings: ["rec"]),
    ForeignFormat(name: "a Spike2 file", bytes: text("(C) CED 87"), offset: 2, endings: ["smr"]),
    ForeignFormat(name: "a 64-bit Spike2 file", bytes: text("S64"), endings: ["smrx"]),
    ForeignFormat(name: "a NeuroExplorer file", bytes: text("NEX1"), endings: ["nex"]),
    ForeignFormat(name: "a NeuroExplorer 5 file", bytes: text("NEX5"), endings: ["nex5"]),
    ForeignFormat(name: "an EDF file", bytes: text("0       "), endings: ["edf"]),
    ForeignFormat(name: "a BDF file", bytes: [0xff] + text("BIOSEMI"), endings: ["bdf"]),
    ForeignFormat(
      name: "a Neuralynx file of another kind than .ncs", bytes: text("######## Neuralynx"), endings: ["nrd"]),
    ForeignFormat(name: "a Blackrock file of events", bytes: text("NEURALEV"), endings: ["nev"]),
    ForeignFormat(name: "a Blackrock file of events", bytes: text("BREVENTS")),
    ForeignFormat(
      name: "a file of Tucker-Davis", endings: ["tev", "tsq", "sev", "tbk", "tdx", "tin", "tnt"]),
    ForeignFormat(name: "an Axon file", bytes: text("ABF "), endings: ["abf"]),
    ForeignFormat(name: "an Axon file", bytes: text("ABF2")),
    ForeignFormat(name: "a MAT-file", bytes: text("MATLAB 5.0 MAT-file"), endings: ["mat"]),
    ForeignFormat(name: "a MAT-file of version 7.3", bytes: text("MATLAB 7.3 MAT-file")),
    ForeignFormat(name: "an HDF5 file", endings: ["h5", "hdf5", "nix", "nwb", "kwd", "kwik", "kwx"]),
    ForeignFormat(name: "a file of mtscomp", endings: ["cbin"]),
    ForeignFormat(name: "a sound file", bytes: text("RIFF"), endings: ["wav"]),
    ForeignFormat(name: "a sound file", bytes: text("fLaC"), endings: ["flac"]),
    ForeignFormat(name: "a Multi Channel Systems file", bytes: text("MCSSTRM"), endings: ["mcd"]),
    ForeignFormat(name: "an Alpha Omega file", endings: ["mpx"]),
    ForeignFormat(name: "a zarr array", endings: ["zarr"]),
    ForeignFormat(name: "an NPZ archive", endings: ["npz"]),
    ForeignFormat(
      name: "spike times of MClust", bytes: text("%%BEGINHEADER"), endings: ["t", "_t", "t32", "t64"],
      isRecording: false),
    ForeignFormat(name: "a zip archive", bytes: [0x50, 0x4b, 3, 4], endings: ["zip"], isRecording: false),
    ForeignFormat(name: "a zip archive", bytes: [0x50, 0x4b, 5, 6], isRecording: false),
    ForeignFormat(
      name: "a gzip archive", bytes: [0x1f, 0x8b, 8], endings: ["gz", "tgz"], isRecording: false),
    ForeignFormat(name: "a bzip2 archive", bytes: text("BZh"), endings: ["bz2"], isRecording: false),
    ForeignFormat(
      name: "an xz archive", bytes: [0xfd] + text("7zXZ"), endings: ["xz"], isRecording: false),
    ForeignFormat(
      name: "a 7z archive", bytes: text("7z") + [0xbc, 0xaf, 0x27, 0x1c], endings: ["7z"], isRecording: false),
    ForeignFormat(
      name: "a zstd archive", bytes: [0x28, 0xb5, 0x2f, 0xfd], endings: ["zst"], isRecording: false),
    ForeignFormat(name: "a rar archive", bytes: text("Rar!"), endings: ["rar"], isRecording: false),
    ForeignFormat(
      name: "a tar archive", bytes: text("ustar"), offset: 257, endings: ["tar"], isRecording: false),
    ForeignFormat(
      name: "a PNG picture", bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], endings: ["png"],
      isRecording: false),
    ForeignFormat(
      name: "a JPEG picture", bytes: [0xff, 0xd8, 0xff, 0xe0], endings: ["jpg", "jpeg"], isRecording: false),
    ForeignFormat(name: "a GIF picture", bytes: text("GIF8"), endings: ["gif"], isRecording: false),
    ForeignFormat(
      name: "a TIFF picture", bytes: [0x49, 0x49, 0x2a, 0], endings: ["tif", "tiff"], isRecording: false),
    ForeignFormat(
      name: "a film", bytes: text("ftyp"), offset: 4, endings: ["mp4", "mov"], isRecording: false),
    ForeignFormat(name: "a film", endings: ["avi", "mkv"], isRecording: false),
    ForeignFormat(name: "a PDF document", bytes: text("%PDF-"), endings: ["pdf"], isRecording: false),
    ForeignFormat(
      name: "an Office document", bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1],
      endings: ["doc", "xls", "ppt", "docx", "xlsx", "pptx"], isRecording: false),
    ForeignFormat(name: "a Parquet table", bytes: text("PAR1"), endings: ["parquet"], isRecording: false),
    ForeignFormat(name: "an Arrow table", bytes: text("ARROW1"), endings: ["feather"], isRecording: false),
    ForeignFormat(
      name: "an SQLite database", bytes: text("SQLite format 3"), endings: ["sqlite", "db"],
      isRecording: false),
    ForeignFormat(name: "a Python pickle", endings: ["pkl", "pickle"], isRecording: false),
    ForeignFormat(
      name: "a program", bytes: [0x7f] + text("ELF"), endings: ["exe", "dll", "so"], isRecording: false),
  ]

  /// The format a file's first bytes speak of; nil where they are of none of them.
  static func ofBytes(_ head: [UInt8]) -> ForeignFormat? {
    all.first { !$0.bytes.isEmpty && head.dropFirst($0.offset).starts(with: $0.bytes) }
  }

  /// The format a file's name speaks of.
  static func ofName(_ url: URL) -> ForeignFormat? {
    let ending = url.pathExtension.lowercased()
    return all.first { $0.endings.contains(ending) }
  }

  /// What to do with such a file.
  var way: String {
    isRecording
      ? "a format that is read here: export it as flat binary, NWB or one of those `spikesort sort --help` names, or "
        + "sort it through SpikeInterface (run_sorter)"
      : "a recording"
  }
}

/// Refuses a file that is known to hold no flat samples: by its first bytes and, where its name is all there is to go
/// by, by its name too.
func refuseForeign(_ url: URL, byName: Bool) throws(RecordingError) {
  let head = try SampleFile(url).head(512)
  if let format = ForeignFormat.ofBytes(head) {
    throw .malformed(file: url.path, found: format.name, expected: format.way)
  }
  if byName, let format = ForeignFormat.ofName(url) {
    throw .malformed(
      file: url.path, found: "the name of \(format.name)",
      expected: format.way + " (flat samples of any other name are read)")
  }
}

/// What sort of text some first bytes are; nil where they are none.
///
/// A text has no control characters but white space, and most of its characters are those of ASCII; samples of two
/// bytes and more hold zeros or other low bytes before long.
func kindOfText(_ head: [UInt8]) -> String? {
  guard head.count >= 16 else { return nil }
  if head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff]) {
    // Every other byte of a text in a European language is zero.
    let first = head[0] == 0xff ? 3 : 2
    let zeros = stride(from: first, to: head.count, by: 2).count { head[$0] == 0 }
    return zeros * 10 >= (head.count / 2) * 9 ? "text (UTF-16)" : nil
  }
  guard head.allSatisfy({ ($0 >= 32 && $0 != 127) || (9...13).contains($0) }) else {
    let start = String(decoding: head.prefix(64), as: UTF8.self)
    return start.hasPrefix("<?xml") ? "XML before whatever follows it (a Trodes recording begins so)" : nil
  }
  guard head.count(where: { $0 < 127 }) * 20 >= head.count * 17 else { return nil }
  let start = String(decoding: head.prefix(64), as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{feff}" }
  if start.hasPrefix("{") || start.hasPrefix("[") { return "text (JSON, by its first character)" }
  return start.hasPrefix("<") ? "text (XML or HTML, by its first character)" : "text"
}

/// What a folder holds, in a few words: "a folder with 3 .plx files, 1 folder and 2 other files".
package func folderContents(_ folder: URL) -> String {
  if let format = ForeignFormat.ofName(folder) { return "a folder with the name of \(format.name)" }
  let all = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
  guard !all.isEmpty else { return "an empty folder" }
  let folders = all.count { $0.isFolder }
  let endings = Dictionary(grouping: all.filter { !$0.isFolder }) { $0.pathExtension.lowercased() }
  let ranked = endings.filter { !$0.key.isEmpty }.sorted {
    ($1.value.count, $0.key) < ($0.value.count, $1.key)
  }
  let told = ranked.prefix(3)
  func some(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
  var parts = told.map { some($0.value.count, ".\($0.key) file") }
  if folders > 0 { parts.append(some(folders, "folder")) }
  let rest = all.count - folders - told.reduce(0) { $0 + $1.value.count }
  if rest > 0 { parts.append(parts.isEmpty ? some(rest, "file") : some(rest, "other file")) }
  let last = parts.removeLast()
  let list = parts.isEmpty ? last : parts.joined(separator: ", ") + " and " + last
  let foreign = told.lazy.compactMap { ForeignFormat.ofName($0.value[0]) }.first
  return "a folder with \(list)" + (foreign.map { " (\($0.name))" } ?? "")
}

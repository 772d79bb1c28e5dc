public import Foundation
internal import InputFiles
internal import SortingFormats

/// The file of decisions, `curation.jsonl`: read whole, appended to line by line, each on disk before it counts.
///
/// Several programs may have one journal open. A writer holds `flock` on it while it appends and reads what others
/// appended before; a line that is cut is nobody's but a dead writer's, and is moved to a file beside.
public struct Journal: Sendable {
  /// The file.
  public let url: URL
  /// What it holds.
  public private(set) var history = CurationHistory()
  /// What the user should know: lines set aside.
  public private(set) var notices: [String] = []
  /// The checksum of the sorting it belongs to.
  let sorting: String
  /// The file as it was read: which one, and how long.
  private var stamp: FileStamp?
  /// Bytes of whole lines; what follows is torn.
  private var wholeBytes = 0
  private var lacksNewline = false
  /// The sorting's file as it was at the beginning: which one.
  private let result: FileStamp?

  /// Opens the journal of a folder, which need not exist yet.
  ///
  /// - Parameters:
  ///   - sorting: the checksum of the sorting; a journal that begins with another is refused.
  ///   - setsAside: whether a torn last line is moved away; it is passed over otherwise.
  /// - Throws: `CurationError.badJournal` or `notWritten`.
  public init(in folder: URL, sorting: String, setsAside: Bool) throws(CurationError) {
    url = folder.appendingPathComponent(ResultFolder.journalName)
    self.sorting = sorting
    result = FileStamp(folder.appendingPathComponent(ResultFolder.recordName))
    try reload()
    if setsAside, let size = stamp?.size, size > wholeBytes {
      let file = try LockedFile(url, creates: false)
      defer { file.close() }
      try setAsideTornLine(file)
    }
  }

  /// Reads what others wrote since; true where there was something.
  ///
  /// - Throws: `CurationError.badJournal`.
  public mutating func refresh() throws(CurationError) -> Bool {
    guard FileStamp(url) != stamp else { return false }
    let before = history
    try reload()
    return history != before
  }

  /// Appends an action and waits until it is on disk.
  ///
  /// - Parameters:
  ///   - revision: the one the action was meant for.
  ///   - time: when it was done.
  /// - Throws: `CurationError.stale` where somebody else was first, `impossible`, `notWritten`: nothing is done then.
  public mutating func append(
    _ action: CurationAction, at revision: Int, time: String = Self.now()
  ) throws(CurationError) {
    let entry = JournalEntry(revision: revision + 1, time: time, action: action)
    // What cannot be does not even make the file.
    _ = try following(entry)
    try checkResult()
    let file = try LockedFile(url, creates: true)
    defer { file.close() }
    // From here on whoever replaces the folder finds the journal in it.
    try checkResult()
    if FileStamp(url) != stamp { try reload() }
    let next = try following(entry)
    try setAsideTornLine(file)
    var bytes: [UInt8] = lacksNewline ? [UInt8(ascii: "\n")] : []
    if wholeBytes == 0 {
      bytes += try line(JournalEntry(revision: 0, time: time, action: .begin(sorting: sorting)))
    }
    bytes += try line(entry)
    guard bytes.count <= JournalReader.longestLine, wholeBytes + bytes.count <= JournalReader.longestFile
    else {
      throw .impossible("the action has \(bytes.count >> 20) MiB, more than the journal can hold")
    }
    do {
      try file.append(bytes, keeping: wholeBytes)
    } catch {
      throw .notWritten(path: url.path, reason: error.reason)
    }
    history = next
    wholeBytes += bytes.count
    lacksNewline = false
    stamp = FileStamp(url)
  }

  /// Refuses to write where another sorting took the place of the one that the decisions are about.
  private func checkResult() throws(CurationError) {
    let folder = url.deletingLastPathComponent()
    guard FileStamp(folder.appendingPathComponent(ResultFolder.recordName)) == result else {
      throw .notWritten(
        path: url.path, reason: "the result there was replaced since it was opened; open it again")
    }
  }

  /// The history with one action more.
  private func following(_ entry: JournalEntry) throws(CurationError) -> CurationHistory {
    guard entry.revision == history.revision + 1 else { throw .stale(revision: history.revision) }
    var next = history
    try next.append(entry)
    return next
  }

  /// The present time as the journal writes it.
  public static func now() -> String { Date().formatted(.iso8601) }

  private func line(_ entry: JournalEntry) throws(CurationError) -> [UInt8] {
    do {
      return try entry.encoded() + [UInt8(ascii: "\n")]
    } catch {
      throw .impossible("the action cannot be written: \(error)")
    }
  }

  // MARK: Reading

  /// Reads the file anew; where that fails everything stays as it was.
  private mutating func reload() throws(CurationError) {
    let before = self
    do {
      try load()
    } catch {
      self = before
      throw error
    }
  }

  private mutating func load() throws(CurationError) {
    history = CurationHistory()
    (wholeBytes, lacksNewline) = (0, false)
    stamp = FileStamp(url)
    guard let stamp else { return }
    guard stamp.isFile else {
      throw .badJournal(
        path: url.path, reason: "is no file but a link or something else; nothing is written there")
    }
    do {
      var reader = try JournalReader(url)
      defer { reader.close() }
      // Somebody may have appended between the look at the file and the reading of it.
      self.stamp?.size = reader.size
      try takeLines(&reader)
    } catch let error as CurationError {
      throw error
    } catch JournalReader.Fault.impossible(let reason) {
      throw .badJournal(path: url.path, reason: reason)
    } catch JournalReader.Fault.system(let error) {
      throw .badJournal(path: url.path, reason: "cannot be read: \(error.reason)")
    } catch {
      throw .badJournal(path: url.path, reason: "cannot be read: \(error)")
    }
  }

  private mutating func takeLines(_ reader: inout JournalReader) throws {
    var number = 0
    while wholeBytes < reader.size {
      number += 1
      let line = try reader.line(at: wholeBytes)
      guard line.isWhole else {
        try takeLast(line.bytes[...], number: number)
        return
      }
      let end = wholeBytes + line.bytes.count
      do {
        try take(JournalEntry(line: line.bytes[...]), number: number)
      } catch let fault as JournalEntry.Fault {
        let isLast = end == reader.size - 1
        if case .damaged = fault, isLast, !JournalEntry.holdsSeveral(line.bytes + [UInt8(ascii: "\n")]) {
          return
        }
        throw refusal(fault, number: number)
      }
      wholeBytes = end + 1
    }
  }

  private mutating func take(_ entry: JournalEntry, number: Int) throws(CurationError) {
    if case .begin(let sorting) = entry.action {
      guard number == 1, entry.revision == 0 else {
        throw .badJournal(path: url.path, reason: "is damaged: line \(number) begins a journal a second time")
      }
      guard sorting == self.sorting else {
        throw .badJournal(
          path: url.path,
          reason: "belongs to another sorting than the folder's; a replay carries decisions from one to "
            + "another")
      }
      return
    }
    guard number > 1, entry.revision == history.revision + 1 else {
      throw .badJournal(
        path: url.path,
        reason: "is damaged: line \(number) holds revision \(entry.revision), expected "
          + (number == 1 ? "the journal's beginning" : "\(history.revision + 1)"))
    }
    do {
      try history.append(entry)
    } catch {
      throw .badJournal(path: url.path, reason: "is damaged: line \(number): \(error)")
    }
  }

  /// Takes a line that lacks its newline: whole if its checksum fits, as after an editor; else torn and passed over.
  private mutating func takeLast(_ line: ArraySlice<UInt8>, number: Int) throws(CurationError) {
    let entry: JournalEntry
    do {
      entry = try JournalEntry(line: line)
    } catch .newer(let version) {
      throw refusal(.newer(version: version), number: number)
    } catch {
      guard !JournalEntry.holdsSeveral(line) else { throw refusal(error, number: number) }
      return
    }
    try take(entry, number: number)
    wholeBytes += line.count
    lacksNewline = true
  }

  private func refusal(_ fault: JournalEntry.Fault, number: Int) -> CurationError {
    switch fault {
    case .newer(let version):
      .badJournal(
        path: url.path,
        reason: "was written by a newer spikesort (line \(number) has version \(version), this one reads "
          + "\(JournalEntry.version)); use that one")
    case .damaged(let reason):
      .badJournal(path: url.path, reason: "is damaged: line \(number): \(reason)")
    }
  }

  // MARK: Torn lines

  /// Moves what follows the last whole line to a file beside; the lock is held.
  private mutating func setAsideTornLine(_ file: LockedFile) throws(CurationError) {
    if FileStamp(url) != stamp { try reload() }
    guard let size = stamp?.size, size > wholeBytes else { return }
    do {
      let torn = try file.bytes(from: wholeBytes)
      let name = freeName()
      try LockedFile.write(torn, to: url.deletingLastPathComponent().appendingPathComponent(name))
      try file.truncate(to: wholeBytes)
      stamp = FileStamp(url)
      notices.append(
        "the last line of \(ResultFolder.journalName), \(torn.count) bytes, is cut and was set aside in \(name)"
      )
    } catch {
      throw .notWritten(path: url.path, reason: error.reason)
    }
  }

  private func freeName() -> String {
    let folder = url.deletingLastPathComponent()
    let stem = "curation.torn-\(history.revision + 1)"
    var (name, n) = ("\(stem).jsonl", 1)
    while FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path) {
      n += 1
      name = "\(stem)-\(n).jsonl"
    }
    return name
  }
}

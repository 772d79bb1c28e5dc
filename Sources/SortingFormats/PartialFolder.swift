internal import CSystemCalls
internal import Foundation
internal import Synchronization

/// The hidden name of a folder on its way: `.NAME.STATE-PROCESS`.
///
/// A run that is killed leaves such names; the state says how far it was.
struct PartialName: Equatable {
  /// How far a run was.
  enum State: String, CaseIterable {
    /// It is being written; after an exchange: it is the earlier folder, not yet judged.
    case partial
    /// It is whole, and on disk; its place is being made free.
    case complete
    /// Its place is free; its files are being moved there.
    case placing
    /// Here are the files that stood at the place.
    case replaced
  }

  /// What the folder is to be called.
  var name: String
  var state: State
  /// The number of the process that made it, and one of its own where it has several.
  var process: String

  var text: String { ".\(name).\(state.rawValue)-\(process)" }

  func url(in parent: URL) -> URL { parent.appendingPathComponent(text, isDirectory: true) }

  func with(_ state: State) -> PartialName { PartialName(name: name, state: state, process: process) }

  /// Those in a folder, of one name or all, in order.
  static func all(in parent: URL, of name: String? = nil) -> [PartialName] {
    let texts = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
    return texts.sorted().compactMap { PartialName($0) }.filter { name == nil || $0.name == name }
  }

  init(name: String, state: State, process: String) {
    (self.name, self.state, self.process) = (name, state, process)
  }

  /// nil where the text is no such name.
  init?(_ text: String) {
    guard text.hasPrefix("."), let dash = text.lastIndex(of: "-"),
      let dot = text[..<dash].lastIndex(of: "."), dot > text.startIndex,
      let state = State(rawValue: String(text[text.index(after: dot)..<dash])),
      case let process = text[text.index(after: dash)...], !process.isEmpty,
      process.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "_") })
    else { return nil }
    self.init(
      name: String(text[text.index(after: text.startIndex)..<dot]), state: state, process: String(process))
  }
}

/// A lock on a folder that goes with the process: whoever is killed gives it back.
final class FolderLock: Sendable {
  enum Answer {
    case taken(FolderLock)
    /// A living process holds it.
    case busy
    /// There is no such folder, or no locks on its file system.
    case none
  }

  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { _ = close(descriptor) }

  static func take(_ folder: URL) -> Answer {
    let opened = open(folder.path, O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW)
    guard opened >= 0 else { return .none }
    let lock = FolderLock(opened)
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else { return errno == EWOULDBLOCK ? .busy : .none }
    // What was renamed or removed meanwhile is another process's affair.
    guard let own = PlaceStatus(descriptor: opened), own.isSame(as: PlaceStatus(folder)) else { return .none }
    return .taken(lock)
  }
}

/// What stands at a path; links are not followed.
struct PlaceStatus {
  enum Kind { case file, folder, link, other }
  var kind: Kind
  var device: UInt64
  var inode: UInt64

  /// nil where nothing does.
  init?(_ url: URL) {
    var status = stat()
    guard lstat(url.path, &status) == 0 else { return nil }
    self.init(status)
  }

  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(status.st_ino)
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    case S_IFLNK: kind = .link
    default: kind = .other
    }
  }

  func isSame(as other: PlaceStatus?) -> Bool {
    other.map { $0.device == device && $0.inode == inode } ?? false
  }
}

/// A folder that a run writes to before it has its place, locked for as long as the run lives.
final class PartialFolder: Sendable {
  let name: PartialName
  let parent: URL
  /// Folders above it that were made on the way, innermost first.
  private let madeParents: [URL]
  /// Nil where the file system knows no locks: then nobody sweeps what a killed run left.
  private let lock: FolderLock?

  var url: URL { name.url(in: parent) }

  /// Makes it, and the folders above it.
  ///
  /// - Throws: `POSIXError`, `CocoaError`.
  init(of name: String, in parent: URL) throws {
    self.parent = parent
    madeParents = try Self.makeFolders(parent)
    do {
      (self.name, lock) = try Self.make(name, in: parent)
    } catch {
      for folder in madeParents { rmdir(folder.path) }
      throw error
    }
  }

  private static func makeFolders(_ folder: URL) throws -> [URL] {
    var missing: [URL] = []
    var above = folder
    while !FileManager.default.fileExists(atPath: above.path), above.pathComponents.count > 1 {
      missing.append(above)
      above.deleteLastPathComponent()
    }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return missing
  }

  private static func make(_ name: String, in parent: URL) throws -> (PartialName, FolderLock?) {
    let process = ProcessInfo.processInfo.processIdentifier
    for attempt in 0..<1000 {
      let text = attempt == 0 ? "\(process)" : "\(process)_\(attempt)"
      let made = PartialName(name: name, state: .partial, process: text)
      guard mkdir(made.url(in: parent).path, 0o777) == 0 else {
        // In a container every process may have the same number.
        if errno == EEXIST { continue }
        throw lastError()
      }
      switch FolderLock.take(made.url(in: parent)) {
      case .taken(let lock): return (made, lock)
      // A sweep was quicker than the lock, or there are none.
      case .busy: continue
      case .none:
        if PlaceStatus(made.url(in: parent)) != nil { return (made, nil) }
      }
    }
    throw POSIXError(.EEXIST)
  }

  /// Removes what was written so far, and the folders made for it that hold nothing else.
  func discard() {
    // Whoever still writes to the old name is stopped by there being none.
    let doomed = name.with(.replaced).url(in: parent)
    let from = url
    if sp_rename_new(from.path, doomed.path) == 0 { try? FileManager.default.removeItem(at: doomed) }
    try? FileManager.default.removeItem(at: from)
    for folder in madeParents { rmdir(folder.path) }
  }
}

/// How far something is that is written beside its place.
public enum WritingState: Sendable {
  /// It is being written.
  case open
  /// It stands in its place.
  case written
  /// It was removed, and nothing was touched.
  case discarded
  /// It could not be put in its place; the error says what became of it.
  case failed
}

/// Lets one thread decide how writing ends: what is put in its place cannot be discarded meanwhile, nor the other way round.
final class WritingEnd: Sendable {
  private let state = Mutex(WritingState.open)

  /// Calls `place` where nothing is decided yet; nil where it is.
  func commit<Value: Sendable>(_ place: () throws(ResultError) -> Value) throws(ResultError) -> Value? {
    try state.withLock { (state) throws(ResultError) -> Value? in
      guard state == .open else { return nil }
      state = .failed
      let value = try place()
      state = .written
      return value
    }
  }

  /// Calls `remove` where nothing is decided yet; waits while something is put in its place.
  ///
  /// - Returns: how writing ended.
  func discard(_ remove: () -> Void) -> WritingState {
    state.withLock { state in
      if state == .open {
        remove()
        state = .discarded
      }
      return state
    }
  }
}

/// What the last failed system call says.
func lastError() -> POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }

/// Waits until every file and folder at and below a place is on disk.
///
/// - Throws: `POSIXError`.
func synchronise(_ place: URL) throws {
  let below =
    PlaceStatus(place)?.kind == .folder ? try FileManager.default.subpathsOfDirectory(atPath: place.path) : []
  for path in below + [""] {
    let url = path.isEmpty ? place : place.appendingPathComponent(path)
    guard let kind = PlaceStatus(url)?.kind, kind == .file || kind == .folder else { continue }
    let opened = open(url.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard opened >= 0 else { throw lastError() }
    defer { _ = close(opened) }
    #if canImport(Darwin)
      // fsync alone leaves the bytes in the drive's memory there.
      if kind == .file, fcntl(opened, F_FULLFSYNC) == 0 { continue }
    #endif
    // Not every file system can do it for folders.
    if fsync(opened) != 0, kind == .file { throw lastError() }
  }
}

/// Waits until the names in a folder are on disk, where the file system can.
func synchroniseNames(in folder: URL) {
  let opened = open(folder.path, O_RDONLY | O_CLOEXEC)
  guard opened >= 0 else { return }
  _ = fsync(opened)
  _ = close(opened)
}

/// Moves a folder to the first free one of `NAME`, `NAME-2`, `NAME-3` and so on.
///
/// - Parameter numbersFirst: whether the first is `NAME-1`.
/// - Throws: `POSIXError` where it stays.
func moveToFreeName(_ folder: URL, _ name: String, numbersFirst: Bool = false, in parent: URL) throws -> URL {
  for number in 1..<100_000 {
    let isPlain = number == 1 && !numbersFirst
    let free = parent.appendingPathComponent(isPlain ? name : "\(name)-\(number)")
    if sp_rename_new(folder.path, free.path) == 0 {
      synchroniseNames(in: parent)
      return free
    }
    guard errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR else { throw lastError() }
  }
  throw POSIXError(.EEXIST)
}

internal import CSystemCalls
public import Foundation
internal import NumPyInterop

/// A folder that is written beside its destination and takes its place in one step.
///
/// Whoever is killed on the way leaves the old folder or the new one, never a mixture. Nothing that holds decisions, edited
/// files or anything else that the program did not write is removed, whatever fails: it is moved to `NAME.previous`,
/// `NAME.previous-2` and so on, or stays where it is and the error says so.
///
/// The new folder and the old one are exchanged. Where the file system cannot, the old one is renamed to `NAME.previous` before
/// the new one is renamed to `NAME`; a kill between the two leaves both whole, and whatever comes to the place next
/// (`putRight`) ends the work. A folder that cannot be renamed (a mount point, or one whose parent is not writable) is written
/// inside, and its files are moved one by one.
public final class FolderReplacement: Sendable {
  /// Where the folder will stand, as it was named.
  public let destination: URL
  /// Where it is written until `commit()`.
  public let temporary: URL
  /// What earlier runs left and was put right, a sentence each.
  public let notices: [String]

  /// What the destination is once links are followed.
  private let place: URL
  private let overwrite: Bool
  private let marker: String
  /// Whether the folder stays and its files are moved.
  private let isInside: Bool
  /// Exchanges two names; 0 where that was possible.
  private let exchange: @Sendable (String, String) -> Int32
  private let partial: PartialFolder
  /// What stood at the place at the beginning.
  private let stood: PlaceStatus?
  private let end = WritingEnd()

  private var parent: URL { place.deletingLastPathComponent() }

  /// Looks at the place, puts right what killed runs left there, and makes the temporary folder, which also shows that the place
  /// can be written to.
  ///
  /// - Parameters:
  ///   - destination: where the folder will stand; of a link, what it points to is replaced.
  ///   - overwrite: whether a folder already there may be replaced.
  ///   - marker: the file that a folder must hold to be replaced.
  /// - Throws: `ResultError.folderExists` where the destination exists and `overwrite` is false, `notAResult`
  ///   where it exists without the marker, `beingWritten` where another process writes to it, `inputOutput` where the place
  ///   cannot be written to.
  public convenience init(
    destination: URL, overwrite: Bool, marker: String = ResultFolder.recordName
  ) throws(ResultError) {
    try self.init(destination: destination, overwrite: overwrite, marker: marker, isInside: nil) {
      sp_exchange_names($0, $1)
    }
  }

  init(
    destination: URL, overwrite: Bool, marker: String = ResultFolder.recordName, isInside: Bool?,
    exchange: @escaping @Sendable (String, String) -> Int32
  ) throws(ResultError) {
    let named = destination.standardizedFileURL
    self.destination = named
    (self.overwrite, self.marker) = (overwrite, marker)
    let place = try linksFollowed(named)
    self.place = place
    self.exchange = exchange
    let isInside = isInside ?? Self.mustStay(place)
    self.isInside = isInside
    let parent = isInside ? place : place.deletingLastPathComponent()
    let name = placeName(place)
    notices =
      putRight(place)
      + sweep(name, in: parent, kept: isInside ? "recovered" : "\(name).recovered", besides: place)
    stood = try Self.look(
      at: place, named: destination, overwrite: overwrite, marker: marker, isInside: isInside)
    if Self.isBeingWritten(name, in: parent) { throw .beingWritten(path: destination.path) }
    do {
      partial = try PartialFolder(of: name, in: parent)
    } catch {
      throw .inputOutput(path: destination.path, reason: systemReason(of: error))
    }
    temporary = partial.url
    guard isInside || Self.mayRename(place) else {
      partial.discard()
      throw .inputOutput(
        path: destination.path, reason: "it belongs to another user, who alone may rename it")
    }
    // Two that came at the same moment see each other now, and neither goes on.
    if Self.isBeingWritten(name, in: parent, besides: partial.name) {
      partial.discard()
      throw .beingWritten(path: destination.path)
    }
  }

  /// Whether the folder cannot be renamed, but written inside.
  private static func mustStay(_ place: URL) -> Bool {
    guard PlaceStatus(place)?.kind == .folder else { return false }
    if sp_is_mount_point(place.path) == 1 { return true }
    return access(place.deletingLastPathComponent().path, W_OK | X_OK) != 0
      && access(place.path, W_OK | X_OK) == 0
  }

  /// In a folder that everybody may write to, only the owner of a name may change it.
  private static func mayRename(_ place: URL) -> Bool {
    var (own, above) = (stat(), stat())
    guard geteuid() != 0, lstat(place.path, &own) == 0,
      stat(place.deletingLastPathComponent().path, &above) == 0
    else { return true }
    return above.st_mode & S_ISVTX == 0 || own.st_uid == geteuid() || above.st_uid == geteuid()
  }

  private static func isBeingWritten(_ name: String, in parent: URL, besides own: PartialName? = nil) -> Bool
  {
    PartialName.all(in: parent, of: name).contains { other in
      guard other != own, case .busy = FolderLock.take(other.url(in: parent)) else { return false }
      return true
    }
  }

  /// What stands at the place, where it may be replaced; nil where nothing does.
  private static func look(
    at place: URL, named: URL, overwrite: Bool, marker: String, isInside: Bool
  ) throws(ResultError) -> PlaceStatus? {
    guard let status = PlaceStatus(place) else { return nil }
    guard status.kind == .folder else { throw .notAResult(path: named.path, marker: marker) }
    guard !isEmpty(place, isInside: isInside) else { return status }
    guard overwrite else { throw .folderExists(path: named.path) }
    guard PlaceStatus(place.appendingPathComponent(marker)) != nil else {
      throw .notAResult(path: named.path, marker: marker)
    }
    return status
  }

  /// Whether a folder holds nothing, or only what was set aside in it and what a file system makes itself.
  private static func isEmpty(_ folder: URL, isInside: Bool) -> Bool {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return false }
    return (isInside ? replaceable(names) : names).isEmpty
  }

  /// The names in a folder written inside that make up its result.
  fileprivate static func replaceable(_ names: [String]) -> [String] {
    names.filter { name in
      name != "lost+found" && PartialName(name) == nil && !name.hasPrefix("previous")
        && !name.hasPrefix("recovered")
    }
  }

  // MARK: The end

  /// Puts the written folder in its place, atomically where the file system can exchange two names.
  ///
  /// - Returns: what became of the earlier folder where it was kept, a sentence each.
  /// - Throws: `ResultError.inputOutput` where nothing was written; `notPlaced` where the new folder is whole and lies
  ///   elsewhere; `notKept` where it stands in its place and the earlier one lies elsewhere.
  @discardableResult public func commit() throws(ResultError) -> [String] {
    try end.commit { () throws(ResultError) -> [String] in
      do {
        try synchronise(temporary)
      } catch {
        partial.discard()
        throw .inputOutput(path: destination.path, reason: systemReason(of: error))
      }
      return isInside ? try placeInside() : try placeBeside()
    } ?? []
  }

  /// Removes what was written so far, and the folders made for it that hold nothing else; waits while `commit()` runs.
  ///
  /// - Returns: how writing ended, by this or before.
  @discardableResult public func discard() -> WritingState { end.discard { partial.discard() } }

  private func placeBeside() throws(ResultError) -> [String] {
    // What stands there may change between a look and a rename, which then fails and is tried anew.
    for _ in 0..<100 {
      guard let there = PlaceStatus(place) else {
        if sp_rename_new(temporary.path, place.path) == 0 { return placed([]) }
        guard errno == EEXIST else { throw notPlaced(temporary, lastError()) }
        continue
      }
      guard there.kind == .folder else {
        throw notPlaced(temporary, "something else appeared there meanwhile")
      }
      // Takes the place of an empty folder in one step, and fails on any other.
      if rename(temporary.path, place.path) == 0 { return placed([]) }
      guard errno == ENOTEMPTY || errno == EEXIST else { throw notPlaced(temporary, lastError()) }
      guard overwrite else { throw notPlaced(temporary, "a folder appeared there meanwhile") }
      guard PlaceStatus(place.appendingPathComponent(marker)) != nil else {
        throw notPlaced(temporary, "what stands there is no earlier result any more (no \(marker))")
      }
      return try replace(there)
    }
    throw notPlaced(temporary, "another program keeps changing what stands there")
  }

  private func replace(_ there: PlaceStatus) throws(ResultError) -> [String] {
    // So that no other run takes the old folder for one that was left.
    let hold = FolderLock.take(place)
    defer { withExtendedLifetime(hold) {} }
    let isKnown = there.isSame(as: stood)
    if exchange(temporary.path, place.path) == 0 {
      return placed(try keep(temporary, isKnown: isKnown))
    }
    return placed(try renameBoth(isKnown: isKnown))
  }

  /// Two renames, the old folder first: it is reachable under the name it keeps where the second does not come.
  private func renameBoth(isKnown: Bool) throws(ResultError) -> [String] {
    let complete = partial.name.with(.complete).url(in: parent)
    guard sp_rename_new(temporary.path, complete.path) == 0 else { throw notPlaced(temporary, lastError()) }
    let aside: URL
    do {
      aside = try moveToFreeName(place, placeName(place) + ".previous", in: parent)
    } catch {
      throw notPlaced(complete, error)
    }
    guard sp_rename_new(complete.path, place.path) == 0 else {
      let reason = lastError()
      _ = sp_rename_new(aside.path, place.path)
      throw notPlaced(complete, reason)
    }
    let contents = FolderContents(aside)
    let reason = contents.reasonToKeep
    if isKnown, reason == nil, contents.remove() { return [] }
    return [keptSentence(aside, reason)]
  }

  /// Removes the earlier folder where all of it is the program's own, else moves it to a name of its own.
  private func keep(_ old: URL, isKnown: Bool) throws(ResultError) -> [String] {
    let contents = FolderContents(old)
    let reason = contents.reasonToKeep
    if isKnown, reason == nil, contents.remove() { return [] }
    do {
      let name = isInside ? "previous" : placeName(place) + ".previous"
      return [keptSentence(try moveToFreeName(old, name, in: isInside ? place : parent), reason)]
    } catch {
      throw .notKept(path: destination.path, earlier: old.path, reason: systemReason(of: error))
    }
  }

  private func keptSentence(_ url: URL, _ reason: String?) -> String {
    let why = reason ?? "could not be removed, or came from another run meanwhile"
    return "the earlier \(destination.lastPathComponent) is kept as \(url.path): it \(why)"
  }

  private func placed(_ notices: [String]) -> [String] {
    synchroniseNames(in: parent)
    return notices
  }

  /// Keeps the new folder in reach where it cannot have its place.
  private func notPlaced(_ new: URL, _ error: any Error) -> ResultError {
    notPlaced(new, systemReason(of: error))
  }

  private func notPlaced(_ new: URL, _ reason: String) -> ResultError {
    let (name, folder) =
      isInside ? ("recovered", place) : (placeName(place) + ".recovered", parent)
    let kept = (try? moveToFreeName(new, name, numbersFirst: true, in: folder)) ?? new
    return .notPlaced(path: destination.path, reason: reason, kept: kept.path)
  }

  private func placeInside() throws(ResultError) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
    let standing = Self.replaceable(names)
    if !standing.isEmpty {
      guard overwrite else { throw notPlaced(temporary, "files appeared there meanwhile") }
      guard standing.contains(marker) else {
        throw notPlaced(temporary, "what stands there is no earlier result any more (no \(marker))")
      }
    }
    let move = InsideMove(folder: place, name: partial.name, marker: marker)
    do {
      guard sp_rename_new(temporary.path, move.url(.complete).path) == 0 else { throw lastError() }
      try move.finish()
    } catch {
      let left = [.partial, .complete, .placing].map(move.url).first { PlaceStatus($0) != nil } ?? place
      guard left != move.url(.placing) else {
        throw .inputOutput(
          path: destination.path,
          reason: systemReason(of: error)
            + "; the next command that is given the folder moves what still lies in "
            + left.lastPathComponent)
      }
      try? moveAll(from: move.url(.replaced), into: place, last: marker)
      throw notPlaced(left, error)
    }
    guard PlaceStatus(move.url(.replaced)) != nil else { return [] }
    return try keep(move.url(.replaced), isKnown: true)
  }
}

/// The files of a folder that cannot be renamed, moved out and in one by one.
///
/// The names of the folders inside say how far it is, so that it can be ended after a kill: `complete` while the old files are moved
/// to `replaced`, the marker first, then `placing` while the new ones are moved in, the marker last.
struct InsideMove {
  let folder: URL
  let name: PartialName
  let marker: String

  func url(_ state: PartialName.State) -> URL { name.with(state).url(in: folder) }

  /// Ends what was begun.
  ///
  /// - Throws: `POSIXError`, `CocoaError`.
  func finish() throws {
    if PlaceStatus(url(.complete)) != nil {
      try moveOut()
      synchroniseNames(in: folder)
      guard sp_rename_new(url(.complete).path, url(.placing).path) == 0 else { throw lastError() }
    }
    try moveAll(from: url(.placing), into: folder, last: marker)
    synchroniseNames(in: folder)
  }

  private func moveOut() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let standing = FolderReplacement.replaceable(names)
    guard !standing.isEmpty else { return }
    guard mkdir(url(.replaced).path, 0o777) == 0 || errno == EEXIST else { throw lastError() }
    for name in standing.sorted(by: { ($0 == marker ? 0 : 1, $0) < ($1 == marker ? 0 : 1, $1) }) {
      let from = folder.appendingPathComponent(name)
      guard sp_rename_new(from.path, url(.replaced).appendingPathComponent(name).path) == 0 else {
        throw lastError()
      }
    }
    synchroniseNames(in: url(.replaced))
  }
}

/// Moves what is in a folder into another, which keeps what else it holds; files of the same names are replaced, each in one
/// step. The first folder is gone afterwards.
///
/// - Parameter last: the file moved at the end.
/// - Throws: `POSIXError`, `CocoaError`.
func moveAll(from source: URL, into folder: URL, last: String) throws {
  guard PlaceStatus(source) != nil else { return }
  let names = try FileManager.default.contentsOfDirectory(atPath: source.path)
  for name in names.sorted(by: { ($0 == last ? 1 : 0, $0) < ($1 == last ? 1 : 0, $1) }) {
    let (from, to) = (source.appendingPathComponent(name), folder.appendingPathComponent(name))
    if PlaceStatus(from)?.kind == .folder, PlaceStatus(to) != nil {
      try moveAll(from: from, into: to, last: last)
    } else if rename(from.path, to.path) != 0 {
      throw lastError()
    }
  }
  synchroniseNames(in: folder)
  guard rmdir(source.path) == 0 else { throw lastError() }
}

/// The name a folder's temporary ones are made of.
func placeName(_ place: URL) -> String { place.lastPathComponent == "/" ? "root" : place.lastPathComponent }

/// What a path stands for once links are followed, be there something or not.
///
/// - Throws: `ResultError.inputOutput` where links lead in a circle.
func linksFollowed(_ url: URL) throws(ResultError) -> URL {
  var place = url
  for _ in 0..<40 {
    guard PlaceStatus(place)?.kind == .link else { return place }
    guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place.path) else {
      return place
    }
    place = URL(fileURLWithPath: target, relativeTo: place.deletingLastPathComponent()).standardizedFileURL
  }
  throw .inputOutput(path: url.path, reason: String(cString: strerror(ELOOP)))
}

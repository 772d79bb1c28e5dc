internal import CSystemCalls
public import Foundation

/// Ends what a run that was killed while it put a folder in its place had begun.
///
/// - Returns: what was done, a sentence each; nothing where nothing was to be done or nothing may be written.
public func putRight(_ folder: URL) -> [String] {
  guard let place = try? linksFollowed(folder.standardizedFileURL) else { return [] }
  return putRightBeside(place) + putRightInside(place)
}

/// Where there was no exchange: the old folder has been moved away, and the new one waits under its hidden name.
private func putRightBeside(_ place: URL) -> [String] {
  guard PlaceStatus(place) == nil else { return [] }
  let parent = place.deletingLastPathComponent()
  for left in PartialName.all(in: parent, of: placeName(place)) where left.state == .complete {
    guard case .taken(let lock) = FolderLock.take(left.url(in: parent)) else { continue }
    defer { withExtendedLifetime(lock) {} }
    if sp_rename_new(left.url(in: parent).path, place.path) == 0 {
      return ["\(place.path) was put in its place, where an earlier run was stopped before it could"]
    }
  }
  return []
}

/// In a folder that is written inside, a result or a report.
private func putRightInside(_ place: URL) -> [String] {
  var done: [String] = []
  for left in PartialName.all(in: place) where left.state == .complete || left.state == .placing {
    guard let marker = insideMarker(left, in: place) else { continue }
    guard case .taken(let lock) = FolderLock.take(left.url(in: place)) else { continue }
    defer { withExtendedLifetime(lock) {} }
    guard (try? InsideMove(folder: place, name: left, marker: marker).finish()) != nil else { continue }
    done.append(
      "the files of \(place.path) were put in their place, where an earlier run was stopped before it could")
  }
  return done
}

/// The file that is moved last; nil where the old files stand untouched, so that nothing was begun.
private func insideMarker(_ left: PartialName, in place: URL) -> String? {
  func holds(_ folder: URL) -> (String) -> Bool { { PlaceStatus(folder.appendingPathComponent($0)) != nil } }
  let marker = resultMarkers.first(where: holds(left.url(in: place)))
  guard left.state == .complete else { return marker ?? "" }
  return marker.flatMap { holds(place)($0) ? nil : $0 }
}

/// The files that show a folder to be one that some command wrote whole; an export for Phy holds the first two.
let resultMarkers = [ExportRecord.fileName, ResultFolder.recordName, "meta.json", "report.html"]

/// Removes what killed runs left of a name, or gives it a name that people see where somebody's work is in it.
///
/// - Parameters:
///   - kept: the name it gets, a number behind.
///   - place: where the result stands, if it does; where it does not, only what is half written is removed.
/// - Returns: what was kept, a sentence each.
func sweep(_ name: String, in parent: URL, kept: String, besides place: URL) -> [String] {
  let stands = resultMarkers.contains { PlaceStatus(place.appendingPathComponent($0)) != nil }
  return PartialName.all(in: parent, of: name).compactMap { left in
    let url = left.url(in: parent)
    guard PlaceStatus(url)?.kind == .folder else {
      // Version 0.1 wrote single files so.
      if PlaceStatus(url)?.kind == .file, !isRunning(left.process) { unlink(url.path) }
      return nil
    }
    guard case .taken(let lock) = FolderLock.take(url) else { return nil }
    defer { withExtendedLifetime(lock) {} }
    let contents = FolderContents(url)
    let reason = contents.reasonToRecover
    if reason == nil, stands || left.state == .partial, contents.remove() { return nil }
    guard let place = try? moveToFreeName(url, kept, numbersFirst: true, in: parent) else { return nil }
    return "what a killed run of \(name) left is kept as \(place.path): it \(reason ?? "may be needed")"
  }
}

private func isRunning(_ process: String) -> Bool {
  guard let number = Int32(process) else { return true }
  return kill(number, 0) == 0 || errno == EPERM
}

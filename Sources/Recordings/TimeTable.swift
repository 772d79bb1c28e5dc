public import Foundation
internal import InputFiles

/// Reads stretches of time from a CSV: a line a stretch, its start and its end in seconds.
///
/// Further columns, a first line of names, empty lines and lines that begin with # are passed over.
/// - Returns: pairs of finite seconds, each start before its end, in the order of the file.
/// - Throws: `RecordingError` where the file cannot be read or a line is no stretch.
public func readStretches(_ url: URL) throws(RecordingError) -> [[Double]] {
  let data: Data
  do {
    data = try inputFileContents(url)
  } catch {
    throw error == .missing
      ? .malformed(
        file: url.path, found: "no such file", expected: "a CSV of a start and an end in seconds a line")
      : .unreadable(file: url.path, reason: "\(error)")
  }
  guard let text = String(data: data, encoding: .utf8) else {
    throw .malformed(
      file: url.path, found: "bytes that are no text",
      expected: "a CSV of a start and an end in seconds a line")
  }
  var stretches: [[Double]] = []
  var hasSeenLine = false
  for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
  {
    let words = line.trimmingCharacters(in: .whitespaces)
    guard !words.isEmpty, !words.hasPrefix("#") else { continue }
    let isFirst = !hasSeenLine
    hasSeenLine = true
    let columns = words.split(separator: ",", omittingEmptySubsequences: false).prefix(2).map {
      Double($0.trimmingCharacters(in: .whitespaces))
    }
    // Names of the columns.
    if isFirst, columns.allSatisfy({ $0 == nil }) { continue }
    guard columns.count == 2, let start = columns[0], let end = columns[1], start.isFinite, end.isFinite,
      start < end
    else {
      throw .malformed(
        file: url.path, found: "\(words) in line \(number + 1)",
        expected: "a start and a later end in seconds, with a comma between them")
    }
    stretches.append([start, end])
  }
  return stretches
}

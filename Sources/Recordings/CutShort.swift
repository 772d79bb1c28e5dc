internal import Foundation

/// What is said of a file that ends within a unit, as a crash or a full disk leaves it; nothing where it does not.
///
/// - Parameters:
///   - bytes: the bytes after the last whole unit.
///   - unit: what the file is made of, such as "block of 432 bytes".
package func cutShort(file: String, bytes: Int, unit: String) -> [String] {
  guard bytes > 0 else { return [] }
  return [
    "\(file): its last \(bytes) byte\(bytes == 1 ? "" : "s") are left out, part of a \(unit); the file was cut short, or holds something else than is said of it"
  ]
}

/// Sentences on files of one recording, the first of them alone where many say the like.
func briefly(_ notices: [String]) -> [String] {
  guard notices.count > 4 else { return notices }
  return notices.prefix(2) + ["\(notices.count - 2) more files of the recording are cut likewise"]
}

/// What is said of channels whose gain is 0; nothing where there are none.
func silence(of channels: [String], in file: URL) -> [String] {
  guard !channels.isEmpty else { return [] }
  let names = channels.joined(separator: ", ")
  return [
    channels.count == 1
      ? "\(file.path): the gain of channel \(names) is 0, so it is taken for silent"
      : "\(file.path): the gains of channels \(names) are 0, so they are taken for silent"
  ]
}

/// What is said of frames and their numbers where these are not as many; nothing where they are.
func numbersNotice(file: String, found: Int, frames: Int) -> [String] {
  guard found != frames else { return [] }
  return [
    found > frames
      ? "\(file): numbers of \(found) frames, of which only \(frames) are there and were read"
      : "\(file): numbers of \(found) of \(frames) frames; those after them are taken to follow without a gap"
  ]
}

internal import Foundation
internal import NumPyInterop

/// A `.prb` file of klusta, phy and SpikeInterface: Python that gives `channel_groups` a dictionary, for every group its
/// `channels` and, mostly, `geometry`, a place in µm for every channel.
///
/// It is read, never run: literals, and `range(…)`, `list(…)` and NumPy's numbers as literals.
struct PRBFile {
  private let file: URL
  private let groups: [(key: PythonLiteral, value: PythonLiteral)]

  /// Finds and reads `channel_groups`.
  init(_ url: URL) throws(RecordingError) {
    file = url
    let source = try SampleFile(url)
    guard source.byteCount <= 1 << 22 else {
      throw .malformed(file: url.path, found: "\(source.byteCount) bytes", expected: "a .prb file")
    }
    let assigned = PythonLiteral.assigned(to: "channel_groups", in: try source.head(source.byteCount))
    guard case .dictionary(let groups)? = assigned, !groups.isEmpty else {
      throw .malformed(
        file: url.path, found: "no channel_groups that is a dictionary of literals",
        expected: "channel_groups = {0: {'channels': [0, 1, 2, 3], 'geometry': {…}}, …}")
    }
    self.groups = groups
  }

  /// The contacts: where a group has no place for each of its channels, it is placed as a group of that size is by
  /// default.
  ///
  /// - Throws: `RecordingError` where the file is no such probe, or does not fit the recording.
  func probe(channelCount: Int) throws(RecordingError) -> Probe {
    var contacts: [Probe.Contact] = []
    for (number, group) in groups.enumerated() {
      guard let fields = group.value.fields, case .list(let items)? = fields["channels"],
        case let channels = items.compactMap(\.wholeNumber), channels.count == items.count,
        channels.allSatisfy({ $0 >= 0 })
      else {
        throw .malformed(
          file: file.path, found: "no channels of group \(number)", expected: "a list of numbers from 0")
      }
      let places = places(in: fields["geometry"])
      let standard = Probe.standard(channelCount: channels.count).contacts
      let isPlaced = channels.allSatisfy { places[$0] != nil }
      for (channel, contact) in zip(channels, standard) {
        let place = isPlaced ? places[channel] : nil
        contacts.append(
          Probe.Contact(
            channel: channel, xMicrometers: place?.x ?? contact.xMicrometers + 200 * Double(number),
            yMicrometers: place?.y ?? contact.yMicrometers, group: number))
      }
    }
    return try Probe(wired: contacts, file: file, channelCount: channelCount)
  }

  private func places(in geometry: PythonLiteral?) -> [Int: (x: Double, y: Double)] {
    guard case .dictionary(let entries)? = geometry else { return [:] }
    var places: [Int: (x: Double, y: Double)] = [:]
    for (key, value) in entries {
      guard let channel = key.wholeNumber, let numbers = value.elements?.compactMap(\.number),
        numbers.count >= 2, numbers.prefix(2).allSatisfy(\.isFinite)
      else { continue }
      places[channel] = (numbers[0], numbers[1])
    }
    return places
  }
}

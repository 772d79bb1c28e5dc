internal import Foundation

/// Indices of spikes, ascending, as a journal line holds them.
///
/// Base64 of the differences between neighbours (the first from −1), less 1, each as a little-endian base-128 varint:
/// one or two characters a spike where units fire densely.
enum SpikeList {
  /// The text of ascending indices.
  static func encode(_ spikes: [Int32]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(2 * spikes.count)
    var last: Int32 = -1
    for spike in spikes {
      var rest = UInt32(spike - last - 1)
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
      last = spike
    }
    return Data(bytes).base64EncodedString()
  }

  /// The indices a text holds; nil where it holds none or they leave the range of an index.
  static func decode(_ text: String) -> [Int32]? {
    guard let bytes = Data(base64Encoded: text) else { return nil }
    var spikes: [Int32] = []
    spikes.reserveCapacity(bytes.count)
    var last = -1
    var (value, shift) = (0, 0)
    for byte in bytes {
      value |= Int(byte & 0x7f) << shift
      shift += 7
      guard shift <= 35 else { return nil }
      guard byte & 0x80 == 0 else { continue }
      last += value + 1
      guard let spike = Int32(exactly: last) else { return nil }
      spikes.append(spike)
      (value, shift) = (0, 0)
    }
    return shift == 0 ? spikes : nil
  }
}

/// What two ascending lists hold, ascending.
func merged(_ first: [Int32], _ second: [Int32]) -> [Int32] {
  var result: [Int32] = []
  result.reserveCapacity(first.count + second.count)
  var (i, j) = (0, 0)
  while i < first.count, j < second.count {
    if first[i] <= second[j] {
      result.append(first[i])
      i += 1
    } else {
      result.append(second[j])
      j += 1
    }
  }
  result.append(contentsOf: first[i...])
  result.append(contentsOf: second[j...])
  return result
}

/// What the first ascending list holds and the second does not.
func without(_ first: [Int32], _ second: [Int32]) -> [Int32] {
  var result: [Int32] = []
  result.reserveCapacity(first.count)
  var j = 0
  for value in first {
    while j < second.count, second[j] < value { j += 1 }
    if j == second.count || second[j] != value { result.append(value) }
  }
  return result
}

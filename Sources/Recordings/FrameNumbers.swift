internal import Foundation

/// Where a file holds the number of every frame: 32-bit integers at the beginning of every block.
struct FrameNumbers {
  let file: SampleFile
  var headerBytes = 0
  /// The bytes of a block.
  let blockBytes: Int
  /// The frames in a block.
  let framesPerBlock: Int

  /// The number of the first frame.
  ///
  /// - Precondition: the file holds a number.
  func first() throws(RecordingError) -> Double {
    Double(try file.bytes(headerBytes..<headerBytes + 4).littleEndian(Int32.self, at: 0))
  }

  /// The gaps before frames whose number does not follow that of the frame before.
  ///
  /// - Precondition: the file holds the numbers of so many frames.
  func gaps(frameCount: Int, samplingRate: Double) throws(RecordingError) -> [RecordingGap] {
    var gaps: [RecordingGap] = []
    var expected: Int32?
    for start in stride(from: 0, to: frameCount, by: framesPerBlock) {
      let place = headerBytes + start / framesPerBlock * blockBytes
      let count = min(framesPerBlock, frameCount - start)
      let numbers = try file.bytes(place..<place + 4 * count)
      for i in 0..<count {
        let number = numbers.littleEndian(Int32.self, at: 4 * i)
        if let expected, number != expected {
          gaps.append(
            RecordingGap(frame: start + i, seconds: (Double(number) - Double(expected)) / samplingRate))
        }
        expected = number &+ 1
      }
    }
    return gaps
  }
}

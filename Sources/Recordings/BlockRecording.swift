internal import Foundation

/// A file of 16-bit samples in blocks of a fixed size, each channel somewhere in every block.
struct BlockRecording: Recording {
  /// Where the samples are.
  struct Layout {
    /// The bytes before the first block.
    var headerBytes: Int
    /// The bytes of a block.
    var blockBytes: Int
    /// The frames in a block.
    var framesPerBlock: Int
    /// The byte in a block at which each channel's first sample stands.
    var channelOffsets: [Int]
    /// The bytes from one sample of a channel to the next in the block.
    var frameStride: Int
    /// Whether samples are signed.
    var isSigned: Bool
    /// Whether the first byte of a sample is its greater one.
    var isBigEndian = false
  }

  let channelCount: Int
  let frameCount: Int
  let samplingRate: Double
  let gain: Gain?
  let probe: Probe
  /// What was left out at the end of a file cut short.
  let notices: [String]
  private let file: SampleFile
  private let layout: Layout
  private let scale: SampleScale

  var files: [URL] { [file.url] }

  /// Lays blocks over a file.
  ///
  /// - Precondition: samples within the blocks, at least one channel and a positive rate.
  /// - Throws: `RecordingError` where the file has no whole block.
  init(
    file: SampleFile, layout: Layout, samplingRate: Double, gain: Gain?, probe: Probe
  ) throws(RecordingError) {
    let dataBytes = file.byteCount - layout.headerBytes
    guard dataBytes >= layout.blockBytes else {
      throw .malformed(
        file: file.url.path, found: "\(max(0, dataBytes)) bytes of samples",
        expected: "at least a block of \(layout.blockBytes)")
    }
    notices = cutShort(
      file: file.url.path, bytes: dataBytes % layout.blockBytes, unit: "block of \(layout.blockBytes) bytes")
    let last = (layout.framesPerBlock - 1) * layout.frameStride + 2
    precondition(
      !layout.channelOffsets.isEmpty && samplingRate > 0
        && layout.channelOffsets.allSatisfy { $0 >= 0 && $0 + last <= layout.blockBytes },
      "samples outside their block")
    self.file = file
    self.layout = layout
    self.samplingRate = samplingRate
    self.gain = gain
    self.probe = probe
    channelCount = layout.channelOffsets.count
    frameCount = dataBytes / layout.blockBytes * layout.framesPerBlock
    scale = SampleScale(gain, channelCount: channelCount)
  }

  func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    checkRequest(frames, samples)
    let perBlock = layout.framesPerBlock
    let blocksPerPiece = max(1, (1 << 18) / layout.blockBytes)
    var start = frames.lowerBound
    while start < frames.upperBound {
      let first = start / perBlock
      let end = min(frames.upperBound, (first + blocksPerPiece) * perBlock)
      let place = layout.headerBytes + first * layout.blockBytes
      let bytes = try file.bytes(place..<place + ((end - 1) / perBlock - first + 1) * layout.blockBytes)
      bytes.withUnsafeBytes { raw in
        for frame in start..<end {
          let (block, row) = (frame - first * perBlock).quotientAndRemainder(dividingBy: perBlock)
          let base = block * layout.blockBytes + row * layout.frameStride
          for channel in 0..<channelCount {
            let loaded = raw.loadUnaligned(
              fromByteOffset: base + layout.channelOffsets[channel], as: UInt16.self)
            let bits = layout.isBigEndian ? UInt16(bigEndian: loaded) : UInt16(littleEndian: loaded)
            let value = layout.isSigned ? Double(Int16(bitPattern: bits)) : Double(bits)
            samples[(frame - frames.lowerBound) * channelCount + channel] =
              scale.scaled(value, channel: channel)
          }
        }
      }
      start = end
    }
  }
}

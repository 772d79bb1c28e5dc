import Foundation

/// Writers of other programs' spike files, from the formats' published descriptions; they share nothing with the readers.
enum MadeSpikeFiles {
  /// A number's bytes.
  static func bytes<Value>(_ value: Value) -> Data { withUnsafeBytes(of: value) { Data($0) } }

  /// A Neuralynx `.ntt`: 16 KiB of text, then time (µs), entity, cell, eight features and 32 frames of 4 channels.
  static func ntt(
    times: [UInt64], cells: [UInt32], sample: (Int, Int, Int) -> Int16, header: String
  ) -> Data {
    var data = Data(header.utf8)
    data.append(Data(count: 16_384 - data.count))
    for (n, time) in times.enumerated() {
      data.append(bytes(time) + bytes(UInt32(3)) + bytes(cells[n]) + Data(count: 32))
      for f in 0..<32 { for c in 0..<4 { data.append(bytes(sample(n, f, c))) } }
    }
    return data
  }

  static let neuralynxHeader =
    "######## Neuralynx Data File Header\r\n-FileType Spike\r\n-AcqEntName TT1\r\n-ADChannel 0 1 2 3\r\n"
    + "-TimeCreated 2019/06/28 17:36:27\r\n-TimeClosed 2019/06/28 17:45:48\r\n-SamplingFrequency 32000\r\n"
    + "-ADBitVolts 0.00000001 0.00000002 0.00000003 0.00000004\r\n-WaveformLength 32\r\n-InputInverted True\r\n"

  /// An Axona tetrode: a text header, then four times a big-endian time and 50 signed bytes.
  static func axona(ticks: [UInt32], sample: (Int, Int, Int) -> Int8) -> Data {
    var data = Data(
      ("duration 10\r\nnum_chans 4\r\ntimebase 96000 hz\r\nbytes_per_timestamp 4\r\nsamples_per_spike 50\r\n"
        + "sample_rate 48000 hz\r\nbytes_per_sample 1\r\nnum_spikes \(ticks.count)      \r\ndata_start").utf8)
    for (n, tick) in ticks.enumerated() {
      for c in 0..<4 {
        data.append(bytes(tick.bigEndian))
        for f in 0..<50 { data.append(bytes(sample(n, c, f))) }
      }
    }
    return data + Data("\r\ndata_end\r\n".utf8)
  }

  /// Axona settings with a gain for each of 4 channels.
  static let axonaSettings =
    "ADC_fullscale_mv 1500\r\n" + (0..<4).map { "gain_ch_\($0) \(1000 * ($0 + 1))\r\n" }.joined()

  /// The files of a Neurosuite group: 2 channels, snippets of 5 frames.
  static func neurosuite(in folder: URL, times: [Int], clusters: [Int]) throws {
    let xml = """
      <?xml version='1.0'?><parameters><acquisitionSystem><nBits>16</nBits><nChannels>2</nChannels>
      <samplingRate>20000</samplingRate><voltageRange>20</voltageRange><amplification>1000</amplification>
      </acquisitionSystem><spikeDetection><channelGroups><group><channels><channel>1</channel><channel>0</channel>
      </channels><nSamples>5</nSamples><peakSampleIndex>2</peakSampleIndex><nFeatures>1</nFeatures></group>
      </channelGroups></spikeDetection></parameters>
      """
    func write(_ text: String, _ name: String) throws {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    func lines(_ numbers: [Int]) -> String { numbers.map { "\($0)\n" }.joined() }
    try write(xml, "rat.xml")
    try write(lines(times), "rat.res.1")
    try write(lines([Set(clusters).count] + clusters), "rat.clu.1")
    var samples = Data()
    for i in 0..<times.count * 10 { samples.append(bytes(Int16(i - 7))) }
    try samples.write(to: folder.appendingPathComponent("rat.spk.1"))
  }
}

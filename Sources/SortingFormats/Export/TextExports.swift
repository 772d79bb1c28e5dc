internal import Foundation
internal import Recordings
internal import SpikeSorting
internal import SpikeTrains

extension SpikeTable {
  /// `spikes.csv` and `units.csv`; the times of spikes are those of their own input file.
  func writeCSV(to folder: ResultFolder) throws(ResultError) {
    let parts = self.parts
    let several = parts.count > 1
    // Each file by its own clock.
    let clocks = parts.map { several ? $0.clock ?? RecordingClock(samplingRate: rate) : clock }
    var text = "time_s,frame,unit,component,amplitude\(several ? ",file" : "")\n"
    let amplitudes = sorting.spikes.amplitudes
    for n in frames.indices {
      let place = parts.firstIndex { $0.frames.contains(frames[n]) } ?? 0
      let part = parts[place]
      let frame = frames[n] - part.frames.lowerBound
      let time = clocks[place].seconds(ofFrame: frame)
      let amplitude = n < amplitudes.count ? "\(amplitudes[n])" : ""
      text += "\(time),\(frame),\(units[n]),\(sorting.spikes.components[n]),\(amplitude)"
      text += several ? ",\(csvField(part.file))\n" : "\n"
    }
    try folder.write(Data(text.utf8), to: "spikes.csv")
    try folder.write(Data(unitsTable(sorting).utf8), to: "units.csv")
  }

  /// Klusters' files of group 1: `.res`, `.clu`, `.fet`, `.xml`, and `.units.csv`, which says what each cluster is.
  ///
  /// Klusters keeps 0 for artefacts and 1 for noise, so unit u is cluster u + 2. Features are whole numbers there:
  /// the same factor for all brings the largest to a million.
  func writeKlusters(to folder: ResultFolder, base: String) throws(ResultError) {
    let clusters = units.map { $0 + 2 }
    func lines(_ numbers: [Int]) -> Data {
      Data((numbers.map(String.init).joined(separator: "\n") + (numbers.isEmpty ? "" : "\n")).utf8)
    }
    try folder.write(lines(frames), to: "\(base).res.1")
    try folder.write(lines([Set(clusters).count] + clusters), to: "\(base).clu.1")
    let spikes = sorting.spikes
    let columns = spikes.featureChannels * spikes.featuresPerChannel
    let largest = spikes.features.reduce(0) { max($0, abs($1)) }
    let scale = largest > 0 ? 1e6 / Double(largest) : 1
    var text = "\(columns + 1)\n"
    for n in frames.indices {
      for value in spikes.features[n * columns..<(n + 1) * columns] {
        text += "\(Int((Double(value) * scale).rounded())) "
      }
      text += "\(frames[n])\n"
    }
    try folder.write(Data(text.utf8), to: "\(base).fet.1")
    try folder.write(Data(neurosuiteXML().utf8), to: "\(base).xml")
    var table = "cluster,unit,verdict,reason\n"
    for unit in sorting.units {
      let words = [unit.verdict.rawValue, unit.reasons.joined(separator: "; ")].map(csvField)
      table += "\(unit.id + 2),\(unit.id),\(words.joined(separator: ","))\n"
    }
    try folder.write(Data(table.utf8), to: "\(base).units.csv")
  }

  private func neurosuiteXML() -> String {
    let channels = sorting.source.channels
    let most = max((channels.max() ?? 0) + 1, sorting.source.flatBinary?.channels ?? 0)
    func list(_ indent: String) -> String {
      channels.map { "\(indent)<channel>\($0)</channel>\n" }.joined()
    }
    let waveforms = sorting.waveforms
    let number = rate == rate.rounded() ? "\(Int(rate))" : "\(rate)"
    return """
      <?xml version='1.0'?>
      <parameters version="1.0" creator="spikesort \(ResultFolder.version)">
       <acquisitionSystem>
        <nBits>16</nBits>
        <nChannels>\(most)</nChannels>
        <samplingRate>\(number)</samplingRate>
        <voltageRange>20</voltageRange>
        <amplification>1000</amplification>
        <offset>0</offset>
       </acquisitionSystem>
       <fieldPotentials>
        <lfpSamplingRate>1250</lfpSamplingRate>
       </fieldPotentials>
       <anatomicalDescription>
        <channelGroups>
         <group>
      \(list("    "))   </group>
        </channelGroups>
       </anatomicalDescription>
       <spikeDetection>
        <channelGroups>
         <group>
          <channels>
      \(list("     "))    </channels>
          <nSamples>\(waveforms?.frames ?? 32)</nSamples>
          <peakSampleIndex>\(waveforms?.troughFrame ?? 16)</peakSampleIndex>
          <nFeatures>\(sorting.spikes.featuresPerChannel)</nFeatures>
         </group>
        </channelGroups>
       </spikeDetection>
      </parameters>

      """
  }
}

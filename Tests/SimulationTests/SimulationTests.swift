import Foundation
import NumPyInterop
import TestSupport
import Testing

@testable import Simulation

/// A simulated recording read back from its folder.
struct Simulated {
  let truth: GroundTruth
  let options: SimulationOptions
  /// Frames × channels in µV.
  let samples: [Float]

  init(_ options: SimulationOptions) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    self.options = options
    truth = try simulate(options, to: folder, name: "r")
    samples = try Data(contentsOf: folder.appendingPathComponent("r.dat")).withUnsafeBytes { bytes in
      bytes.bindMemory(to: Int16.self).map { Float($0) * 0.195 }
    }
  }

  /// The mean of the samples around some spikes, the level before them taken off: frames × channels.
  func average(around times: [Int]) -> [Float] {
    let channels = options.channels
    let before = truth.troughFrame
    var sum = [Float](repeating: 0, count: truth.templateFrames * channels)
    for time in times {
      let start = (time - before) * channels
      for i in sum.indices { sum[i] += samples[start + i] }
    }
    return (0..<sum.count).map { i in
      let level = (0..<8).reduce(Float(0)) { $0 + sum[$1 * channels + i % channels] } / 8
      return (sum[i] - level) / Float(max(1, times.count))
    }
  }

  func times(ofUnit unit: Int) -> [Int] {
    zip(truth.times, truth.labels).filter { $0.1 == unit }.map(\.0)
  }

  /// The spikes of a unit that no other unit's spike comes near.
  func lonelyTimes(ofUnit unit: Int, milliseconds: Double = 4) -> [Int] {
    let reach = Int(milliseconds * options.samplingRate / 1000)
    return truth.times.indices.filter { i in
      truth.labels[i] == unit && (i == 0 || truth.times[i] - truth.times[i - 1] > reach)
        && (i + 1 == truth.times.count || truth.times[i + 1] - truth.times[i] > reach)
    }.map { truth.times[$0] }
  }

  /// The depth of the trough on every channel.
  func footprint(_ times: [Int]) -> [Float] {
    let mean = average(around: times)
    return (0..<options.channels).map { channel in
      -stride(from: channel, to: mean.count, by: options.channels).reduce(0) { min($0, mean[$1]) }
    }
  }
}

/// Short recordings at a lower rate: what is tested hangs on neither.
struct SimulationTests {
  private static let plain = Result {
    try Simulated(SimulationOptions(seconds: 30, samplingRate: 12_000, noiseMicrovolts: 2, seed: 3))
  }
  private static let drifting = Result {
    try Simulated(
      SimulationOptions(seconds: 30, samplingRate: 12_000, noiseMicrovolts: 2, drift: true, seed: 3))
  }
  private static let bursting = Result {
    try Simulated(
      SimulationOptions(seconds: 30, samplingRate: 12_000, noiseMicrovolts: 2, bursts: true, seed: 3))
  }

  @Test func layoutOfTheFolder() throws {
    let parent = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: parent) }
    let folder = parent.appendingPathComponent("new/tetrode")
    var shares: [Double] = []
    let options = SimulationOptions(seconds: 2, units: 3, samplingRate: 10_000, seed: 5)
    let truth = try simulate(options, to: folder) { shares.append($0) }
    #expect(shares == shares.sorted())
    #expect(shares.last == 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(
      names == [
        "gt_labels.npy", "gt_templates_uV.npy", "gt_times.npy", "meta.json", "probe.json", "tetrode.dat",
      ])
    #expect(try Data(contentsOf: folder.appendingPathComponent("tetrode.dat")).count == 20_000 * 4 * 2)
    let times = try NPYArray(contentsOf: folder.appendingPathComponent("gt_times.npy"))
    let labels = try NPYArray(contentsOf: folder.appendingPathComponent("gt_labels.npy"))
    let templates = try NPYArray(contentsOf: folder.appendingPathComponent("gt_templates_uV.npy"))
    #expect(times.dataType == .int64 && labels.dataType == .int32 && templates.dataType == .float32)
    #expect(try times.integers() == truth.times)
    #expect(try labels.integers() == truth.labels)
    #expect(templates.shape == [3, 40, 4])
    #expect(templates.floats() == truth.templates)

    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    struct Meta: Decodable {
      struct Unit: Decodable {
        var id, spikes: Int
        var rateHz, peakUv, snr6006000, nearestCosine: Double
      }
      var name, file, dtype, layout: String
      var samplingRateHz, durationS, gainUvPerBit, offsetUv: Double
      var channels, frames, seed: Int
      var units: [Unit]
      var noiseSigma6006000Uv: [Double]
      var channelXyUm: [[Double]]
    }
    let meta = try decoder.decode(
      Meta.self, from: Data(contentsOf: folder.appendingPathComponent("meta.json")))
    #expect(meta.name == "tetrode" && meta.file == "tetrode.dat" && meta.dtype == "int16 little endian")
    #expect(meta.samplingRateHz == 10_000 && meta.durationS == 2 && meta.gainUvPerBit == 0.195)
    #expect(meta.channels == 4 && meta.frames == 20_000 && meta.seed == 5)
    #expect(meta.units.map(\.id) == [0, 1, 2])
    #expect(meta.units.map(\.spikes) == (0..<3).map { unit in truth.labels.count { $0 == unit } })
    #expect(meta.channelXyUm == [[12.5, 0], [0, 12.5], [-12.5, 0], [0, -12.5]])
    #expect(meta.noiseSigma6006000Uv.count == 4)
    for noise in meta.noiseSigma6006000Uv { #expect((5...9).contains(noise)) }
    for unit in meta.units {
      #expect((65...205).contains(unit.peakUv))
      #expect(unit.snr6006000 > 3)
      #expect(unit.nearestCosine < 0.999)
    }

    struct Probe: Decodable {
      struct Contacts: Decodable {
        var siUnits: String
        var contactPositions: [[Double]]
        var deviceChannelIndices: [Int]
      }
      var specification: String
      var probes: [Contacts]
    }
    let probe = try decoder.decode(
      Probe.self, from: Data(contentsOf: folder.appendingPathComponent("probe.json")))
    #expect(probe.specification == "probeinterface")
    #expect(probe.probes.map(\.contactPositions) == [meta.channelXyUm])
    #expect(probe.probes.map(\.deviceChannelIndices) == [[0, 1, 2, 3]])
    #expect(probe.probes.map(\.siUnits) == ["um"])
  }

  @Test func sameSeedSameBytes() throws {
    let parent = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: parent) }
    func bytes(seed: UInt64, in name: String) throws -> [String: Data] {
      let folder = parent.appendingPathComponent(name)
      try simulate(
        SimulationOptions(
          seconds: 3, units: 4, channels: 5, samplingRate: 12_000, drift: true, bursts: true, seed: seed),
        to: folder, name: "r")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      return try Dictionary(
        uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: folder.appendingPathComponent($0))) })
    }
    let first = try bytes(seed: 1, in: "a")
    #expect(first.count == 6)
    #expect(try bytes(seed: 1, in: "b") == first)
    #expect(try bytes(seed: 2, in: "c")["r.dat"] != first["r.dat"])
  }

  @Test func refractoryPeriodIsKept() throws {
    for simulated in [try Self.plain.get(), try Self.bursting.get()] {
      #expect(simulated.truth.times == simulated.truth.times.sorted())
      // Rounding to frames takes up to one from a gap.
      let shortest = Int(0.0025 * 12_000) - 1
      for unit in 0..<6 {
        let times = simulated.times(ofUnit: unit)
        #expect(times.count > 20)
        for (a, b) in zip(times, times.dropFirst()) { #expect(b - a >= shortest) }
      }
    }
  }

  @Test func meanSpikesAreTheTemplates() throws {
    let plain = try Self.plain.get()
    for unit in 0..<6 {
      let template = Array(plain.truth.template(ofUnit: unit))
      let deepest = try #require(template.indices.min { template[$0] < template[$1] })
      #expect(deepest / 4 == plain.truth.troughFrame)
      let mean = plain.average(around: plain.lonelyTimes(ofUnit: unit))
      #expect(cosine(mean, template) > 0.97)
      let meanDeepest = try #require(mean.indices.min { mean[$0] < mean[$1] })
      #expect(abs(meanDeepest / 4 - plain.truth.troughFrame) <= 1)
      #expect(abs(mean[meanDeepest] / template[deepest] - 1) < 0.12)
    }
  }

  /// Spikes near the seams of blocks are whole: the trace with them less the trace without is the template.
  @Test func spikesGoOnOverTheSeamsOfBlocks() throws {
    let options = SimulationOptions(seconds: 20, units: 1, samplingRate: 8000, noiseMicrovolts: 0, seed: 8)
    let contacts = simulatedContacts(channels: 4)
    let neuron = try #require(SimulatedNeuron.neighbours(options, contacts: contacts).first)
    let window = SpikeWindow(samplingRate: 8000)
    let offsets = [-window.margin - 20, -window.margin, 10 - window.margin, -20, -1, 0, 1, 15, 30]
    let times = offsets.enumerated().map { ($0 + 1) * SimulatedTrace.blockFrames + $1 }
    func trace(_ times: [Int]) throws -> [Float] {
      let spikes = times.map { SimulatedSpike(frame: Double($0), unit: 0, amplitude: 1, stretch: 1) }
      var trace = try SimulatedTrace(options, contacts: contacts, neurons: [neuron], spikes: spikes)
      var samples: [Float] = []
      while try trace.next({ samples.append(contentsOf: $0) }) {}
      return samples
    }
    let (with, without) = (try trace(times), try trace([]))
    #expect(with.count == options.frameCount * 4)
    #expect(without.count == with.count)
    let template = neuron.template(on: contacts, samplingRate: 8000, window: window)
    for time in times {
      let start = (time - window.before) * 4
      for i in template.indices {
        #expect(abs(with[start + i] - without[start + i] - template[i]) < 0.01)
      }
    }
    #expect(zip(with, without).count { $0 != $1 } <= times.count * template.count)
  }

  @Test func driftMovesTheFootprints() throws {
    func change(_ simulated: Simulated) -> [Float] {
      (0..<6).map { unit in
        let times = simulated.lonelyTimes(ofUnit: unit)
        let fifth = max(1, times.count / 5)
        let early = simulated.footprint(Array(times.prefix(fifth)))
        return 1 - cosine(early, simulated.footprint(Array(times.suffix(fifth))))
      }
    }
    let still = try change(Self.plain.get())
    let moved = try change(Self.drifting.get())
    #expect(moved.reduce(0, +) > 4 * still.reduce(0, +))
  }

  @Test func burstsShrinkAndCollisionsAreMany() throws {
    let plain = try Self.plain.get()
    let bursting = try Self.bursting.get()
    #expect(plain.truth.burstingUnits == [])
    #expect(bursting.truth.burstingUnits == [0, 1, 3, 4])
    func shortIntervals(_ times: [Int]) -> Double {
      Double(zip(times, times.dropFirst()).count { $1 - $0 < 100 }) / Double(times.count)
    }
    for unit in bursting.truth.burstingUnits {
      let times = bursting.times(ofUnit: unit)
      #expect(shortIntervals(times) > 0.15)
      #expect(shortIntervals(plain.times(ofUnit: unit)) < 0.1)
      let gaps = zip(times.dropFirst(), times).map { ($0, $0 - $1) }
      let alone = bursting.footprint(gaps.filter { $0.1 > 1200 }.map(\.0))
      let later = bursting.footprint(gaps.filter { $0.1 < 100 }.map(\.0))
      #expect(try #require(later.max()) < 0.93 * (try #require(alone.max())))
    }
    func near(_ times: [Int]) -> Double {
      Double(zip(times, times.dropFirst()).count { $1 - $0 < 12 }) / Double(times.count)
    }
    #expect(near(bursting.truth.times) > near(plain.truth.times) + 0.03)
  }

  @Test func noiseOfTheLevelAskedForAndSharedByNearContacts() throws {
    let options = SimulationOptions(
      seconds: 4, units: 1, channels: 8, samplingRate: 20_000, noiseMicrovolts: 10, seed: 1)
    let contacts = simulatedContacts(channels: 8)
    var noise = try BackgroundNoise(options, contacts: contacts)
    var quiet = options
    quiet.noiseMicrovolts = 0
    var fields = try BackgroundNoise(quiet, contacts: contacts)
    let frames = 60_000
    var (trace, slow) = ([Float](repeating: 0, count: frames * 8), [Float](repeating: 0, count: frames * 8))
    trace.withUnsafeMutableBufferPointer { noise.add(to: $0) }
    slow.withUnsafeMutableBufferPointer { fields.add(to: $0) }
    func covariance(_ a: Int, _ b: Int) -> Double {
      (0..<frames).reduce(0) { sum, frame in
        let i = frame * 8
        return sum + Double(trace[i + a] - slow[i + a]) * Double(trace[i + b] - slow[i + b])
      } / Double(frames)
    }
    // Variance 100, of which exp(−distance / 60 µm) of the 40 % that is tissue is shared.
    #expect(abs(covariance(0, 0) - 100) < 4)
    #expect(abs(covariance(0, 1) - 40 * exp(-25.0 / 60)) < 4)
    #expect(abs(covariance(0, 3) - 40 * exp(-75.0 / 60)) < 4)
    let power = slow.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(slow.count)
    #expect((40...130).contains(power.squareRoot()))
  }

  @Test func badOptionsAndFoldersAreRefused() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let target = folder.appendingPathComponent("r")
    var options = [SimulationOptions](repeating: SimulationOptions(seconds: 2), count: 7)
    options[0].seconds = 0
    options[1].seconds = .nan
    options[2].units = 0
    options[3].channels = 0
    options[4].samplingRate = 0
    options[5].noiseMicrovolts = -1
    options[6].noiseMicrovolts = .infinity
    for bad in options { #expect(throws: SimulationError.self) { try simulate(bad, to: target) } }
    #expect(!FileManager.default.fileExists(atPath: target.path))
    try Data("a file".utf8).write(to: target)
    #expect(throws: SimulationError.self) { try simulate(SimulationOptions(seconds: 2), to: target) }
    #expect(try Data(contentsOf: target) == Data("a file".utf8))
  }
}

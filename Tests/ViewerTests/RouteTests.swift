import Foundation
import MadeResults
import NumPyInterop
import Recordings
import SortingFormats
import SpikeDetection
import SpikeTrains
import TestSupport
import Testing

@testable import SpikeSorting
@testable import Viewer

/// A bundle taken apart as the page does it.
struct ReadBundle {
  let head: [String: Any]
  let body: Data

  init(_ data: Data) throws {
    let length = Int(data.prefix(4).enumerated().reduce(0) { $0 + Int($1.1) << (8 * $1.0) })
    #expect((4 + length) % 8 == 0)
    head = try JSONSerialization.jsonObject(with: data.dropFirst(4).prefix(length)) as? [String: Any] ?? [:]
    body = Data(data.dropFirst(4 + length))
  }

  func array<Value: BitwiseCopyable>(_ name: String, _ type: String, of _: Value.Type) throws -> (
    values: [Value], shape: [Int]
  ) {
    let entries = try #require(head["arrays"] as? [[String: Any]])
    let entry = try #require(entries.first { $0["name"] as? String == name })
    let shape = try #require(entry["shape"] as? [Int])
    let offset = try #require(entry["offset"] as? Int)
    #expect(offset % 8 == 0 && entry["type"] as? String == type)
    let count = shape.reduce(1, *)
    let bytes = body.dropFirst(offset).prefix(count * MemoryLayout<Value>.size)
    let values = [UInt8](bytes).withUnsafeBytes { raw in
      (0..<count).map { raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Value>.size, as: Value.self) }
    }
    return (values, shape)
  }
}

struct RouteTests {
  private func bundle(_ asker: Asker, _ path: String, _ query: String = "") async throws -> ReadBundle {
    let answer = await asker.get(path, query)
    #expect(answer.status == 200 && answer.contentType == "application/octet-stream")
    return try ReadBundle(answer.body)
  }

  /// The page tells times by the recording's clock.
  @Test func sessionsTellTheClock() async throws {
    for (start, expected) in [(nil, 0.0), (5000.0, 5000.0)] as [(Double?, Double)] {
      var sorting = madeSorting()
      sorting.source.clock = start.map { RecordingClock(start: $0, samplingRate: 30_000) }
      try await withMadeResult(sorting) { (folder) async throws in
        let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
        let answer = await asker.get("api/session")
        let session = try #require(try JSONSerialization.jsonObject(with: answer.body) as? [String: Any])
        let stretch = try #require((session["clock"] as? [[String: Any]])?.first)
        #expect(stretch["seconds"] as? Double == expected && stretch["samplingRate"] as? Double == 30_000)
      }
    }
  }

  @Test func arraysAreThoseOfTheFolder() async throws {
    let sorting = madeSorting()
    try await withMadeResult(sorting) { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      let spikes = try await bundle(asker, "api/spikes")
      #expect(
        try spikes.array("frames", "float64", of: Double.self).values
          == sorting.spikes.frames?.map(Double.init))
      #expect(
        try spikes.array("units", "int32", of: Int32.self).values == sorting.spikes.units.map(Int32.init))
      #expect(try spikes.array("amplitudes", "float32", of: Float.self).values == sorting.spikes.amplitudes)
      let some = try await bundle(asker, "api/features", "columns=5,0").array(
        "features", "float32", of: Float.self)
      let count = sorting.spikes.count
      #expect(some.shape == [2, count])
      for n in 0..<count {
        #expect(some.values[n] == sorting.spikes.features[n * 12 + 5])
        #expect(some.values[count + n] == sorting.spikes.features[n * 12])
      }
      #expect(
        try await bundle(asker, "api/features").array("features", "float32", of: Float.self).shape == [
          12, count,
        ])
      let waveforms = try await bundle(asker, "api/waveforms", "units=2,0")
      #expect(
        waveforms.head["basis"] as? [String] == ["all", "all"] && waveforms.head["troughFrame"] as? Int == 8)
      let means = try waveforms.array("means", "float32", of: Float.self)
      #expect(means.shape == [2, 4, 20])
      let stored = try #require(sorting.waveforms?.unitMeans)
      for f in 0..<20 { for c in 0..<4 { #expect(means.values[c * 20 + f] == stored[2 * 80 + f * 4 + c]) } }
      #expect(
        try waveforms.array("exampleUnits", "int32", of: Int32.self).values
          == (0..<60).map { $0 < 30 ? 2 : 0 })
      let mixture = try await asker.json("api/mixture")
      #expect(mixture["components"] as? Int == 4)
    }
  }

  @Test func aProbesFeaturesStandAtTheirChannels() async throws {
    var sorting = madeSorting()
    let (whole, count) = (sorting.spikes.features, sorting.spikes.count)
    // Two channels of each component's spikes, the nearer one first.
    let held = [[0, 1], [1, 2], [2, 3], [3, 0]]
    sorting.spikes.features = []
    for n in 0..<count {
      for channel in held[sorting.spikes.components[n]] {
        let start: Int = n * 12 + 3 * channel
        sorting.spikes.features.append(contentsOf: whole[start..<start + 3])
      }
    }
    sorting.spikes.featureChannels = 2
    sorting.spikes.channelsOfComponents = held
    sorting.mixture.neighbourhoods = [
      .init(channels: [0, 1, 2, 3], core: [0, 1, 2, 3], components: [0, 1, 2, 3])
    ]
    let made = sorting
    try await withMadeResult(made) { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      let session = try await asker.json("api/session")
      #expect(session["featuresAreLocal"] as? Bool == true && session["channelCount"] as? Int == 4)
      let (values, shape) = try await bundle(asker, "api/features").array(
        "features", "float32", of: Float.self)
      #expect(shape == [12, count])
      for n in 0..<count {
        for column in 0..<12 {
          let isHeld = held[made.spikes.components[n]].contains(column / 3)
          #expect(values[column * count + n] == (isHeld ? whole[n * 12 + column] : 0))
        }
      }
      // Units that share channels are merged, parted by a mixture and measured.
      #expect(await asker.act(#"{"do":"merge","units":[0,1]}"#, at: 0).status == 200)
      let parted = await asker.act(#"{"do":"splitMixture","units":[4],"components":2}"#, at: 1)
      #expect(parted.status == 200)
      let answer = try JSONSerialization.jsonObject(with: parted.body) as? [String: Any]
      let changed = answer?["changed"] as? [[String: Any]]
      #expect(
        Set(changed?.compactMap { $0["spikeCount"] as? Int } ?? [])
          == Set(made.units.prefix(2).map(\.spikeCount)))
      for path in ["api/units", "api/pairs", "api/spikes"] { #expect(await asker.get(path).status == 200) }
    }
  }

  @Test func correlogramsHaveTheirConvention() async throws {
    var sorting = madeSorting()
    // One spike of unit 1 follows each of unit 0 by 2.5 ms.
    sorting.spikes.frames = sorting.spikes.frames?.indices.map { ($0 / 2) * 6000 + ($0 % 2) * 75 }
    sorting.source.frameCount = (sorting.spikes.frames?.last ?? 0) + 1
    sorting.spikes.units = sorting.spikes.units.indices.map { $0 % 2 }
    sorting.spikes.components = sorting.spikes.units
    sorting.units = Array(sorting.units.prefix(2))
    sorting.waveforms = nil
    let made = sorting
    try await withMadeResult(made) { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      let found = try await bundle(asker, "api/correlograms", "units=0,1&bin=1&bins=5")
      let (counts, shape) = try found.array("counts", "uint32", of: UInt32.self)
      #expect(
        shape == [2, 2, 10] && found.head["edgesMilliseconds"] as? [Double] == (-5...5).map(Double.init))
      let pairs = UInt32(made.spikes.count / 2)
      #expect(Array(counts[10..<20]) == [0, 0, 0, 0, 0, 0, 0, pairs, 0, 0])
      #expect(Array(counts[20..<30]) == [0, 0, pairs, 0, 0, 0, 0, 0, 0, 0])
      #expect(counts[..<10].allSatisfy { $0 == 0 })
    }
  }

  @Test func actionsAnswerWithWhatChanged() async throws {
    try await withMadeResult { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      let merged = await asker.act(#"{"do":"accept","units":[1,0]}"#, at: 0)
      let answer = try #require(try JSONSerialization.jsonObject(with: merged.body) as? [String: Any])
      #expect(
        merged.status == 200 && answer["revision"] as? Int == 1 && answer["removed"] as? [Int] == [0, 1])
      let changed = try #require(answer["changed"] as? [[String: Any]])
      #expect(
        changed.count == 1 && changed[0]["id"] as? Int == 4 && changed[0]["origin"] as? String == "merge")
      #expect(answer["undo"] as? String == "accept 1, 0 → 4")
      // The second page knows nothing of it yet.
      let late = await asker.act(#"{"do":"label","units":[0],"label":"good"}"#, at: 0)
      #expect(late.status == 409 && word(late) == "revision")
      let body = try #require(try JSONSerialization.jsonObject(with: late.body) as? [String: Any])
      #expect(body["revision"] as? Int == 1)
      let labels = try await bundle(asker, "api/spikes/units").array("units", "int32", of: Int32.self).values
      #expect(Set(labels) == [2, 3, 4])
      #expect(await asker.act(#"{"do":"undo"}"#, at: 1).status == 200)
      let units = try await asker.json("api/units")
      #expect(
        units["redo"] as? String == "accept 1, 0 → 4" && units["undo"] is NSNull || units["undo"] == nil)
      let journal = try await asker.json("api/journal")
      #expect((journal["entries"] as? [[String: Any]])?.map { $0["active"] as? Bool } == [false, false])
      let pairs = try await asker.json("api/pairs")
      #expect((pairs["pairs"] as? [[String: Any]])?.count == 6)
    }
  }

  @Test func twoViewersOnOneFolderSeeEachOther() async throws {
    try await withMadeResult { (folder) async throws in
      let first = Asker(viewer: try ResultViewer(folder, readOnly: false))
      let second = Asker(viewer: try ResultViewer(folder, readOnly: false))
      #expect(await first.act(#"{"do":"merge","units":[0,1]}"#, at: 0).status == 200)
      #expect(await second.act(#"{"do":"merge","units":[0,2]}"#, at: 0).status == 409)
      #expect((try await second.json("api/units"))["revision"] as? Int == 1)
      #expect(await second.act(#"{"do":"merge","units":[4,2]}"#, at: 1).status == 200)
      let ids = ((try await first.json("api/units"))["units"] as? [[String: Any]])?.map { $0["id"] as? Int }
      #expect(ids == [3, 5])
    }
  }

  @Test func withoutTheRecordingTheRestWorks() async throws {
    try await withMadeResult { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      let recording = (try await asker.json("api/session"))["recording"] as? [String: Any]
      #expect(recording?["available"] as? Bool == false)
      #expect((recording?["reason"] as? String)?.contains("made.dat is no longer at") == true)
      let trace = await asker.get("api/trace", "start=0&count=10")
      #expect(trace.status == 404 && word(trace) == "recordingMissing")
    }
  }

  @Test func theTraceIsTheRecordings() async throws {
    var sorting = madeSorting()
    var generator = SeededGenerator(seed: 8)
    // int16 with a gain that the result does not hold; two of four channels were sorted, in another order.
    let count = sorting.source.frameCount
    let samples = (0..<4 * count).map { _ in Int16(generator.normal() * 300) }
    sorting.source.channels = [3, 1]
    sorting.source.channelPositions = [[0, 0], [0, 25]]
    sorting.source.flatBinary = .init(path: "made.dat", dataType: "int16", channels: 4)
    (sorting.waveforms, sorting.spikes.featureChannels, sorting.spikes.featuresPerChannel) = (nil, 2, 6)
    for place in sorting.units.indices { sorting.units[place].peakChannel = 0 }
    func microvolts(_ frame: Int, _ channel: Int) -> Float { Float(samples[frame * 4 + channel]) * 0.195 + 7 }
    let raw = (40..<240).flatMap { f in [microvolts(f, 3), microvolts(f, 1)] }
    sorting.traceExample = .init(
      startFrame: 40, channels: 2, raw: raw, filtered: raw, thresholds: [27, 27], sign: .negative)
    let made = sorting
    try await withMadeResult(made) { (folder) async throws in
      try samples.withUnsafeBytes { try Data($0).write(to: folder.file("made.dat")) }
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      let found = try await bundle(asker, "api/trace", "start=1000&count=500")
      let (values, shape) = try found.array("samples", "float32", of: Float.self)
      #expect(shape == [2, 500] && found.head["start"] as? Int == 1000)
      for f in 0..<500 {
        #expect(abs(values[f] - microvolts(1000 + f, 3)) < 1e-3)
        #expect(abs(values[500 + f] - microvolts(1000 + f, 1)) < 1e-3)
      }
      let frames = made.spikes.frames ?? []
      let inside = frames.indices.filter { (1000..<1500).contains(frames[$0]) }
      #expect(try found.array("spikes", "int32", of: Int32.self).values == inside.map(Int32.init))
      // Filtered: no offset is left. Clipped at both ends of the recording.
      let filtered = try await bundle(asker, "api/trace", "start=-50&count=3000&filtered=1")
      let smooth = try filtered.array("samples", "float32", of: Float.self)
      #expect(smooth.shape == [2, 3000] && abs(smooth.values.reduce(0, +) / 6000) < 0.5)
      for (query, shape) in [
        ("start=\(count - 10)&count=100", [2, 10]), ("start=\(count + 5)&count=100", [2, 0]),
        ("start=\(Int.max)&count=\(Int.max)", [2, 0]), ("start=\(Int.min)&count=\(Int.min)", [2, 0]),
        ("start=0&count=\(Int.max)", [2, count]),
      ] {
        #expect(
          try await bundle(asker, "api/trace", query).array("samples", "float32", of: Float.self).shape
            == shape)
      }
      // A file of that name with other samples is not taken for it.
      try Data(count: 8 * count).write(to: folder.file("made.dat"))
      let other = Asker(viewer: try ResultViewer(folder, readOnly: false))
      let reason =
        ((try await other.json("api/session"))["recording"] as? [String: Any])?["reason"] as? String
      #expect(reason?.contains("is not the recording that was sorted") == true)
    }
  }

  @Test func aHalfCopiedFolderIsRefusedOrServed() async throws {
    try await withMadeResult { (folder) async throws in
      let whole = try files(below: folder.url)
      #expect(whole.count > 10)
      for (name, bytes) in whole {
        for cut in [nil, 0, bytes.count / 2, bytes.count - 1] {
          let url = folder.file(name)
          if let cut {
            try bytes.prefix(cut).write(to: url)
          } else {
            try FileManager.default.removeItem(at: url)
          }
          do {
            let asker = Asker(viewer: try ResultViewer(folder, readOnly: true))
            for path in ["api/session", "api/units", "api/pairs", "api/spikes", "api/features"] {
              #expect(await asker.get(path).status == 200, "\(name) cut to \(cut ?? -1): \(path)")
            }
          } catch let error as ResultError {
            #expect("\(error)".contains("made"), "\(name): \(error)")
          }
          try bytes.write(to: url)
        }
      }
    }
    try withTemporaryFolder { (url) throws in
      #expect(throws: ResultError.self) { try ResultViewer(ResultFolder(url), readOnly: false) }
      #expect(throws: ResultError.self) {
        try ResultViewer(ResultFolder(url.appendingPathComponent("none")), readOnly: false)
      }
    }
  }

  @Test func resultsThatKnowLessAreShown() async throws {
    var plain = madeSorting()
    plain.spikes.frames = nil
    (plain.waveforms, plain.traceExample, plain.source.samplingRate) = (nil, nil, nil)
    (plain.units, plain.pairs) = ([], [])
    plain.spikes.amplitudes = []
    let features = plain
    try await withMadeResult(features) { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      #expect((try await asker.json("api/session"))["hasTimes"] as? Bool == false)
      #expect(((try await asker.json("api/units"))["units"] as? [Any])?.count == 4)
      #expect(await asker.get("api/correlograms", "units=0").status == 422)
      #expect(await asker.get("api/waveforms", "units=0").status == 200)
      #expect(await asker.act(#"{"do":"merge","units":[0,1]}"#, at: 0).status == 200)
      for path in ["api/spikes", "api/pairs", "api/units"] {
        #expect(await asker.get(path).status == 200, "\(path)")
      }
    }
    var empty = madeSorting()
    empty.spikes = .init(
      frames: [], components: [], units: [], amplitudes: [], features: [], featureChannels: 4,
      featuresPerChannel: 3)
    (empty.units, empty.waveforms) = ([], nil)
    empty.mixture = .init(model: .driftingT, weights: [])
    let nothing = empty
    try await withMadeResult(nothing) { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      for path in ["api/session", "api/units", "api/pairs", "api/spikes", "api/features"] {
        #expect(await asker.get(path).status == 200, "\(path)")
      }
    }
  }
}

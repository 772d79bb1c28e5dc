import Foundation
import TestSupport
import Testing

@testable import Figures

/// The parsed drawing; fails the test where it is not well formed, lacks its description or holds a bad number.
private func checked(_ figure: Figure, sourceLocation: SourceLocation = #_sourceLocation) -> Markup {
  let text = figure.svg()
  let markup = Markup(text)
  #expect(markup.isWellFormed, "not well formed", sourceLocation: sourceLocation)
  let root = markup.elements.first
  #expect(root?.name == "svg" && root?.attributes["role"] == "img", sourceLocation: sourceLocation)
  #expect(
    root?.attributes["viewBox"] == "0 0 \(pixels(figure.width)) \(pixels(figure.height))",
    sourceLocation: sourceLocation)
  #expect(markup.texts(of: "title").first == figure.title, sourceLocation: sourceLocation)
  #expect(markup.texts(of: "desc").first == figure.summary, sourceLocation: sourceLocation)
  for attributes in markup.elements.map(\.attributes) {
    for value in attributes.values {
      #expect(!value.contains("nan") && !value.contains("inf"), sourceLocation: sourceLocation)
    }
  }
  return markup
}

private func points(_ count: Int, seed: UInt64 = 3) -> [PlanePoint] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in PlanePoint(x: generator.normal(), y: generator.normal()) }
}

private let timing = SnippetTiming(rateHertz: 30_000, peakSample: 10)

struct ToyFigureTests {
  private let means = [PlanePoint(x: -1, y: 0), PlanePoint(x: 1, y: 0)]

  @Test func scatterHasOneCloudAClusterAndEqualAxes() {
    let data = points(300)
    let figure = Figure.toyScatter(points: data, labels: data.map { $0.x > 0 ? 1 : 0 }, means: means)
    let markup = checked(figure)
    let clouds = markup.all("path").filter { $0["transform"] != nil }
    #expect(clouds.count == 2)
    #expect(Set(clouds.compactMap { $0["stroke"] }) == [Palette.colour(0), Palette.colour(1)])
    // Two means and the legend's cross.
    #expect(markup.all("path").count { $0["stroke-width"] == "2.2" } == 3)
    #expect(markup.texts(of: "text").contains("Cluster 2"))
    #expect(figure == Figure.toyScatter(points: data, labels: data.map { $0.x > 0 ? 1 : 0 }, means: means))
  }

  @Test func clusteringsStandSideBySide() {
    let data = points(400)
    let labels = data.map { $0.x > 0 ? 1 : 0 }
    let panels = [
      ClusteredPlane(title: "Truth", labels: labels, paths: [means]),
      ClusteredPlane(title: "Fit: 1", labels: labels.map { _ in 0 }, paths: [[means[0]]]),
    ]
    let markup = checked(Figure.clusteringsSideBySide(points: data, panels: panels, title: "Two ways"))
    // One cloud for each label of each panel; a line for the path, a cross for the cluster at rest.
    #expect(markup.all("path").count { $0["transform"] != nil } == 3)
    #expect(markup.all("path").count { $0["stroke-width"] == "4.5" } == 1)
    #expect(markup.all("path").count { $0["stroke-width"] == "2.2" } == 1)
    #expect(markup.texts(of: "text").contains("Fit: 1"))
    _ = checked(Figure.clusteringsSideBySide(points: [], panels: [], title: "None"))
  }

  @Test func everyFitHasItsRow() {
    let data = points(50)
    let labels = data.map { $0.x > 0 ? 1 : 0 }
    let fits = [69, nil].enumerated().map {
      LabelledFit(seed: $0.offset, iterations: $0.element, accuracy: 0.978, labels: labels, means: means)
    }
    let markup = checked(
      Figure.truthBesidePrediction(points: data, truth: labels, trueMeans: means, fits: fits))
    let texts = markup.texts(of: "text")
    #expect(texts.contains("Fit: accuracy 97.8 %, converged at iteration 69"))
    #expect(texts.contains("Fit: accuracy 97.8 %, not converged"))
    #expect(markup.all("path").count { $0["transform"] != nil } == 8)
  }

  @Test func emptyAndBadPoints() {
    _ = checked(Figure.toyScatter(points: [], labels: [], means: []))
    let bad = [PlanePoint(x: .nan, y: 0), PlanePoint(x: .infinity, y: 1), PlanePoint(x: 2, y: 2)]
    _ = checked(Figure.toyScatter(points: bad, labels: [0, -1, 99], means: []))
    _ = checked(Figure.truthBesidePrediction(points: [], truth: [], trueMeans: [], fits: []))
  }
}

struct SelectionFigureTests {
  @Test func everySeedIsADot() {
    let curve = CriterionCurve(
      name: "full", components: [2, 3, 4], values: [[9, 8, .infinity], [5, 6, 7], [6, 7, .nan]])
    let markup = checked(Figure.modelSelection([curve], bestComponents: 3, robustComponents: 3))
    #expect(markup.all("circle").count { $0["r"] == "2.2" } == 7)
    #expect(markup.texts(of: "text").contains("best and robust K = 3"))
    let apart = checked(Figure.modelSelection([curve], bestComponents: 3, robustComponents: 4))
    #expect(apart.texts(of: "text").contains("best K = 3"))
    #expect(apart.texts(of: "text").contains("robust K = 4"))
  }

  @Test func severalCurvesHaveALegendEach() {
    let curves = ["full", "tied", "diag"].map {
      CriterionCurve(name: $0, components: [2, 3], values: [[5], [4]])
    }
    let markup = checked(Figure.modelSelection(curves, bestComponents: nil, robustComponents: nil))
    #expect(Set(markup.texts(of: "text")).isSuperset(of: ["full", "tied", "diag"]))
  }

  @Test func gainsAgainstBothLines() throws {
    let count = 1000
    let figure = Figure.likelihoodGain(
      components: [2, 3, 4], logLikelihoods: [-4160, -4040, -4036], parameters: [11, 17, 23],
      sampleCount: count)
    let texts = checked(figure).texts(of: "text")
    #expect(texts.contains("½ ln N = 3.45: BIC falls above"))
    #expect(texts.contains("ln N = 6.91: twice as strict"))
    #expect(figure.summary.hasSuffix("The BIC falls on reaching K = 3."))
  }

  @Test func weightsFallAndCarryTheEffectiveNumber() {
    let figure = Figure.componentWeights([0.25, 0.25, 0.25, 0.25])
    #expect(figure.title == "Component weights: 4 components, effective number 4.0")
    let markup = checked(Figure.componentWeights([0.005, 0.6, 0.395], names: ["a", "b", "c"]))
    let heights = markup.all("rect").compactMap { $0["fill"] == nil ? nil : Double($0["height"] ?? "") }
    #expect(heights.count == 3)
    #expect(heights == heights.sorted(by: >))
    #expect(markup.texts(of: "text").contains("1 % pruning line"))
  }

  @Test func emptySelections() {
    _ = checked(Figure.modelSelection([], bestComponents: nil, robustComponents: nil))
    let bad = CriterionCurve(name: "x", components: [1], values: [[.nan]])
    _ = checked(Figure.modelSelection([bad], bestComponents: 1, robustComponents: 7))
    _ = checked(Figure.likelihoodGain(components: [], logLikelihoods: [], parameters: [], sampleCount: 0))
    _ = checked(
      Figure.likelihoodGain(
        components: [2, 3], logLikelihoods: [.nan, -1], parameters: [5, 5], sampleCount: 10))
    _ = checked(Figure.componentWeights([]))
    _ = checked(Figure.componentWeights([.nan, 0, 1]))
  }
}

struct FeatureFigureTests {
  @Test func aTetrodeOfManySpikesStaysLight() {
    var generator = SeededGenerator(seed: 9)
    let count = 34_000
    let labels = (0..<count).map { $0 % 13 }
    let means = (0..<13).map { _ in (0..<4).map { _ in generator.normal() * 80 } }
    let features = (0..<4).map { d in labels.map { means[$0][d] + generator.normal() * 30 } }
    let identity = (0..<16).map { $0 % 5 == 0 ? 900.0 : 0 }
    let components = means.indices.map {
      ComponentShape(name: "Unit \($0)", mean: means[$0], covariance: identity)
    }
    let figure = Figure.featurePairs(
      features: features, names: ["1", "2", "3", "4"], labels: labels, components: components)
    #expect(figure.svg().utf8.count < 1_500_000)
    let markup = checked(figure)
    #expect(markup.all("path").count { $0["transform"] != nil } == 6 * 13)
    #expect(markup.all("ellipse").count == 6 * 13 * 2)
  }

  @Test func ellipsesFollowTheCovariance() throws {
    // Correlation 1 at equal variances: a line along the diagonal, radius 2·√2 standard deviations.
    let figure = Figure.featurePairs(
      features: [[-10, 10], [-10, 10]], names: ["a", "b"], labels: [0, 0],
      components: [ComponentShape(name: "u", mean: [0, 0], covariance: [4, 4, 4, 4])])
    let ellipse = try #require(checked(figure).all("ellipse").first)
    let pixelsPerUnit = 420 / (20 * 1.16)
    let radius = try #require(Double(ellipse["rx"] ?? ""))
    #expect(abs(radius - 2 * 8.0.squareRoot() * pixelsPerUnit) < 0.01)
    #expect(ellipse["ry"] == "0")
    #expect(ellipse["transform"]?.hasPrefix("rotate(-45 ") == true)
  }

  @Test func farSpikesAreCountedNotDrawn() {
    let bulk = (0..<5000).map { Double($0 % 100) }
    let figure = Figure.featurePairs(
      features: [bulk + [1e6, .nan], bulk + [0, 0]], names: ["a", "b"],
      labels: [Int](repeating: 0, count: 5002), components: [])
    let texts = checked(figure).texts(of: "text")
    #expect(texts.contains { $0.hasSuffix("2 spikes outside the axes") })
  }

  @Test func emptyFeatures() {
    _ = checked(Figure.featurePairs(features: [], names: [], labels: [], components: []))
    _ = checked(Figure.featurePairs(features: [[1]], names: ["a"], labels: [0], components: []))
    _ = checked(Figure.featurePairs(features: [[], []], names: ["a", "b"], labels: [], components: []))
    let bad = ComponentShape(name: "bad", mean: [.nan, 1], covariance: [.nan, 0, 0, -1])
    _ = checked(
      Figure.featurePairs(features: [[1], [2]], names: ["a", "b"], labels: [0], components: [bad]))
  }
}

struct CorrelogramFigureTests {
  private func flat(_ units: Int, level: Int = 5) -> CorrelogramCounts {
    CorrelogramCounts(
      names: (0..<units).map { "Unit \($0)" },
      counts: [[[Int]]](
        repeating: [[Int]](repeating: [Int](repeating: level, count: 60), count: units), count: units),
      coincidences: [[Int]](repeating: [Int](repeating: 7, count: units), count: units))
  }

  @Test(arguments: [1, 2, 13])
  func everyPairHasItsPanel(units: Int) {
    let markup = checked(Figure.correlogramGrid(flat(units), splitPairs: units > 1 ? [(0, 1)] : []))
    #expect(markup.all("rect").count { $0["class"] == "window" } == units * units)
    #expect(markup.all("rect").count { $0["class"] == "shade" } == units)
    #expect(markup.all("rect").count { $0["stroke-width"] == "1.6" } == (units > 1 ? 2 : 0))
    #expect(markup.texts(of: "title").contains("Unit 0: 300 pairs"))
    if units > 1 { #expect(markup.texts(of: "title").contains("Unit 1 → Unit 0: 300 pairs, 7 coincidences")) }
  }

  @Test func countsInTheRefractoryWindowAreDark() {
    var correlograms = flat(1)
    #expect(
      checked(Figure.correlogramGrid(correlograms)).all("path").count { $0["class"] == "inkfill" } == 1)
    for bin in 28..<32 { correlograms.counts[0][0][bin] = 0 }
    let dark = checked(Figure.correlogramGrid(correlograms)).all("path").first { $0["class"] == "inkfill" }
    #expect(dark?["d"] ?? "" == "")
  }

  @Test func theConventionIsOnTheAxis() {
    let text = Figure.correlogramGrid(flat(2)).svg()
    #expect(text.contains("Lag t"))
    #expect(text.contains("right of 0, unit j fires after unit i"))
    #expect(text.contains("1 ms bins, pairs at lag 0 apart"))
  }

  @Test func emptyCorrelograms() {
    _ = checked(Figure.correlogramGrid(CorrelogramCounts(names: [], counts: [])))
    _ = checked(Figure.correlogramGrid(flat(2, level: 0)))
    _ = checked(Figure.correlogramGrid(CorrelogramCounts(names: ["a"], counts: [[[]]])))
  }
}

struct VoltageFigureTests {
  private func unit(_ index: Int, channels: Int = 4) -> UnitWaveform {
    let mean = (0..<channels).map { c in
      (0..<30).map { sample -> Double in
        let distance = Double(sample - 10) / 3
        return -20 * Double(c + 1) * exp(-distance * distance)
      }
    }
    return UnitWaveform(
      name: "Unit \(index)", spikeCount: 100, mean: mean,
      standardDeviation: mean.map { $0.map { _ in 5 } }, examples: [mean, mean])
  }

  @Test(arguments: [1, 13])
  func everyUnitOnEveryChannel(units: Int) {
    let markup = checked(
      Figure.waveforms(
        (0..<units).map { unit($0) }, channelNames: ["1", "2", "3", "4"], timing: timing, voltageUnit: "µV"))
    #expect(markup.all("path").count { $0["stroke-width"] == "2" } == units * 4)
    #expect(markup.all("path").count { $0["fill-opacity"] == ".25" } == units * 4)
    #expect(markup.texts(of: "text").count { $0.hasSuffix(" µV") } == units)
  }

  @Test func longTracesAreReducedWithoutLosingASpike() throws {
    var raw = [Double](repeating: 0, count: 300_000)
    raw[123_456] = -100
    let figure = Figure.traces(
      [ChannelTrace(name: "1", raw: raw, filtered: raw, thresholds: [-50], detections: [123_456])],
      startSeconds: 5, rateHertz: 30_000, band: "300–6,000 Hz")
    #expect(figure.svg().utf8.count < 60_000)
    let markup = checked(figure)
    let trace = try #require(markup.all("path").first { $0["class"] == "trace" }?["d"])
    #expect(trace.split(separator: "l").count > 1)
    #expect(markup.all("path").count { $0["fill"] == Palette.colour(3) } == 1)
    // The trough spans most of the strip: its step down is the largest of the path.
    let steps = trace.split(whereSeparator: { " lM".contains($0) }).compactMap { Double($0) }
    #expect((steps.max() ?? 0) > 40)
  }

  @Test func offsetsBetweenChannelsDoNotFlattenTheTraces() {
    func raw(offset: Double) -> [String] {
      let wave = (0..<100).map { sin(Double($0) / 5) }
      let channels = [0, offset].map { level in
        ChannelTrace(
          name: "", raw: wave.map { $0 + level }, filtered: wave, thresholds: [], detections: [])
      }
      let figure = Figure.traces(channels, startSeconds: 0, rateHertz: 30_000, band: "")
      return checked(figure).all("path").filter { $0["class"] == "trace" }.compactMap { $0["d"] }
    }
    #expect(raw(offset: 4096) == raw(offset: 0))
  }

  @Test func trianglesPointAtTheSpikeFromItsSide() {
    // A small trough beside a large one stays above the middle of the strip, and is marked from below all the same.
    let filtered: [Double] = [0, -100, 0, 0, -20, 0, 0, 30, 0]
    let figure = Figure.traces(
      [
        ChannelTrace(
          name: "1", raw: filtered, filtered: filtered, thresholds: [-10, 10], detections: [1, 4, 7])
      ],
      startSeconds: 0, rateHertz: 30_000, band: "")
    let marks = checked(figure).all("path").filter { $0["fill"] == Palette.colour(3) }.compactMap { $0["d"] }
    #expect(marks.map { $0.contains("l-3.6 6") } == [true, true, false])
  }

  @Test func emptyVoltages() {
    _ = checked(Figure.waveforms([], channelNames: [], timing: timing))
    _ = checked(
      Figure.waveforms(
        [UnitWaveform(name: "u", spikeCount: 0, mean: [[], [.nan, .nan]])], channelNames: ["1", "2"],
        timing: SnippetTiming(rateHertz: 0, peakSample: 0)))
    _ = checked(
      Figure.spikeSample(snippets: [], labels: [], names: [], channelNames: ["1"], timing: timing))
    _ = checked(Figure.traces([], startSeconds: 0, rateHertz: 30_000, band: ""))
    _ = checked(
      Figure.traces(
        [ChannelTrace(name: "dead", raw: [0, 0], filtered: [.nan, .nan], thresholds: [0], detections: [9])],
        startSeconds: 0, rateHertz: 0, band: ""))
  }
}

struct UnitFigureTests {
  @Test func amplitudesShowEveryUnit() {
    var generator = SeededGenerator(seed: 4)
    let units = (0..<3).map { index in
      UnitAmplitudes(
        name: "Unit \(index)", timesSeconds: (0..<400).map { Double($0) },
        amplitudes: (0..<400).map { _ in 100 + generator.normal() * 5 })
    }
    let markup = checked(Figure.amplitudes(units, durationSeconds: 400))
    #expect(markup.all("path").count { $0["transform"] != nil } == 3)
    #expect(markup.texts(of: "text").contains("400 spikes"))
  }

  @Test func driftHasAPanelAChannelAndABandAComponent() {
    let track = AmplitudeTrack(
      means: (0..<300).map { Double($0) }, deviations: [Double](repeating: 5, count: 300))
    let units = [
      UnitDrift(name: "Unit 0", tracks: [[track, track], [track, track]]),
      UnitDrift(name: "Unit 1", tracks: [[track, track]]),
    ]
    let markup = checked(
      Figure.driftTracks(units, channelNames: ["Ch 0", "Ch 3"], startSeconds: 10, secondsPerFrame: 5))
    let bands = markup.all("path").filter { $0["fill-opacity"] == ".28" }
    #expect(bands.count == 6)
    #expect(Set(bands.compactMap { $0["fill"] }) == [Palette.colour(0), Palette.colour(1)])
    #expect(markup.all("clipPath").count == 4)
    #expect(markup.texts(of: "text").contains("Ch 3"))
    let own = checked(
      Figure.driftTracks(
        [UnitDrift(name: "Unit 0", tracks: [[track, track]], channelNames: ["Ch 17", "Ch 4"])],
        channelNames: ["largest", "second"], secondsPerFrame: 5))
    #expect(own.texts(of: "text").filter { $0.hasPrefix("Ch ") } == ["Ch 17", "Ch 4"])
    _ = checked(Figure.driftTracks([], channelNames: [], secondsPerFrame: 5))
    let bad = AmplitudeTrack(means: [.nan, 3], deviations: [1, .infinity])
    _ = checked(
      Figure.driftTracks(
        [UnitDrift(name: "u", tracks: [[bad]])], channelNames: ["Ch 0"], secondsPerFrame: 5))
  }

  @Test func intervalsStateTheirShare() {
    let unit = UnitIntervals(name: "Unit 0", milliseconds: [1, 5, 10, 60])
    #expect(checked(Figure.intervalHistograms([unit])).texts(of: "text").contains("25.00 % within"))
  }

  @Test func accuraciesHaveTheirMean() {
    let scores = [
      UnitScore(name: "t0", match: "3", accuracy: 0.9, precision: 0.95, recall: 0.94),
      UnitScore(name: "t1", match: nil, accuracy: 0, precision: 0, recall: 0),
    ]
    let figure = Figure.accuracyBars(scores)
    #expect(figure.title == "Agreement with the true units: mean accuracy 0.450")
    #expect(checked(figure).texts(of: "text").contains("t1 → not found"))
  }

  @Test func emptyUnits() {
    _ = checked(Figure.amplitudes([], durationSeconds: 0))
    let none = UnitAmplitudes(name: "u", timesSeconds: [], amplitudes: [])
    let bad = UnitAmplitudes(name: "v", timesSeconds: [1, .nan], amplitudes: [.nan, 3])
    _ = checked(Figure.amplitudes([none, bad], durationSeconds: .nan))
    _ = checked(Figure.intervalHistograms([]))
    _ = checked(Figure.intervalHistograms([UnitIntervals(name: "u", milliseconds: [.nan, -1])]))
    _ = checked(Figure.accuracyBars([]))
    let undefined = UnitScore(name: "t", match: "1", accuracy: .nan, precision: .nan, recall: .nan)
    _ = checked(Figure.accuracyBars([undefined]))
  }
}

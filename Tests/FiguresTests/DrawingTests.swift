import Foundation
import TestSupport
import Testing

@testable import Figures

struct NumberTextTests {
  @Test(arguments: [
    (0, "0"), (-0.001, "0"), (0.5, ".5"), (-0.25, "-.25"), (12, "12"), (12.3, "12.3"), (-120.5, "-120.5"),
    (1e30, "10000000"), (.nan, "0"), (.infinity, "0"), (100, "100"), (0.01, ".01"),
  ])
  func coordinatesAreShort(value: Double, text: String) {
    #expect(pixels(value) == text)
  }

  @Test func coordinatesReadBackWithinTheirPrecision() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<500 {
      let value = Double.random(in: -3000...3000, using: &generator)
      let text = pixels(value)
      let parsed = Double(text) ?? Double(text.replacing("-.", with: "-0.")) ?? Double("0" + text)
      #expect(abs((parsed ?? .nan) - value) <= 0.005 + 1e-9, "\(value) became \(text)")
    }
  }

  @Test(
    arguments: [
      (0.0, 0, "0"), (-0.04, 1, "0.0"), (1234, 0, "1234"), (12345, 0, "12,345"),
      (2_832_182.546, 2, "2,832,182.55"),
      (-7.25, 2, "−7.25"), (0.05, 3, "0.050"), (.nan, 1, "–"), (3e15, 0, "3×10¹⁵"), (9.999, 2, "10.00"),
    ] as [(Double, Int, String)])
  func labelsForPeople(value: Double, decimals: Int, text: String) {
    #expect(decimalText(value, decimals: decimals) == text)
  }

  @Test(arguments: [(2.5e-7, "2.5×10⁻⁷"), (1e20, "1×10²⁰"), (-9.99e9, "−1×10¹⁰"), (0, "0")])
  func powersOfTen(value: Double, text: String) {
    #expect(powerText(value) == text)
  }

  @Test(arguments: [(0.01, "1 %"), (0.015, "1.5 %"), (0.5, "50 %"), (0, "0 %")])
  func percentages(share: Double, text: String) {
    #expect(percentText(share) == text)
  }
}

struct ScaleTests {
  @Test func mapsItsEndsToThePixels() {
    let scale = Scale(-2, 6, start: 300, end: 100)
    #expect(scale(-2) == 300)
    #expect(scale(6) == 100)
    #expect(scale(2) == 200)
    let log = Scale(1, 100, start: 0, end: 200, isLogarithmic: true)
    #expect(abs(log(10) - 100) < 1e-9)
    #expect(log(-1).isNaN)
  }

  @Test(
    arguments: [
      0...1, -3...7.5, 2_832_182...2_874_847, 1e-9...3e-9, -5e8...2e9, 12...12.3, 99_999.5...100_000.5,
      1e15...(1e15 + 64),
    ] as [ClosedRange<Double>])
  func ticksAreRoundAscendingAndInside(range: ClosedRange<Double>) {
    let (lower, upper) = (range.lowerBound, range.upperBound)
    let scale = Scale(lower, upper, start: 0, end: 100)
    for count in [3, 5, 8] {
      let ticks = scale.ticks(about: count)
      #expect(ticks.count >= count / 2 && ticks.count <= 2 * count + 1, "\(ticks)")
      let room = (scale.upper - scale.lower) * 1e-6
      #expect(ticks.allSatisfy { $0.value >= scale.lower - room && $0.value <= scale.upper + room })
      for (a, b) in zip(ticks, ticks.dropFirst()) { #expect(a.value < b.value) }
      if lower < 1e14 && upper - lower > 1e-8 {
        #expect(Set(ticks.map(\.label)).count == ticks.count, "labels repeat: \(ticks.map(\.label))")
      }
    }
  }

  @Test func wholeTicksAreWhole() {
    let ticks = Scale(1.5, 15.5, start: 0, end: 1).wholeTicks()
    #expect(ticks.map(\.label) == (2...15).map(String.init))
    #expect(Scale(0.2, 0.4, start: 0, end: 1).wholeTicks().isEmpty)
  }

  @Test func degenerateRangesAreWidened() {
    for scale in [
      Scale(3, 3, start: 0, end: 10), Scale(.nan, 2, start: 0, end: 10),
      Scale(covering: [], start: 0, end: 10),
      Scale(covering: [.nan, .infinity], start: 0, end: 10), Scale(covering: [-7], start: 0, end: 10),
    ] {
      #expect(scale.lower < scale.upper)
      #expect(scale((scale.lower + scale.upper) / 2) == 5)
      #expect(!scale.ticks().isEmpty)
    }
    #expect(Scale(5, 1, start: 0, end: 10) == Scale(1, 5, start: 0, end: 10))
  }

  @Test func logarithmicTicksHold125() {
    let labels = Scale(3, 120, start: 0, end: 1, isLogarithmic: true).ticks().map(\.label)
    #expect(labels == ["5", "10", "20", "50", "100"])
  }
}

struct PathTests {
  private func line(_ points: (x: Double, y: Double)..., closed: Bool = false) -> PathData {
    PathData(points, closed: closed)
  }

  @Test func stepsAreRelativeAndTight() {
    #expect(line((0, 0), (1, 2), (0.5, -1)).text == "M0 0l1 2-.5-3")
    #expect(line((1, 1), (2, 2), (1, 3), closed: true).text == "M1 1l1 1-1 1z")
  }

  @Test func badPointsBreakTheLine() {
    #expect(line((0, 0), (1, 1), (.nan, 0), (3, 3), (4, 4)).text == "M0 0l1 1M3 3l1 1")
    #expect(line((.nan, .nan)).text.isEmpty)
  }

  @Test func roundingDoesNotDrift() {
    let path = PathData((0...10_000).map { (x: Double($0) * 0.0333, y: 0.0) }).text
    let steps = path.dropFirst("M0 0l".count).split(separator: " ").map {
      Double("0" + $0) ?? Double($0) ?? 0
    }
    #expect(abs(steps.reduce(0, +) - 333) < 0.06)
  }

  @Test func dotsShareCells() {
    let box = Box(x: 10, y: 20, width: 100, height: 100)
    let one = DotCloud(xs: [15, 15.1, 14.9], ys: [25, 25, 25.1], in: box, diameter: 1.5)
    #expect(one.path == "m10 10h0")
    #expect(one.count == 3)
    let run = DotCloud(xs: [15, 15.5, 30], ys: [25, 25, 25], in: box, diameter: 1.5)
    #expect(run.path == "m10 10h1m29 0h0")
    let outside = DotCloud(xs: [9, 111, .nan, 50], ys: [50, 50, 50, .infinity], in: box, diameter: 1.5)
    #expect(outside.path.isEmpty)
  }
}

struct MarkupTests {
  @Test func textIsEscaped() {
    #expect(escaped("a<b & \"c\" > 'd'\u{0}\u{1b}\n") == "a&lt;b &amp; &quot;c&quot; &gt; &#39;d&#39; ")
    let name = "<script>alert(\"x\")</script>&\u{8}"
    let figure = Figure.waveforms(
      [UnitWaveform(name: name, spikeCount: 3, mean: [[0, -1, 0]])], channelNames: ["<ch&1>"],
      timing: SnippetTiming(rateHertz: 30_000, peakSample: 1), voltageUnit: "<µV>")
    let markup = Markup(figure.svg())
    #expect(markup.isWellFormed)
    #expect(markup.all("script").isEmpty)
    #expect(markup.texts(of: "text").contains("<script>alert(\"x\")</script>&"))
  }

  @Test func textCannotBecomeMarkup() {
    let name = "\"><script>alert('1')</script>"
    let shown = "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"
    let part: Figures.Markup = "<b title=\"\(name)\">\(name)</b>"
    #expect(part.text == "<b title=\"\(shown)\">\(shown)</b>")
    #expect(("<p>\(part)\(3)</p>" as Figures.Markup).text == "<p>\(part.text)3</p>")
    // Not by way of a class, a colour or an id either.
    var canvas = Canvas()
    canvas.text(name, x: 0, y: 0, name, colour: name)
    canvas.clipped(to: Box(x: 0, y: 0, width: 1, height: 1)) { $0.group(["class": name]) { _ in } }
    let figure = Figure(title: name, summary: name, width: 10, height: 10, canvas: canvas)
    #expect(!figure.svg(idPrefix: name).contains("<script"))
    #expect(Markup(figure.svg(idPrefix: name)).isWellFormed)
  }

  @Test func idsTakeThePrefixAndStayUnique() {
    let figure = Figure.featurePairs(
      features: [[0, 1], [1, 0], [2, 3]], names: ["a", "b", "c"], labels: [0, 0],
      components: [ComponentShape(name: "Unit 0", mean: [0, 0, 2], covariance: [1, 0, 0, 0, 1, 0, 0, 0, 1])])
    let (first, second) = (Markup(figure.svg(idPrefix: "one")), Markup(figure.svg(idPrefix: "two")))
    #expect(first.ids.count == 3)
    #expect(Set(first.ids + second.ids).count == 6)
    for markup in [first, second] {
      for reference in markup.elements.compactMap({ $0.attributes["clip-path"] }) {
        #expect(markup.ids.contains(String(reference.dropFirst("url(#".count).dropLast())))
      }
    }
  }

  @Test func headersFitTheFigure() {
    var canvas = Canvas()
    canvas.header("Short", note: String(repeating: "long ", count: 40))
    let figure = Figure(title: "", summary: "", width: 100, height: 50, canvas: canvas)
    #expect(figure.width > 200 * 5)
  }

  @Test func coloursAreDistinctAndStartOver() {
    #expect(Set(Palette.colours).count == 16)
    #expect(Palette.colour(16) == Palette.colour(0))
    #expect(Palette.colour(-1) == Palette.unassigned)
    #expect(Palette.colours.allSatisfy { $0.wholeMatch(of: /#[0-9A-F]{6}/) != nil })
  }
}

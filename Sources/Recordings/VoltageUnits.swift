/// What a unit's name is in microvolts; nil for anything but volts and parts of them.
func microvoltsPer(_ name: String) -> Double? {
  // Micro is written as u, as the micro sign or as the Greek letter.
  let plain = name.filter { !$0.isWhitespace && $0 != "\0" }.lowercased()
    .replacing("\u{b5}", with: "u").replacing("\u{3bc}", with: "u")
  return [
    "v": 1e6, "volt": 1e6, "volts": 1e6, "mv": 1e3, "millivolt": 1e3, "millivolts": 1e3, "uv": 1,
    "microvolt": 1,
    "microvolts": 1, "nv": 1e-3, "nanovolt": 1e-3, "nanovolts": 1e-3,
  ][plain]
}

/// The notice of a recording whose unit is none of voltage.
func unknownUnit(_ unit: String, of name: String) -> String {
  "\(name): the unit \(unit.isEmpty ? "of its samples" : "\"\(unit)\"") is not known, so amplitudes are in ADC units; "
    + "say how many µV a step is"
}

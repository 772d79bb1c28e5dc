extension NPYArray {
  /// The elements as doubles, in C order. Integers beyond 2⁵³ are rounded; true is 1.
  public func doubles() -> [Double] {
    switch dataType {
    case .bool, .uint8: converted(UInt8.self) { Double($0) }
    case .int8: converted(Int8.self) { Double($0) }
    case .int16: converted(Int16.self) { Double($0) }
    case .int32: converted(Int32.self) { Double($0) }
    case .int64: converted(Int64.self) { Double($0) }
    case .uint16: converted(UInt16.self) { Double($0) }
    case .uint32: converted(UInt32.self) { Double($0) }
    case .uint64: converted(UInt64.self) { Double($0) }
    case .float16: converted(UInt16.self) { Double(halfBits: $0) }
    case .float32: converted(Float.self) { Double($0) }
    case .float64: converted(Double.self) { $0 }
    }
  }

  /// The elements in single precision, in C order, rounded where they do not fit.
  public func floats() -> [Float] {
    switch dataType {
    case .bool, .uint8: converted(UInt8.self) { Float($0) }
    case .int8: converted(Int8.self) { Float($0) }
    case .int16: converted(Int16.self) { Float($0) }
    case .int32: converted(Int32.self) { Float($0) }
    case .int64: converted(Int64.self) { Float($0) }
    case .uint16: converted(UInt16.self) { Float($0) }
    case .uint32: converted(UInt32.self) { Float($0) }
    case .uint64: converted(UInt64.self) { Float($0) }
    case .float16: converted(UInt16.self) { Float(Double(halfBits: $0)) }
    case .float32: converted(Float.self) { $0 }
    case .float64: converted(Double.self) { Float($0) }
    }
  }

  /// The elements as integers, in C order; floating-point ones must be whole numbers.
  ///
  /// - Throws: `notIntegers` where an element is none or does not fit.
  public func integers() throws(NPYError) -> [Int] {
    switch dataType {
    case .bool, .uint8: return converted(UInt8.self) { Int($0) }
    case .int8: return converted(Int8.self) { Int($0) }
    case .int16: return converted(Int16.self) { Int($0) }
    case .int32: return converted(Int32.self) { Int($0) }
    case .int64: return converted(Int64.self) { Int($0) }
    case .uint16: return converted(UInt16.self) { Int($0) }
    case .uint32: return converted(UInt32.self) { Int($0) }
    case .uint64:
      let values = converted(UInt64.self) { $0 }
      guard values.allSatisfy({ $0 <= UInt64(Int.max) }) else { throw .notIntegers(file: name) }
      return values.map { Int($0) }
    case .float16, .float32, .float64:
      let values = doubles()
      guard values.allSatisfy({ Int(exactly: $0) != nil }) else { throw .notIntegers(file: name) }
      return values.map { Int($0) }
    }
  }

  /// The bytes as elements of one type, each converted. The elements need not be aligned.
  @inline(__always) private func converted<Stored: BitwiseCopyable, Value>(
    _ type: Stored.Type, _ convert: (Stored) -> Value
  ) -> [Value] {
    let count = bytes.count / MemoryLayout<Stored>.size
    return bytes.withUnsafeBytes { raw in
      [Value](unsafeUninitializedCapacity: count) { buffer, initialised in
        guard let base = buffer.baseAddress else { return }
        for i in 0..<count {
          let stored = raw.loadUnaligned(fromByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self)
          (base + i).initialize(to: convert(stored))
        }
        initialised = count
      }
    }
  }
}

extension Double {
  /// The number whose IEEE 754 binary16 pattern is given.
  init(halfBits bits: UInt16) {
    let exponent = Int(bits >> 10 & 0x1f)
    let fraction = Double(bits & 0x3ff)
    let magnitude: Double =
      switch exponent {
      case 0: fraction * 0x1p-24
      case 0x1f: fraction == 0 ? .infinity : .nan
      default: (1 + fraction * 0x1p-10) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
      }
    self = bits & 0x8000 == 0 ? magnitude : -magnitude
  }
}

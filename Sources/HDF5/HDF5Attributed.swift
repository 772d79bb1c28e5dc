#if NWB
  internal import CHDF5

  /// An object with attributes: a group or a dataset.
  public protocol HDF5Attributed: Sendable {
    /// The file it is in.
    var file: HDF5File { get }
    /// Where it stands in the file.
    var path: String { get }
    /// A pointer at it, to be written into the same file.
    var reference: HDF5Reference { get throws(HDF5Error) }
    /// The texts of an attribute; nil where there is none of that name and kind.
    func strings(attribute name: String) -> [String]?
    /// The numbers of an attribute; nil where there is none of that name and kind.
    func numbers(attribute name: String) -> [Double]?
    /// The references of an attribute; nil where there is none of that name and kind.
    func references(attribute name: String) -> [HDF5Reference]?
    /// Whether an attribute holds integers.
    func isWhole(attribute name: String) -> Bool
    /// Writes an attribute of one text, or of a list of them.
    func set(_ name: String, _ texts: [String], isList: Bool) throws(HDF5Error)
    /// Writes an attribute of one number, or of a list of them.
    func set<Number: HDF5Number>(_ name: String, _ numbers: [Number], isList: Bool) throws(HDF5Error)
    /// Writes an attribute of one reference.
    func set(_ name: String, _ reference: HDF5Reference) throws(HDF5Error)
  }

  extension HDF5Attributed {
    /// The first text of an attribute; nil where there is none of that name and kind.
    public func string(attribute name: String) -> String? { strings(attribute: name)?.first }

    /// The first number of an attribute; nil where there is none of that name and kind.
    public func number(attribute name: String) -> Double? { numbers(attribute: name)?.first }

    /// Writes an attribute of one text.
    ///
    /// - Throws: `HDF5Error` where the name is taken.
    public func set(_ name: String, _ text: String) throws(HDF5Error) { try set(name, [text], isList: false) }

    /// Writes an attribute of one number.
    ///
    /// - Throws: `HDF5Error` where the name is taken.
    public func set<Number: HDF5Number>(_ name: String, _ number: Number) throws(HDF5Error) {
      try set(name, [number], isList: false)
    }
  }

  /// What groups and datasets share; the library makes no difference between them.
  protocol Identified: HDF5Attributed {
    var handle: Handle { get }
  }

  extension HDF5Group: Identified {}
  extension HDF5Dataset: Identified {}

  extension Identified {
    /// A pointer at it, to be written into the same file.
    ///
    /// - Throws: `HDF5Error` where the file is broken.
    public var reference: HDF5Reference {
      get throws(HDF5Error) {
        var address: hobj_ref_t = 0
        guard withLibrary({ H5Rcreate(&address, handle.id, ".", H5R_OBJECT, -1) }) >= 0 else {
          throw file.failure("no reference to \(path)", "an object of the file")
        }
        return HDF5Reference(address: address)
      }
    }

    /// The texts of an attribute; nil where there is none of that name and kind.
    public func strings(attribute name: String) -> [String]? {
      reading(name) { id, type, count in texts(count: count, type: type) { H5Aread(id, $0, $1) } }
    }

    /// The numbers of an attribute; nil where there is none of that name and kind.
    public func numbers(attribute name: String) -> [Double]? {
      reading(name) { id, type, count in
        guard kindOfType(type).isNumber else { return nil }
        var values = [Double](repeating: 0, count: count)
        return count == 0 || H5Aread(id, chdf5_double(), &values) >= 0 ? values : nil
      }
    }

    /// Whether an attribute holds integers.
    public func isWhole(attribute name: String) -> Bool {
      reading(name) { _, type, _ in
        if case .integer = kindOfType(type) { return true }
        return false
      } ?? false
    }

    /// The references of an attribute; nil where there is none of that name and kind.
    public func references(attribute name: String) -> [HDF5Reference]? {
      reading(name) { id, type, count in
        guard kindOfType(type) == .reference else { return nil }
        var values = [hobj_ref_t](repeating: 0, count: count)
        guard count == 0 || H5Aread(id, chdf5_object_reference(), &values) >= 0 else { return nil }
        return values.map { HDF5Reference(address: $0) }
      }
    }

    /// Calls `body` with an attribute, its type and the number of its values; nil where there is none.
    private func reading<Value>(_ name: String, _ body: (hid_t, Handle, Int) -> Value?) -> Value? {
      withLibrary {
        guard H5Aexists(handle.id, name) > 0,
          let attribute = Handle(H5Aopen(handle.id, name, chdf5_default())),
          let type = Handle(H5Aget_type(attribute.id)),
          let count = Handle(H5Aget_space(attribute.id)).flatMap(shapeOfSpace)?.reduce(1, *), count < 1 << 24
        else { return nil }
        return body(attribute.id, type, count)
      }
    }

    /// Writes an attribute of one text, or of a list of them.
    ///
    /// - Throws: `HDF5Error` where the name is taken.
    public func set(_ name: String, _ texts: [String], isList: Bool) throws(HDF5Error) {
      guard let type = variableText() else { throw refused(name) }
      try make(name, type: type.id, count: isList ? texts.count : nil) { id in
        withCStrings(texts) { $0.baseAddress.map { H5Awrite(id, type.id, $0) } ?? 0 }
      }
    }

    /// Writes an attribute of one number, or of a list of them.
    ///
    /// - Throws: `HDF5Error` where the name is taken.
    public func set<Number: HDF5Number>(_ name: String, _ numbers: [Number], isList: Bool) throws(HDF5Error) {
      try make(name, type: Number.type.id, count: isList ? numbers.count : nil) { id in
        numbers.withUnsafeBytes { $0.baseAddress.map { H5Awrite(id, Number.type.id, $0) } ?? 0 }
      }
    }

    /// Writes an attribute of one reference.
    ///
    /// - Throws: `HDF5Error` where the name is taken.
    public func set(_ name: String, _ reference: HDF5Reference) throws(HDF5Error) {
      let type = withLibrary { chdf5_object_reference() }
      var address = reference.address
      try make(name, type: type, count: nil) { H5Awrite($0, type, &address) }
    }

    /// Makes an attribute, of one value where no count is given, and fills it.
    private func make(_ name: String, type: hid_t, count: Int?, fill: (hid_t) -> herr_t) throws(HDF5Error) {
      let status: herr_t = withLibrary {
        guard let space = HDF5Storage.contiguous.space(count.map { [$0] } ?? []),
          let attribute = Handle(
            H5Acreate2(handle.id, name, type, space.id, chdf5_default(), chdf5_default()))
        else { return -1 }
        return count == 0 ? 0 : fill(attribute.id)
      }
      guard status >= 0 else { throw refused(name) }
    }

    private func refused(_ name: String) -> HDF5Error {
      file.failure("no place for the attribute \(name) of \(path)", "a name that is free, and a short value")
    }
  }
#endif

#if NWB
  internal import CHDF5

  /// A dataset: an array within a file, of which any box can be read.
  public struct HDF5Dataset: HDF5Attributed {
    /// The file it is in.
    public let file: HDF5File
    /// Where it stands in the file.
    public let path: String
    /// Its dimensions when it was opened, the last one fastest; empty for a single value.
    public let shape: [Int]
    let handle: Handle

    /// Opens what an identifier stands for.
    init(file: HDF5File, handle: Handle, path: String) throws(HDF5Error) {
      self.file = file
      self.handle = handle
      self.path = path
      // Before the shape, which for values in other files is asked of those.
      if let stranger = Self.otherFiles(of: handle) {
        throw file.failure("\(stranger) at \(path)", "values in the file itself")
      }
      guard let shape = withLibrary({ Handle(H5Dget_space(handle.id)).flatMap(shapeOfSpace) }) else {
        throw file.failure("no shape of \(path)", "an array")
      }
      self.shape = shape
    }

    /// What it would read from files other than its own; nil where that is nothing. These a stranger's file names, not
    /// whoever opened it.
    private static func otherFiles(of handle: Handle) -> String? {
      withLibrary {
        guard let properties = Handle(H5Dget_create_plist(handle.id)) else { return "broken properties" }
        if H5Pget_layout(properties.id) == H5D_VIRTUAL { return "a view of other files" }
        return H5Pget_external_count(properties.id) == 0 ? nil : "values kept in other files"
      }
    }

    /// The number of values.
    public var count: Int { shape.reduce(1, *) }

    /// What its values are.
    public var kind: HDF5Kind { withLibrary { Handle(H5Dget_type(handle.id)).map(kindOfType) } ?? .other }

    /// The bytes that its values take in the file, after compression; 0 where none were ever written.
    public var storedBytes: Int { Int(clamping: withLibrary { H5Dget_storage_size(handle.id) }) }

    /// Why its values cannot be read here, where that is so: a compression this library lacks, pieces that no program
    /// writes, or a shape that the bytes in the file cannot fill.
    public var obstacle: String? {
      withLibrary {
        guard let properties = Handle(H5Dget_create_plist(handle.id)),
          let type = Handle(H5Dget_type(handle.id))
        else { return "broken properties" }
        for place in 0..<max(0, H5Pget_nfilters(properties.id)) {
          var flags: UInt32 = 0
          var count = 0
          let filter = H5Pget_filter2(properties.id, UInt32(place), &flags, &count, nil, 0, nil, nil)
          if filter < 0 || H5Zfilter_avail(filter) <= 0 {
            return "a compression (filter \(filter)) that the HDF5 library here lacks"
          }
        }
        // Deflate packs 1032 bytes into one at best.
        let width = Double(H5Tget_size(type.id))
        guard Double(count) * width <= 1100 * Double(storedBytes) else {
          return "\(storedBytes) bytes for \(count) values"
        }
        guard H5Pget_layout(properties.id) == H5D_CHUNKED, !shape.isEmpty else { return nil }
        var chunk = [hsize_t](repeating: 0, count: shape.count)
        guard H5Pget_chunk(properties.id, Int32(shape.count), &chunk) == shape.count else {
          return "broken pieces"
        }
        let bytes = chunk.reduce(width) { $0 * Double($1) }
        let most = max(Double(Self.mostUnpacked), Self.mostPacking * Double(storedBytes))
        return bytes <= min(most, Double(1 << 30))
          ? nil : "pieces of \(Int(min(1e15, bytes / 1e6))) MB in \(storedBytes) bytes"
      }
    }

    /// A piece of so many bytes is unpacked whatever it takes in the file: it fits the cache, and so is unpacked once.
    static let mostUnpacked = 64 << 20
    /// A larger one shrinks less than this: recordings do so two or three times, as noise does not repeat itself.
    private static let mostPacking = 64.0

    /// Refuses to take memory for values that are not there.
    private func checkSize() throws(HDF5Error) {
      if let obstacle { throw file.failure("\(obstacle) at \(path)", "values that can be read") }
    }

    // MARK: Reading

    /// Reads a box of numbers, all of the array where none is given; the last dimension is fastest.
    ///
    /// - Precondition: a range within the array for every dimension.
    /// - Throws: `HDF5Error` where the values are no numbers or the file is broken.
    public func numbers<Number: HDF5Number>(_ type: Number.Type, _ box: [Range<Int>]? = nil) throws(HDF5Error)
      -> [Number]
    {
      let count = box.map { $0.reduce(1) { $0 * $1.count } } ?? self.count
      guard count > 0 else { return [] }
      try checkSize()
      var failure: HDF5Error?
      let values = [Number](unsafeUninitializedCapacity: count) { buffer, initialised in
        do throws(HDF5Error) {
          try read(box, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
          initialised = count
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
      return values
    }

    /// Reads a box of numbers into memory.
    ///
    /// - Precondition: a range within the array for every dimension, and room for exactly its values.
    /// - Throws: `HDF5Error` where the values are no numbers or the file is broken.
    public func read<Number: HDF5Number>(
      _ box: [Range<Int>]? = nil, into buffer: UnsafeMutableBufferPointer<Number>
    ) throws(HDF5Error) {
      guard kind.isNumber else { throw file.failure("no numbers at \(path)", "numbers") }
      let box = box ?? shape.map { 0..<$0 }
      precondition(
        box.count == shape.count && zip(box, shape).allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= $1 }
          && box.reduce(1) { $0 * $1.count } == buffer.count, "a box outside the array")
      guard let base = buffer.baseAddress, !buffer.isEmpty else { return }
      let status: herr_t = withLibrary {
        guard !box.isEmpty else {
          return H5Dread(handle.id, Number.type.id, chdf5_all(), chdf5_all(), chdf5_default(), base)
        }
        let counts = box.map { hsize_t($0.count) }
        guard let space = Handle(H5Dget_space(handle.id)),
          let memory = Handle(H5Screate_simple(Int32(counts.count), counts, nil)),
          H5Sselect_hyperslab(
            space.id, H5S_SELECT_SET, box.map { hsize_t($0.lowerBound) }, nil, counts, nil) >= 0
        else { return -1 }
        return H5Dread(handle.id, Number.type.id, memory.id, space.id, chdf5_default(), base)
      }
      guard status >= 0 else {
        throw file.failure(obstacle ?? "values at \(path) that cannot be read", "a whole HDF5 file")
      }
    }

    /// Reads all texts, the last dimension fastest.
    ///
    /// - Throws: `HDF5Error` where the values are no texts or the file is broken.
    public func strings() throws(HDF5Error) -> [String] {
      let found: [String]? = withLibrary {
        Handle(H5Dget_type(handle.id)).flatMap { type in
          texts(count: count, type: type) {
            H5Dread(handle.id, $0, chdf5_all(), chdf5_all(), chdf5_default(), $1)
          }
        }
      }
      guard let found else { throw file.failure("no texts at \(path)", "texts") }
      return found
    }

    /// Reads all references.
    ///
    /// - Throws: `HDF5Error` where the values are no references or the file is broken.
    public func references() throws(HDF5Error) -> [HDF5Reference] {
      guard kind == .reference else { throw file.failure("no references at \(path)", "references") }
      try checkSize()
      var addresses = [hobj_ref_t](repeating: 0, count: count)
      let status = withLibrary {
        H5Dread(handle.id, chdf5_object_reference(), chdf5_all(), chdf5_all(), chdf5_default(), &addresses)
      }
      guard status >= 0 else { throw file.failure("broken references at \(path)", "references") }
      return addresses.map { HDF5Reference(address: $0) }
    }

    // MARK: Writing

    /// Appends rows along the first dimension of a dataset that was made in chunks.
    ///
    /// - Precondition: a whole number of rows.
    /// - Returns: the dataset with its new shape.
    /// - Throws: `HDF5Error` where it cannot grow or the disk is full.
    @discardableResult
    public func append<Number: HDF5Number>(_ values: [Number]) throws(HDF5Error) -> HDF5Dataset {
      precondition(!shape.isEmpty, "a single value does not grow")
      let row = shape.dropFirst().reduce(1, *)
      precondition(row > 0 && values.count % row == 0, "no whole number of rows")
      let added = [values.count / row] + shape.dropFirst()
      guard added[0] > 0 else { return self }
      let grown = [shape[0] + added[0]] + shape.dropFirst()
      let start = [hsize_t(shape[0])] + shape.dropFirst().map { _ in 0 }
      let counts = added.map { hsize_t($0) }
      let status: herr_t = withLibrary {
        guard H5Dset_extent(handle.id, grown.map { hsize_t($0) }) >= 0,
          let space = Handle(H5Dget_space(handle.id)),
          let memory = Handle(H5Screate_simple(Int32(counts.count), counts, nil)),
          H5Sselect_hyperslab(space.id, H5S_SELECT_SET, start, nil, counts, nil) >= 0
        else { return -1 }
        return H5Dwrite(handle.id, Number.type.id, memory.id, space.id, chdf5_default(), values)
      }
      guard status >= 0 else {
        throw file.failure("no place for more rows of \(path)", "a dataset in chunks, and room on the disk")
      }
      return try HDF5Dataset(file: file, handle: handle, path: path)
    }
  }
#endif

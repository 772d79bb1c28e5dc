#if NWB
  internal import CHDF5

  /// A group: a folder within a file.
  public struct HDF5Group: HDF5Attributed {
    /// The file it is in.
    public let file: HDF5File
    /// Where it stands in the file.
    public let path: String
    let handle: Handle

    init(file: HDF5File, handle: Handle, path: String) {
      self.file = file
      self.handle = handle
      self.path = path
    }

    func path(of name: String) -> String { path == "/" ? "/" + name : path + "/" + name }

    // MARK: Reading

    /// The names of what it holds, in the order of the alphabet.
    public var names: [String] {
      withLibrary {
        var info = H5G_info_t()
        guard H5Gget_info(handle.id, &info) >= 0 else { return [] }
        var names: [String] = []
        while names.count < info.nlinks {
          var name = [CChar](repeating: 0, count: 1024)
          let length = H5Lget_name_by_idx(
            handle.id, ".", H5_INDEX_NAME, H5_ITER_INC, hsize_t(names.count), &name, name.count,
            chdf5_default())
          guard length >= 0 else { break }
          names.append(name.text)
        }
        return names
      }
    }

    /// What stands under a name; nil where that is nothing.
    ///
    /// - Throws: `HDF5Error` where it is broken.
    public func object(_ name: String) throws(HDF5Error) -> HDF5Object? {
      if isForeign(name) {
        throw file.failure("a link to another file at \(path(of: name))", "what stands in the file itself")
      }
      let id: hid_t? = withLibrary {
        guard H5Lexists(handle.id, name, chdf5_default()) > 0,
          H5Oexists_by_name(handle.id, name, chdf5_default()) > 0
        else { return nil }
        return H5Oopen(handle.id, name, chdf5_default())
      }
      guard let id else { return nil }
      guard let object = Handle(id) else {
        throw file.failure("a broken object at \(path(of: name))", "one that can be read")
      }
      return try file.object(object, path: path(of: name))
    }

    /// Whether a name is a link that the library keeps no way to follow: to another file, or of a kind a program made up.
    private func isForeign(_ name: String) -> Bool {
      withLibrary {
        var info = H5L_info_t()
        guard H5Lexists(handle.id, name, chdf5_default()) > 0,
          H5Lget_info(handle.id, name, &info, chdf5_default()) >= 0
        else { return false }
        return info.type.rawValue >= H5L_TYPE_EXTERNAL.rawValue
      }
    }

    /// The group of a name; nil where there is none.
    ///
    /// - Throws: `HDF5Error` where it is broken.
    public func group(_ name: String) throws(HDF5Error) -> HDF5Group? {
      if case .group(let group)? = try object(name) { return group }
      return nil
    }

    /// The dataset of a name; nil where there is none.
    ///
    /// - Throws: `HDF5Error` where it is broken.
    public func dataset(_ name: String) throws(HDF5Error) -> HDF5Dataset? {
      if case .dataset(let dataset)? = try object(name) { return dataset }
      return nil
    }

    // MARK: Writing

    /// Makes a group in this one.
    ///
    /// - Throws: `HDF5Error` where the name is taken.
    @discardableResult
    public func makeGroup(_ name: String) throws(HDF5Error) -> HDF5Group {
      let id = withLibrary {
        H5Gcreate2(handle.id, name, chdf5_default(), chdf5_default(), chdf5_default())
      }
      guard let group = Handle(id) else { throw refused(name) }
      return HDF5Group(file: file, handle: group, path: path(of: name))
    }

    /// Makes a second name for the object at a path of the file.
    ///
    /// - Throws: `HDF5Error` where the name is taken.
    public func makeLink(_ name: String, to target: String) throws(HDF5Error) {
      let status = withLibrary {
        H5Lcreate_soft(target, handle.id, name, chdf5_default(), chdf5_default())
      }
      guard status >= 0 else { throw refused(name) }
    }

    /// Writes a dataset of numbers.
    ///
    /// - Parameters:
    ///   - shape: its dimensions, the last one fastest; empty for a single number.
    ///   - storage: how it lies in the file.
    /// - Precondition: as many values as the shape has places.
    /// - Throws: `HDF5Error` where the name is taken or the disk is full.
    @discardableResult
    public func write<Number: HDF5Number>(
      _ values: [Number], shape: [Int], as name: String, storage: HDF5Storage = .contiguous
    ) throws(HDF5Error) -> HDF5Dataset {
      try make(name, type: Number.type.id, shape: shape, storage: storage) { type, id in
        values.withUnsafeBytes { Self.write($0, type, id) }
      }
    }

    /// Writes a dataset of UTF-8 texts of any length; one text without a dimension where no shape is given.
    ///
    /// - Precondition: as many texts as the shape has places.
    /// - Throws: `HDF5Error` where the name is taken or the disk is full.
    @discardableResult
    public func write(_ texts: [String], shape: [Int], as name: String) throws(HDF5Error) -> HDF5Dataset {
      guard let type = variableText() else { throw refused(name) }
      return try make(name, type: type.id, shape: shape, storage: .contiguous) { type, id in
        withCStrings(texts) { Self.write($0, type, id) }
      }
    }

    /// Writes a dataset of references.
    ///
    /// - Throws: `HDF5Error` where the name is taken or the disk is full.
    @discardableResult
    public func write(_ references: [HDF5Reference], as name: String) throws(HDF5Error) -> HDF5Dataset {
      let type = withLibrary { chdf5_object_reference() }
      return try make(name, type: type, shape: [references.count], storage: .contiguous) { type, id in
        references.map(\.address).withUnsafeBytes { Self.write($0, type, id) }
      }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, _ type: hid_t, _ id: hid_t) -> herr_t {
      guard let base = bytes.baseAddress, !bytes.isEmpty else { return 0 }
      return H5Dwrite(id, type, chdf5_all(), chdf5_all(), chdf5_default(), base)
    }

    /// Makes a dataset and fills it.
    private func make(
      _ name: String, type: hid_t, shape: [Int], storage: HDF5Storage, fill: (hid_t, hid_t) -> herr_t
    ) throws(HDF5Error) -> HDF5Dataset {
      let handle: Handle? = withLibrary {
        guard let space = storage.space(shape), let properties = storage.properties(),
          let made = Handle(
            H5Dcreate2(
              self.handle.id, name, type, space.id, chdf5_default(), properties.id, chdf5_default())),
          fill(type, made.id) >= 0
        else { return nil }
        return made
      }
      guard let handle else { throw refused(name) }
      return try HDF5Dataset(file: file, handle: handle, path: path(of: name))
    }

    private func refused(_ name: String) -> HDF5Error {
      file.failure("no place for \(path(of: name))", "a name that is free, and room on the disk")
    }
  }

  /// How a dataset lies in its file.
  public enum HDF5Storage: Sendable {
    /// In one piece.
    case contiguous
    /// In pieces of the shape given, deflated at a level from 0 (not) to 9; its first dimension can grow.
    case chunked([Int], level: Int)

    /// The space of a dataset.
    func space(_ shape: [Int]) -> Handle? {
      guard !shape.isEmpty else { return Handle(H5Screate(H5S_SCALAR)) }
      let sizes = shape.map { hsize_t($0) }
      var limits = sizes
      if case .chunked = self { limits[0] = chdf5_unlimited() }
      return Handle(H5Screate_simple(Int32(shape.count), sizes, limits))
    }

    /// The properties it is made with.
    func properties() -> Handle? {
      guard let properties = Handle(H5Pcreate(chdf5_creation_of_datasets())) else { return nil }
      guard case .chunked(let chunk, let level) = self else { return properties }
      guard H5Pset_chunk(properties.id, Int32(chunk.count), chunk.map { hsize_t($0) }) >= 0,
        level == 0
          || (H5Pset_shuffle(properties.id) >= 0 && H5Pset_deflate(properties.id, UInt32(level)) >= 0)
      else { return nil }
      return properties
    }
  }
#endif

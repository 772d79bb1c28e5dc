#if NWB
  internal import CHDF5
  internal import CSystemCalls
  public import Foundation
  internal import InputFiles

  /// An HDF5 file, open for reading or newly made. It closes when neither it nor an object in it is held any more.
  public final class HDF5File: Sendable {
    /// Where the file is.
    public let url: URL
    let handle: Handle

    /// The eight bytes an HDF5 file begins with.
    public static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

    /// The library's table of pieces a dataset keeps unpacked; a prime, as it asks for.
    private static let cachedPieces = 521

    /// Opens a file to read it.
    ///
    /// Of a dataset the pieces read last stay unpacked, so that reading it range by range unpacks each once.
    ///
    /// - Throws: `HDF5Error` where it is no HDF5 file, or a broken one.
    public init(reading url: URL) throws(HDF5Error) {
      do throws(InputFileError) {
        close(try openInputFile(url).descriptor)
      } catch {
        throw HDF5Error(file: url.path, found: "that \(error)", expected: "an HDF5 file")
      }
      let id: hid_t = withLibrary {
        sp_damage_watch(url.path)
        guard let access = Handle(H5Pcreate(chdf5_access_of_files())),
          H5Pset_cache(access.id, 0, Self.cachedPieces, HDF5Dataset.mostUnpacked, 0.75) >= 0
        else { return -1 }
        return H5Fopen(url.path, chdf5_read_only(), access.id)
      }
      guard let handle = Handle(id) else {
        throw HDF5Error(
          file: url.path, found: "something the HDF5 library cannot open", expected: "a whole HDF5 file")
      }
      self.url = url
      self.handle = handle
    }

    /// Makes a file.
    ///
    /// - Throws: `HDF5Error` where there is one already, or the place cannot be written to.
    public init(creating url: URL) throws(HDF5Error) {
      let id = withLibrary { H5Fcreate(url.path, chdf5_new_file(), chdf5_default(), chdf5_default()) }
      guard let handle = Handle(id) else {
        throw HDF5Error(
          file: url.path, found: "a place where no file can be made", expected: "a new file's name")
      }
      self.url = url
      self.handle = handle
    }

    /// The group that holds all others.
    ///
    /// - Throws: `HDF5Error` where the file is broken.
    public var root: HDF5Group {
      get throws(HDF5Error) {
        guard let root = Handle(withLibrary { H5Gopen2(handle.id, "/", chdf5_default()) }) else {
          throw failure("no root group", "a whole HDF5 file")
        }
        return HDF5Group(file: self, handle: root, path: "/")
      }
    }

    /// What a reference points at.
    ///
    /// - Throws: `HDF5Error` where that is nothing.
    public func object(at reference: HDF5Reference) throws(HDF5Error) -> HDF5Object {
      var address = reference.address
      let id = withLibrary { H5Rdereference2(handle.id, chdf5_default(), H5R_OBJECT, &address) }
      guard let object = Handle(id) else { throw failure("a reference to nothing", "one to an object") }
      let path = withLibrary {
        var name = [CChar](repeating: 0, count: 1024)
        return H5Iget_name(object.id, &name, name.count - 1) > 0 ? name.text : "?"
      }
      return try self.object(object, path: path)
    }

    /// Writes what is still in memory to the disk.
    ///
    /// - Throws: `HDF5Error` where that fails.
    public func flush() throws(HDF5Error) {
      guard withLibrary({ H5Fflush(handle.id, H5F_SCOPE_LOCAL) }) >= 0 else {
        throw failure("a disk that takes no more", "room for the file")
      }
    }

    /// An opened identifier by its kind.
    func object(_ handle: Handle, path: String) throws(HDF5Error) -> HDF5Object {
      switch withLibrary({ H5Iget_type(handle.id) }) {
      case H5I_GROUP: return .group(HDF5Group(file: self, handle: handle, path: path))
      case H5I_DATASET: return .dataset(try HDF5Dataset(file: self, handle: handle, path: path))
      default: throw failure("something else at \(path)", "a group or a dataset")
      }
    }

    func failure(_ found: String, _ expected: String) -> HDF5Error {
      HDF5Error(file: url.path, found: found, expected: expected)
    }
  }

  /// A group or a dataset.
  public enum HDF5Object: Sendable {
    /// A group.
    case group(HDF5Group)
    /// A dataset.
    case dataset(HDF5Dataset)

    /// Where it stands in its file.
    public var path: String {
      switch self {
      case .group(let group): group.path
      case .dataset(let dataset): dataset.path
      }
    }
  }

  /// A pointer at an object of the same file.
  public struct HDF5Reference: Sendable, Equatable {
    let address: hobj_ref_t
  }

  extension [CChar] {
    /// The text up to its zero.
    var text: String { String(decoding: prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
  }
#endif

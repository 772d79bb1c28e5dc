#if NWB
  internal import CHDF5

  /// A number that a dataset holds; the library turns the file's type and byte order into it.
  public protocol HDF5Number: BitwiseCopyable, Sendable {
    /// The type in memory.
    static var type: HDF5Type { get }
  }

  /// The type of a number in memory.
  public struct HDF5Type: Sendable {
    let make: @Sendable () -> hid_t
    var id: hid_t { withLibrary { make() } }
  }

  extension Double: HDF5Number {
    /// IEEE double precision.
    public static var type: HDF5Type { HDF5Type(make: chdf5_double) }
  }
  extension Float: HDF5Number {
    /// IEEE single precision.
    public static var type: HDF5Type { HDF5Type(make: chdf5_float) }
  }
  extension Int8: HDF5Number {
    /// Signed 8-bit integers.
    public static var type: HDF5Type { HDF5Type(make: chdf5_int8) }
  }
  extension UInt8: HDF5Number {
    /// Unsigned 8-bit integers.
    public static var type: HDF5Type { HDF5Type(make: chdf5_uint8) }
  }
  extension Int16: HDF5Number {
    /// Signed 16-bit integers.
    public static var type: HDF5Type { HDF5Type(make: chdf5_int16) }
  }
  extension UInt16: HDF5Number {
    /// Unsigned 16-bit integers.
    public static var type: HDF5Type { HDF5Type(make: chdf5_uint16) }
  }
  extension Int32: HDF5Number {
    /// Signed 32-bit integers.
    public static var type: HDF5Type { HDF5Type(make: chdf5_int32) }
  }
  extension UInt32: HDF5Number {
    /// Unsigned 32-bit integers.
    public static var type: HDF5Type { HDF5Type(make: chdf5_uint32) }
  }
  extension Int64: HDF5Number {
    /// Signed 64-bit integers.
    public static var type: HDF5Type { HDF5Type(make: chdf5_int64) }
  }
  extension UInt64: HDF5Number {
    /// Unsigned 64-bit integers.
    public static var type: HDF5Type { HDF5Type(make: chdf5_uint64) }
  }
#endif

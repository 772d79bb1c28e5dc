internal import Foundation

/// The system's own words for why reading or writing failed ("No space left on device").
package func systemReason(of error: any Error) -> String {
  // Foundation wraps the system's error; what it says itself is a number.
  var innermost = error
  while let inner = (innermost as NSError).userInfo[NSUnderlyingErrorKey] as? any Error { innermost = inner }
  if let error = innermost as? POSIXError { return String(cString: strerror(error.code.rawValue)) }
  let system = innermost as NSError
  if system.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(system.code))) }
  return error.localizedDescription
}

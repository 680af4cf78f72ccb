import Foundation
import Glibc

/// A file of /proc as text, whole: the kernel hands it out in pieces, and Foundation takes the first for all there is.
///
/// - Throws: `CocoaError` where it can't be opened.
public func kernelFile(_ path: String) throws -> String {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { throw CocoaError(.fileReadNoSuchFile) }
    defer { close(file) }
    var bytes: [UInt8] = [], piece = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(file, &piece, piece.count), count > 0 { bytes += piece[..<count] }
    return String(decoding: bytes, as: UTF8.self)
}

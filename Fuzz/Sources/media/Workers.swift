import Decode
import Glibc
import MediaTypes

@testable import Isolation

/// What a worker that was taken over says: messages, each behind two bytes of length.
func hear(_ bytes: UnsafeBufferPointer<UInt8>) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    var place = 0
    while place + 2 <= bytes.count {
        let end = min(place + 2 + Int(bytes[place]) + Int(bytes[place + 1]) << 8, bytes.count)
        let count = end - place - 2
        let piece = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[(place + 2)..<end])
        if count > 0 { buffer.copyMemory(from: piece) }
        let message = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        if let block = try? BlockMessage(decoding: message) {
            precondition((1...BlockMessage.maxSamples).contains(block.count), "a block of \(block.count) samples")
            block.withSamples { samples in precondition(samples.count == block.count, "not all of it is lent") }
        }
        if let report = try? WorkerReport(decoding: message[...], location: "there") {
            let again = report.encoded().withUnsafeBytes { try? WorkerReport(decoding: $0[...], location: "there") }
            precondition(again == report, "what is said again is something else")
        }
        _ = try? WorkerOrder(decoding: message)
        place = end
    }
}

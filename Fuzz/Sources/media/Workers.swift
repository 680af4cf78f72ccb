import Conversation
import Decode
import Events
import Glibc
import MediaTypes

@testable import Isolation

/// A session that is told what was seen of somebody.
private struct Watcher {
    private var engine = SessionEngine(id: "s")
    private let speaker: Int

    init() {
        speaker = engine.join(name: "a", role: nil, consent: .granted, lanes: .face, at: 0)
    }

    mutating func see(_ sighting: FaceSighting) {
        let hop = sighting.time.samples / Int64(AudioGrid.hopSamples)
        engine.see(speaker: speaker, at: hop, sighting, visualSpeech: sighting.mouthOpening)
        let end = hop.addingReportingOverflow(100)
        if !end.overflow { engine.see(speaker: speaker, .nod, hops: hop..<end.partialValue, isSpeaking: false) }
        engine.advance(to: min(hop, 100_000))
        _ = engine.takeEvents()
    }
}

/// What a worker that was taken over says: messages, each behind two bytes of length.
func hear(_ bytes: UnsafeBufferPointer<UInt8>) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { buffer.deallocate() }
    var place = 0
    var watcher = Watcher()
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
            if case .face(let face) = report { watcher.see(face.sighting) }
        }
        _ = try? LookOrder(decoding: message)
        _ = try? WorkerOrder(decoding: message)
        place = end
    }
}

import Decode
import Events
import Synchronization

/// UUID of a call.
struct CallIdentifier: Hashable, Sendable {
    let bytes: [UInt8]

    /// The identifier of 16 bytes.
    init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// The identifier as it is written: 32 hexadecimal digits, with or without hyphens.
    init?(_ text: Substring) {
        let digits = text.filter { $0 != "-" }.compactMap(\.hexDigitValue)
        guard digits.count == 32, text.allSatisfy({ $0.isHexDigit || $0 == "-" }) else { return nil }
        bytes = stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

extension CallIdentifier: CustomStringConvertible {
    var description: String {
        let pairs = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return [pairs[0..<4], pairs[4..<6], pairs[6..<8], pairs[8..<10], pairs[10..<16]]
            .map { $0.joined() }.joined(separator: "-")
    }
}

/// The calls that were attached and have not come yet.
final class AudioSocketCalls: Sendable {
    /// Begin of the location of a call.
    static let scheme = "audiosocket:"

    private let expected = Mutex<[CallIdentifier: AudioSocketSource]>([:])

    /// Notes that `source` waits for `call`.
    ///
    /// - Returns: false where another one does.
    func expect(_ call: CallIdentifier, for source: AudioSocketSource) -> Bool {
        expected.withLock { expected in
            guard expected[call] == nil else { return false }
            expected[call] = source
            return true
        }
    }

    /// Whoever waits for `call`, who does so no longer then.
    func take(_ call: CallIdentifier) -> AudioSocketSource? {
        expected.withLock { $0.removeValue(forKey: call) }
    }

    /// Forgets the source that waits for `call`, if it is this one.
    func forget(_ call: CallIdentifier, of source: AudioSocketSource) {
        expected.withLock { expected in
            if expected[call] === source { expected[call] = nil }
        }
    }
}

/// A call that Asterisk brings by AudioSocket: waits for the connection with its UUID, and ends with it.
final class AudioSocketSource: MediaSource {
    private enum Phase {
        case waiting
        case connected(BlockingSource)
        case stopped
    }

    let monitor: SourceMonitor
    private let call: CallIdentifier
    private let calls: AudioSocketCalls
    private let make: @Sendable (PCMStream) -> BlockingSource
    private let phase = Mutex(Phase.waiting)

    /// - Parameter make: makes the source that reads the call's connection.
    init(
        call: CallIdentifier, calls: AudioSocketCalls, monitor: SourceMonitor,
        make: @escaping @Sendable (PCMStream) -> BlockingSource
    ) {
        self.call = call
        self.calls = calls
        self.monitor = monitor
        self.make = make
    }

    func open() async throws {
        guard calls.expect(call, for: self) else {
            throw SourceFailure(kind: .badInput, message: "call \(call) is attached already; detach it first")
        }
    }

    /// The call has come.
    ///
    /// - Throws: `SourceFailure` where it can't be read.
    func connect(_ stream: PCMStream) async throws {
        let source: BlockingSource? = phase.withLock { phase in
            guard case .waiting = phase else { return nil }
            let source = make(stream)
            phase = .connected(source)
            return source
        }
        try await source?.open()
    }

    func stop() async {
        calls.forget(call, of: self)
        let reader: BlockingSource? = phase.withLock { phase in
            defer { phase = .stopped }
            if case .connected(let source) = phase { return source }
            return nil
        }
        await reader?.stop()
        monitor.change(to: .ended, reason: "detached")
    }
}

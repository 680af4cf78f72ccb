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
    private enum Holding {
        /// Not opened yet.
        case nothing
        case waiting
        case connected(BlockingSource)
        case stopped
    }

    let monitor: SourceMonitor
    private let call: CallIdentifier
    private let calls: AudioSocketCalls
    private let make: @Sendable (PCMStream) -> BlockingSource
    private let holding = Mutex(Holding.nothing)
    /// What the sender has said of tracks before the call came.
    private let absences = AbsenceBox()

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
        let isWanted = holding.withLock { holding in
            guard case .nothing = holding else { return false }
            holding = .waiting
            return true
        }
        guard isWanted else { throw SourceFailure.detached(monitor.url) }
        guard calls.expect(call, for: self) else {
            let failure = SourceFailure(
                kind: .badInput, message: "\(monitor.url) is attached already; detach it first")
            monitor.change(to: .ended, reason: failure.reason)
            throw failure
        }
        // Stopped in between, it is not to be found by a call.
        if case .stopped = holding.withLock({ $0 }) {
            calls.forget(call, of: self)
            throw SourceFailure.detached(monitor.url)
        }
        monitor.begin()
    }

    /// The call has come.
    ///
    /// - Throws: `SourceFailure` where it can't be read.
    func connect(_ stream: PCMStream) async throws {
        let source: BlockingSource? = holding.withLock { holding in
            guard case .waiting = holding else { return nil }
            let source = make(stream)
            for absence in absences.take() { source.setAbsence(track: absence.track, absence.why) }
            holding = .connected(source)
            return source
        }
        try await source?.open()
    }

    func stop() async {
        calls.forget(call, of: self)
        let reader: BlockingSource? = holding.withLock { holding in
            if case .connected(let source) = holding { return source }
            holding = .stopped
            return nil
        }
        await reader?.stop()
        monitor.change(to: .ended, reason: SourceEnd.detached.reason)
    }

    func setAbsence(track: Int?, _ why: Gap.Why?) {
        let reader: BlockingSource? = holding.withLock { holding in
            if case .connected(let source) = holding { return source }
            absences.put(track: track, why)
            return nil
        }
        reader?.setAbsence(track: track, why)
    }
}

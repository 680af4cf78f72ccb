import ControlAPI
import Decode
import Foundation
import Glibc
import Kit
import Logging
import NIOCore
import Publish
import Settings

/// The listening side of PCM sockets and AudioSocket, as far as the configuration wants them.
struct PCMListeners: Sendable {
    private let settings: Settings
    private let registry: SessionRegistry
    private let calls: AudioSocketCalls
    private let logger: Logger
    private let refusals: SocketRefusals
    private var listeners: [ConnectionListener] = []
    private var file: UnixListener?

    /// Whether the process at the other end of a descriptor may push samples.
    private let admits: @Sendable (CInt) -> Bool

    /// Opens the sockets.
    ///
    /// - Throws: `DaemonError` where one can't be opened.
    init(
        _ settings: Settings, group: UInt32?, registry: SessionRegistry, calls: AudioSocketCalls,
        eventLoop: any EventLoop, logger: Logger, refusals: SocketRefusals,
        admits: @escaping @Sendable (CInt) -> Bool
    ) throws(DaemonError) {
        self.settings = settings
        self.registry = registry
        self.calls = calls
        self.admits = admits
        self.logger = logger
        self.refusals = refusals
        let greeter = self
        // First what may fail, so that nothing is left open where it does.
        let address = settings.sources.audioSocket
        let call = try address.map { address throws(DaemonError) in
            try ConnectionListener.listen(
                host: address.host, port: address.port, setting: "sources.audiosocket")
        }
        if let path = settings.sources.pcmSocket {
            do throws(PublishError) {
                let listener = try UnixListener.open(path: path, mode: settings.sockets.mode, group: group)
                file = listener
                listeners.append(
                    ConnectionListener(
                        descriptor: listener.descriptor, eventLoop: eventLoop, refusals: refusals.pcm, logger: logger
                    ) {
                        greeter.greetPCM($0, $1, $2)
                    })
            } catch {
                if let call { close(call.descriptor) }
                throw DaemonError(exitCode: 69, message: error.message)
            }
            logger.info("samples are taken on \(path)")
        }
        if let call, let address {
            listeners.append(
                ConnectionListener(
                    descriptor: call.descriptor, eventLoop: eventLoop, refusals: refusals.audioSocket, logger: logger
                ) {
                    greeter.greetCall($0, $1, $2)
                })
            logger.info("calls by AudioSocket are taken on \(address.host):\(call.port)")
        }
    }

    /// Closes the sockets.
    func stop() async {
        for listener in listeners { await listener.stop() }
        do {
            try file?.removeFile()
        } catch {
            logger.warning("\(error)")
        }
    }

    private var deadline: Int64 {
        HostClock.monotonicNanoseconds() + Int64(settings.sources.openTimeoutMilliseconds) * 1_000_000
    }

    // MARK: PCM socket

    private func greetPCM(
        _ connection: StreamConnection, _ cancellation: Cancellation, _ isKnown: () -> Bool
    ) {
        guard admits(connection.descriptor) else { return refusals.pcm.note(.notAllowed) }
        do throws(Problem) {
            let (hello, head) = try readHello(connection, cancellation)
            guard isKnown() else { return }
            let stream = PCMStream(connection, format: hello.format, head: head)
            Task {
                do throws(Problem) {
                    connection.send(line(try await registry.attach(hello, stream)))
                } catch {
                    refuse(connection, error, cancellation)
                }
            }
        } catch {
            // Where it was cancelled, whoever did that counts it.
            if !cancellation.isCancelled { refuse(connection, error, cancellation) }
        }
    }

    /// The hello line, and what came behind it.
    private func readHello(
        _ connection: StreamConnection, _ cancellation: Cancellation
    ) throws(Problem) -> (PCMHello, [UInt8]) {
        let deadline = deadline
        var splitter = LineSplitter(maxBytes: PCMHello.maxBytes)
        while true {
            switch splitter.next() {
            case .line(let line): return (try PCMHello(parsing: line), splitter.takeRest())
            case .tooLong:
                throw Problem(
                    status: 413, type: .invalidRequest,
                    detail: "the hello has more than \(PCMHello.maxBytes) bytes; "
                        + "send one line of JSON before the samples")
            case .incomplete:
                guard let more = connection.receive(PCMHello.maxBytes, until: deadline, cancellation), !more.isEmpty
                else {
                    throw Problem(
                        status: 408, type: .noHello,
                        detail: "no hello line came in time; send one line of JSON before the samples")
                }
                splitter.append(more)
            }
        }
    }

    private func refuse(_ connection: StreamConnection, _ problem: Problem, _ cancellation: Cancellation) {
        // The peer is told the whole of it; it may hold the name of a speaker.
        let reason: RefusalReason =
            switch problem.type {
            case .noHello: .silent
            case .invalidRequest: .malformed
            default: .refused
            }
        refusals.pcm.note(reason, detail: problem.type.rawValue)
        connection.send(line(problem))
        // Off the cooperative pool, as it may wait; where there is no thread, the peer may miss the line.
        _ = BlockingThread.start(name: "refuse") { connection.end(cancellation) }
    }

    private func line(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array((try? encoder.encode(value)) ?? Data()) + [0x0A]
    }

    // MARK: AudioSocket

    /// Asterisk sends the UUID as soon as it is connected.
    private static let maxSilentNanoseconds: Int64 = 1_000_000_000

    private func greetCall(
        _ connection: StreamConnection, _ cancellation: Cancellation, _ isKnown: () -> Bool
    ) {
        let deadline = min(deadline, HostClock.monotonicNanoseconds() + Self.maxSilentNanoseconds)
        var messages = AudioSocketMessages()
        // Byte by byte, so that the connection's reader begins with a message.
        while let byte = connection.receive(1, until: deadline, cancellation), !byte.isEmpty {
            var bytes = byte[...]
            switch messages.next(&bytes) {
            case .identifier(let identifier):
                guard let call = CallIdentifier(bytes: identifier) else {
                    return refuseCall(connection, .malformed, cancellation)
                }
                guard isKnown() else { return }
                return admit(call, connection, cancellation)
            case nil, .other: continue
            case .audio, .hangUp:
                return refuseCall(connection, .malformed, cancellation)
            }
        }
        // Where it was cancelled, whoever did that counts it.
        if !cancellation.isCancelled { refusals.audioSocket.note(.silent) }
    }

    private func admit(_ call: CallIdentifier, _ connection: StreamConnection, _ cancellation: Cancellation) {
        guard let source = calls.take(call) else {
            return refuseCall(connection, .unknownCall, cancellation)
        }
        let stream = PCMStream(
            connection, format: PCMFormat(.s16le, rateHz: 8_000), framing: .audioSocket)
        Task {
            do {
                try await source.connect(stream)
            } catch {
                refusals.audioSocket.note(
                    .unreadable, detail: (error as? SourceFailure)?.message ?? "\(error)")
            }
        }
    }

    private func refuseCall(_ connection: StreamConnection, _ why: RefusalReason, _ cancellation: Cancellation) {
        refusals.audioSocket.note(why)
        connection.send(AudioSocketMessages.hangUp)
        connection.end(cancellation)
    }
}

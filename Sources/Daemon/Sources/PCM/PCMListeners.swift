import ControlAPI
import Decode
import Foundation
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
    private var listeners: [ConnectionListener] = []
    private var file: UnixListener?

    /// Opens the sockets.
    ///
    /// - Throws: `DaemonError` where one can't be opened.
    init(
        _ settings: Settings, group: UInt32?, registry: SessionRegistry, calls: AudioSocketCalls,
        eventLoop: any EventLoop, logger: Logger
    ) throws(DaemonError) {
        self.settings = settings
        self.registry = registry
        self.calls = calls
        self.logger = logger
        let greeter = self
        if let path = settings.sources.pcmSocket {
            do throws(PublishError) {
                let listener = try UnixListener.open(path: path, mode: settings.sockets.mode, group: group)
                file = listener
                listeners.append(
                    ConnectionListener(descriptor: listener.descriptor, eventLoop: eventLoop, logger: logger) {
                        greeter.greetPCM($0, $1)
                    })
            } catch {
                throw DaemonError(exitCode: 69, message: error.message)
            }
            logger.info("samples are taken on \(path)")
        }
        if let address = settings.sources.audioSocket {
            let (descriptor, port) = try ConnectionListener.listen(host: address.host, port: address.port)
            listeners.append(
                ConnectionListener(descriptor: descriptor, eventLoop: eventLoop, logger: logger) {
                    greeter.greetCall($0, $1)
                })
            logger.info("calls by AudioSocket are taken on \(address.host):\(port)")
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

    private func greetPCM(_ connection: StreamConnection, _ cancellation: Cancellation) {
        if let allowed = settings.sockets.allowedUserIDs {
            guard let user = connection.peerUserID, user == 0 || user == geteuid() || allowed.contains(user) else {
                return logger.warning("a connection to the PCM socket is refused: sockets.allow_uids lacks its user")
            }
        }
        do throws(Problem) {
            let (hello, head) = try readHello(connection, cancellation)
            let stream = PCMStream(connection, format: hello.format, head: head)
            Task {
                do throws(Problem) {
                    connection.send(line(try await registry.attach(hello, stream)))
                } catch {
                    refuse(connection, error, cancellation)
                }
            }
        } catch {
            refuse(connection, error, cancellation)
        }
    }

    /// The hello line, and what came behind it.
    private func readHello(
        _ connection: StreamConnection, _ cancellation: Cancellation
    ) throws(Problem) -> (PCMHello, [UInt8]) {
        let deadline = deadline
        var bytes: [UInt8] = []
        while bytes.count < PCMHello.mostBytes {
            guard let more = connection.receive(PCMHello.mostBytes - bytes.count, until: deadline, cancellation),
                !more.isEmpty
            else {
                throw Problem(
                    status: 408, type: "no_hello",
                    detail: "no hello line came in time; send one line of JSON before the samples")
            }
            bytes += more
            if let end = bytes.firstIndex(of: 0x0A) {
                return (try PCMHello(parsing: Array(bytes[..<end])), Array(bytes[(end + 1)...]))
            }
        }
        throw Problem(
            status: 413, type: "invalid_request",
            detail: "the hello has more than \(PCMHello.mostBytes) bytes; send one line of JSON before the samples")
    }

    private func refuse(_ connection: StreamConnection, _ problem: Problem, _ cancellation: Cancellation) {
        logger.warning("samples are refused: \(problem.detail)")
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

    private func greetCall(_ connection: StreamConnection, _ cancellation: Cancellation) {
        let deadline = deadline
        var messages = AudioSocketMessages()
        // Byte by byte, so that the connection's reader begins with a message.
        while let byte = connection.receive(1, until: deadline, cancellation), !byte.isEmpty {
            var bytes = byte[...]
            switch messages.next(&bytes) {
            case .identifier(let identifier):
                guard let call = CallIdentifier(bytes: identifier) else { return }
                return admit(call, connection, cancellation)
            case nil, .other: continue
            case .audio, .hangUp:
                return refuseCall(connection, "its first message is no UUID", cancellation)
            }
        }
        logger.warning("a call is refused: no UUID came in time")
    }

    private func admit(_ call: CallIdentifier, _ connection: StreamConnection, _ cancellation: Cancellation) {
        guard let source = calls.take(call) else {
            return refuseCall(
                connection, "nobody attached \(AudioSocketCalls.scheme)\(call); attach it before it comes", cancellation
            )
        }
        let stream = PCMStream(
            connection, format: PCMFormat(.s16le, rateHz: 8_000), framing: .audioSocket)
        Task {
            do {
                try await source.connect(stream)
            } catch {
                logger.warning("call \(call): \((error as? SourceFailure)?.message ?? "\(error)")")
            }
        }
    }

    private func refuseCall(_ connection: StreamConnection, _ why: String, _ cancellation: Cancellation) {
        logger.warning("a call is refused: \(why)")
        connection.send(AudioSocketMessages.hangUp)
        connection.end(cancellation)
    }
}

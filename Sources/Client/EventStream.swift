import NIOCore
import NIOPosix

/// Lines of the event socket, one JSON object each, as they come.
public struct EventStream: Sendable {
    /// Longest line that the daemon sends, in bytes, with room to spare.
    private static let longestLine = 1 << 17
    private let path: String

    /// A stream from the event socket at `path`.
    public init(path: String) {
        self.path = path
    }

    /// Connects and hands over every line; returns when the daemon closes or `receive` returns false.
    ///
    /// - Parameters:
    ///   - subscription: a line to send first, or nil to receive everything.
    public func follow(
        subscription: String? = nil, receive: (String) async throws -> Bool
    ) async throws {
        let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw ClientError.daemonNotReachable(path: path, reason: reason(of: error))
        }
        try await channel.executeThenClose { inbound, outbound in
            if let subscription { try await outbound.write(ByteBuffer(string: subscription + "\n")) }
            var rest = ByteBuffer()
            for try await var part in inbound {
                rest.writeBuffer(&part)
                while let end = rest.readableBytesView.firstIndex(of: 0x0A) {
                    let length = end - rest.readerIndex
                    let line = rest.readString(length: length) ?? ""
                    rest.moveReaderIndex(forwardBy: 1)
                    if try await !receive(line) { return }
                }
                rest.discardReadBytes()
                guard rest.readableBytes <= Self.longestLine else {
                    throw ClientError.unexpectedAnswer("a line of over \(Self.longestLine) bytes")
                }
            }
        }
    }
}

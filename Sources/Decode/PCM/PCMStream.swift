import CFFmpeg
import Glibc
import Kit

/// Interleaved samples without a container.
public struct PCMFormat: Sendable, Hashable {
    /// How one sample is written.
    public enum Encoding: String, Sendable, CaseIterable {
        /// Signed 16 bits, little-endian.
        case s16le
        /// IEEE 754, 32 bits, little-endian, full scale ±1.
        case f32le
        /// μ-law (ITU-T G.711).
        case mulaw

        var bytes: Int {
            switch self {
            case .s16le: 2
            case .f32le: 4
            case .mulaw: 1
            }
        }
    }

    /// Rates and channel counts that are taken.
    public static let rates = 4_000...192_000, channelCounts = 1...64

    /// How one sample is written.
    public var encoding: Encoding
    /// Samples per second and channel.
    public var rateHz: Int
    /// Channels, whose samples take turns.
    public var channelCount: Int

    /// A format; the rate and the number of channels must be among those that are taken.
    public init(_ encoding: Encoding, rateHz: Int, channelCount: Int = 1) {
        self.encoding = encoding
        self.rateHz = rateHz
        self.channelCount = channelCount
    }

    var frameBytes: Int { encoding.bytes * channelCount }
    /// A tenth of a second, which is read at a time: what comes faster than real time waits with its sender.
    var blockBytes: Int { max(1, rateHz / 10) * frameBytes }
}

/// A connected stream socket; closed with the last owner.
public final class StreamConnection: Sendable {
    /// The socket; valid as long as this object.
    public let descriptor: Int32

    /// Takes over a connected socket.
    public init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

/// Plain samples that come by a connection.
public struct PCMStream: Sendable {
    /// How the samples lie in the bytes.
    public enum Framing: Sendable {
        /// One after the other until the connection ends.
        case none
        /// In messages of Asterisk's AudioSocket, which ends with its hang-up message. The messages say the rate.
        case audioSocket
    }

    /// Where they come from.
    public var connection: StreamConnection
    /// How they are written; what messages say goes before it.
    public var format: PCMFormat
    /// How they lie in the bytes.
    public var framing: Framing
    /// What has been read of them before.
    public var head: [UInt8]

    /// Samples that come by `connection` after `head`.
    public init(_ connection: StreamConnection, format: PCMFormat, framing: Framing = .none, head: [UInt8] = []) {
        self.connection = connection
        self.format = format
        self.framing = framing
        self.head = head
    }
}

/// The input behind a `PCMStream`.
final class PCMSource: TrackSource {
    let tracks: [MediaTrack]
    let warnings: [String] = []
    let decodeErrors = 0
    let isFinite = true

    private let source: ErrorSource
    private let readTimeoutMilliseconds: Int
    private let connection: StreamConnection
    private let reader: DescriptorReader
    private var format: PCMFormat
    private var messages: AudioSocketMessages?
    private var output: TrackOutput
    private var head: ArraySlice<UInt8>
    private var chunk: [UInt8]
    /// Begin of a frame whose rest has not come yet.
    private var rest: [UInt8] = []
    private var samples: [Float] = []
    private var isOver = false

    init(_ stream: PCMStream, options: InputOptions, source: ErrorSource) {
        self.source = source
        readTimeoutMilliseconds = options.readTimeoutMilliseconds
        connection = stream.connection
        reader = DescriptorReader(stream.connection.descriptor, isOwned: false, interrupt: source.interrupt)
        format = stream.format
        messages = stream.framing == .audioSocket ? AudioSocketMessages() : nil
        head = stream.head[...]
        chunk = [UInt8](repeating: 0, count: stream.format.blockBytes)
        let channelLimit = options.splitsChannels ? stream.format.channelCount : nil
        output = TrackOutput(firstTrack: 0, channelLimit: channelLimit, source: source)
        tracks = (0..<(channelLimit ?? 1)).map { index in
            MediaTrack(
                index: index, streamIndex: 0, channel: channelLimit == nil ? nil : index,
                codecName: "pcm_" + stream.format.encoding.rawValue, sampleRateHz: stream.format.rateHz,
                channelCount: stream.format.channelCount)
        }
    }

    var unread: (() -> Double)? {
        let (connection, format) = (connection, format)
        return {
            var bytes: Int32 = 0
            guard ioctl(connection.descriptor, UInt(FIONREAD), &bytes) == 0 else { return 0 }
            return Double(bytes) / Double(format.rateHz * format.frameBytes)
        }
    }

    func read(_ sink: BlockSink) throws(MediaError) -> ReadOutcome {
        source.interrupt.allow(milliseconds: readTimeoutMilliseconds)
        while !isOver {
            let bytes = nextBytes()
            guard !source.interrupt.isCancelled else { throw source.error(.cancelled, .read) }
            guard let bytes else { return .idle }
            var delivered = 0
            if bytes.isEmpty {
                isOver = true
            } else if messages != nil {
                delivered = try takeMessages(bytes, sink)
            } else {
                delivered = try take(bytes, sink)
            }
            if isOver {
                // Whoever waits at the other end for us to close need not wait for the session's end.
                shutdown(connection.descriptor, Int32(SHUT_RDWR))
                delivered += try output.drain(sink)
            }
            if delivered > 0 { return .delivered }
        }
        return .end
    }

    /// What came next: empty at the end of the stream, `nil` where nothing came in time.
    private func nextBytes() -> ArraySlice<UInt8>? {
        if !head.isEmpty {
            defer { head = head.dropFirst(chunk.count) }
            return head.prefix(chunk.count)
        }
        let count = chunk.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { reader.read(into: $0, count: buffer.count) } ?? 0
        }
        if count == attune_error_exit { return nil }
        // A connection that was reset has ended, too.
        return chunk.prefix(max(0, Int(count)))
    }

    private func takeMessages(_ bytes: ArraySlice<UInt8>, _ sink: BlockSink) throws(MediaError) -> Int {
        var delivered = 0
        var left = bytes
        while !isOver, let part = messages?.next(&left) {
            switch part {
            case .audio(let rateHz, let payload):
                if rateHz != format.rateHz {
                    rest.removeAll()
                    format.rateHz = rateHz
                }
                delivered += try take(payload, sink)
            case .hangUp: isOver = true
            case .identifier, .other: break
            }
        }
        return delivered
    }

    private func take(_ bytes: ArraySlice<UInt8>, _ sink: BlockSink) throws(MediaError) -> Int {
        let joined = rest.isEmpty ? bytes : (rest + bytes)[...]
        let count = joined.count / format.frameBytes
        rest = Array(joined.dropFirst(count * format.frameBytes))
        guard count > 0 else { return 0 }
        expand(joined.prefix(count * format.frameBytes))
        let shape = AudioShape(
            format: AV_SAMPLE_FMT_FLT, rateHz: format.rateHz, channelCount: format.channelCount)
        var failure: MediaError?
        let delivered = samples.withUnsafeMutableBytes { memory in
            // Float storage seen as bytes, which is how swresample takes every format; it holds `count` frames.
            var plane = memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
            do throws(MediaError) {
                return try output.push(&plane, count: count, shape: shape, at: nil, sink)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return delivered
    }

    /// Fills `samples` with the values of whole frames.
    private func expand(_ bytes: ArraySlice<UInt8>) {
        samples.removeAll(keepingCapacity: true)
        bytes.withUnsafeBytes { bytes in
            switch format.encoding {
            case .mulaw: for byte in bytes { samples.append(G711.muLaw[Int(byte)]) }
            case .s16le:
                for offset in stride(from: 0, to: bytes.count, by: 2) {
                    let value = bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self)
                    samples.append(Float(Int16(littleEndian: value)) / 32_768)
                }
            case .f32le:
                for offset in stride(from: 0, to: bytes.count, by: 4) {
                    let bits = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                    let value = Float(bitPattern: bits)
                    // What is no number, or is beyond full scale, would stay in every filter behind.
                    samples.append(value.isFinite ? min(1, max(-1, value)) : 0)
                }
            }
        }
    }
}

import Foundation
import Glibc
import Programs
import RTP
import SeededNumbers
import Testing

/// A UDP socket on a loopback port of the system's choice.
private struct LoopbackSocket: ~Copyable {
    let descriptor: Int32
    let port: UInt16

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw POSIXError(.EMFILE) }
        var size: Int32 = 4_000_000
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
        var patience = timeval(tv_sec: 0, tv_usec: 20_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard status else {
            close(descriptor)
            throw POSIXError(.EADDRNOTAVAIL)
        }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    /// The next datagram, or nil if none comes for a while.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let length = recv(descriptor, &buffer, buffer.count, 0)
        return length >= 0 ? Array(buffer.prefix(length)) : nil
    }
}

/// Real packets: what FFmpeg's sender puts on the wire.
@Suite(.serialized) struct FFmpegTests {
    private static let ffmpeg = "/usr/bin/ffmpeg"
    private static let isInstalled = FileManager.default.isExecutableFile(atPath: ffmpeg)

    private static let seconds = 6
    /// Bursts of 600 Hz begin at these times and last 0.3 s.
    private static let onsets = (0..<seconds).map { Double($0) + 0.5 }

    /// Sends the bursts with the given encoder options; returns the datagrams and the sender's description.
    private func send(_ options: [String]) throws -> (datagrams: [[UInt8]], description: SessionDescription) {
        let socket = try LoopbackSocket()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sdp = folder.appendingPathComponent("stream.sdp")

        // Faster than real time, but slow enough for the socket's buffer.
        let source = "aevalsrc=0.5*sin(2*PI*600*t)*between(mod(t\\,1)\\,0.5\\,0.8):s=48000:d=\(Self.seconds)"
        let sender = try Program(
            Self.ffmpeg,
            ["-nostdin", "-loglevel", "error", "-readrate", "20", "-f", "lavfi", "-i", source] + options
                + ["-sdp_file", sdp.path, "-f", "rtp", "rtp://127.0.0.1:\(socket.port)?rtcpport=\(socket.port)"])
        defer { sender.end() }
        var datagrams: [[UInt8]] = []
        while true {
            if let datagram = socket.receive() {
                datagrams.append(datagram)
            } else if !sender.isRunning {
                break
            }
        }
        #expect(sender.terminationStatus == 0)
        let text = try String(contentsOf: sdp, encoding: .utf8)
        return (datagrams, try SessionDescription(parsing: text))
    }

    /// Times (s) at which the level rises over a quarter of the burst's amplitude after silence.
    private func onsets(in samples: [Float]) -> [Double] {
        var found: [Double] = []
        var quiet = 1_600
        for (index, sample) in samples.enumerated() {
            if abs(sample) < 0.125 {
                quiet += 1
            } else {
                if quiet >= 1_600 { found.append(Double(index) / 16_000) }
                quiet = 0
            }
        }
        return found
    }

    @Test(
        .enabled(if: isInstalled, "needs /usr/bin/ffmpeg"),
        arguments: [
            ["-c:a", "libopus", "-b:a", "24k", "-ac", "1"],
            ["-c:a", "libopus", "-b:a", "64k", "-ac", "2", "-frame_duration", "60"],
            ["-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1"],
            ["-c:a", "pcm_alaw", "-ar", "8000", "-ac", "1"],
            ["-c:a", "g722", "-ar", "16000", "-ac", "1"],
            ["-c:a", "pcm_s16be", "-ar", "16000", "-ac", "1"],
            ["-c:a", "pcm_s16be", "-ar", "44100", "-ac", "2"],
            ["-c:a", "pcm_s16be", "-ar", "48000", "-ac", "1"],
        ])
    func onsetsAreWhereTheyWere(options: [String]) throws {
        let (datagrams, description) = try send(options)
        let stream = try #require(description.streams.first)
        #expect(stream.address == "127.0.0.1")
        var receiver = RTPReceiver(formats: stream.formats)
        var sink = Recorder()
        // Each packet arrives when its timestamp says: it was sent faster than real time.
        let clock = Int64(stream.formats.values.first?.clockRateHz ?? 48_000)
        var first: UInt32?
        var arrival: Int64 = 0
        for datagram in datagrams {
            if !RTCP.isRTCP(datagram.span.bytes), let packet = try? RTPPacket(parsing: datagram.span.bytes) {
                let start = first ?? packet.timestamp
                first = start
                arrival = Int64(packet.timestamp &- start) * 1_000_000_000 / clock
            }
            receiver.receive(datagram.span.bytes, arrivalNanoseconds: arrival, into: &sink)
        }
        receiver.finish(into: &sink)

        let statistics = receiver.statistics
        #expect(statistics.malformed == 0)
        #expect(statistics.lost == 0)
        #expect(statistics.unknownPayload == 0)
        #expect(statistics.decodeErrors == 0)
        #expect(statistics.restarts == 0)
        #expect(statistics.rtcpPackets > 0)
        // Nothing is missing; of Opus the digital silence between the bursts is told as such.
        #expect(statistics.silent == 0 || options[1] == "libopus")
        #expect(Int64(sink.deliveredSamples) + sink.silences.reduce(0) { $0 + $1.count } == sink.end)
        #expect(sink.overlaps == 0)

        // An Opus stream ends with a whole packet.
        let packetSeconds = options.contains("60") ? 0.06 : 0.02
        #expect(abs(Double(sink.end) / 16_000 - Double(Self.seconds)) <= packetSeconds + 0.007)
        let found = onsets(in: sink.timeline)
        #expect(found.count == Self.onsets.count)
        for (measured, truth) in zip(found, Self.onsets) {
            #expect(abs(measured - truth) < 0.010, "\(options[1]): \(measured) instead of \(truth)")
        }
    }

    /// The decoder of G.722 against FFmpeg's, on every kind of code: loud noise, then random bytes.
    @Test(.enabled(if: isInstalled, "needs /usr/bin/ffmpeg"))
    func g722IsThatOfFFmpeg() throws {
        var random = SeededRandom(seed: 4)
        let payload = (0..<16_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let linear = try Self.convert(
            payload, ["-f", "g722", "-i", "-", "-f", "s16be", "-"])
        let wide = try #require(AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 1))
        func play(_ bytes: [UInt8], type: UInt8, packetBytes: Int) -> [Float] {
            var receiver = RTPReceiver(formats: AudioFormat.staticFormats.merging([96: wide]) { first, _ in first })
            var sink = Recorder()
            let packets = (0..<(bytes.count / packetBytes)).map { index in
                TestPacket(
                    sequence: UInt16(index), timestamp: UInt32(index * 160 * (type == 9 ? 1 : 2)), payloadType: type,
                    payload: Array(bytes[(index * packetBytes)..<((index + 1) * packetBytes)]),
                    arrival: Int64(index) * 20 * millisecond)
            }
            receiver.play(packets, into: &sink)
            return sink.timeline
        }
        let decoded = play(payload, type: 9, packetBytes: 160)
        #expect(decoded.count == 32_000)
        #expect(play(linear, type: 96, packetBytes: 640) == decoded)
    }

    private static func convert(_ bytes: [UInt8], _ arguments: [String]) throws -> [UInt8] {
        let process = try Program(ffmpeg, ["-loglevel", "error"] + arguments, input: .pipe, output: .pipe)
        defer { process.end() }
        // FFmpeg reads all before it is asked for the rest: its output fits a pipe's buffer only in part.
        let writer = Thread {
            try? process.input?.write(contentsOf: bytes)
            try? process.input?.close()
        }
        writer.start()
        return [UInt8](try process.readToEnd())
    }

    /// The tables of G.711 against FFmpeg's, every byte.
    @Test(.enabled(if: isInstalled, "needs /usr/bin/ffmpeg"), arguments: ["mulaw", "alaw"])
    func everyByteExpandsAsInFFmpeg(law: String) throws {
        let linear = try Self.convert(
            Array(0...255), ["-f", law, "-ar", "16000", "-ac", "1", "-i", "-", "-f", "s16be", "-"])

        func play(_ codec: AudioCodec, _ payload: [UInt8]) throws -> [Float] {
            let format = try #require(AudioFormat(codec: codec, clockRateHz: 16_000, channels: 1))
            var receiver = RTPReceiver(formats: [96: format])
            var sink = Recorder()
            receiver.play([TestPacket(sequence: 0, timestamp: 0, payload: payload)], into: &sink)
            return sink.timeline
        }
        let expanded = try play(law == "mulaw" ? .pcmu : .pcma, Array(0...255))
        #expect(expanded.count == 256)
        #expect(try play(.l16, linear) == expanded)
    }
}

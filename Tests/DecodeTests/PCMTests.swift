import Foundation
import Glibc
import MediaTypes
import TestSupport
import Testing

@testable import Decode

/// Plain samples that come by a connection.
@Suite(.waiting) struct PCMTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try TestSignal.write(folder["signal.wav"], channels: 2)
    }

    /// The test signal as FFmpeg writes it.
    private func bytes(_ encoding: String, rateHz: Int, channels: Int) throws -> [UInt8] {
        try ffmpeg(
            "-i", folder["signal.wav"], "-filter_complex", channels == 1 ? "pan=mono|c0=c0" : "anull", "-f", encoding,
            "-ar", "\(rateHz)", folder["samples"])
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder["samples"])))
    }

    /// Reads what somebody writes in pieces of the given length.
    private func read(
        _ bytes: [UInt8], pieces: Int, format: PCMFormat, framing: PCMStream.Framing = .none, headBytes: Int = 0,
        splitsChannels: Bool = false
    ) throws -> Reading {
        var pair: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0, &pair) == 0)
        let (near, far) = (pair[0], pair[1])
        let rest = Array(bytes.dropFirst(headBytes))
        Thread {
            var place = 0
            while place < rest.count {
                let piece = Array(rest[place..<min(place + pieces, rest.count)])
                guard send(far, piece, piece.count, Int32(MSG_NOSIGNAL)) == piece.count else { break }
                place += piece.count
            }
            close(far)
        }.start()
        let stream = PCMStream(
            StreamConnection(owning: near), format: format, framing: framing, head: Array(bytes.prefix(headBytes)))
        var input = MediaInput(
            stream, options: InputOptions(splitsChannels: splitsChannels), cancellation: Cancellation())
        let isFinite = input.isFinite
        #expect(isFinite)
        return try DecodeTests.read(&input)
    }

    @Test(
        .timeLimit(.minutes(30)),
        arguments: [
            ("s16le", 48_000, 1, 960), ("s16le", 8_000, 1, 7), ("f32le", 44_100, 2, 1_000_003),
            ("mulaw", 8_000, 1, 160),
            ("f32le", 16_000, 1, 1), ("s16le", 11_025, 2, 4_097),
        ])
    func samplesKeepTheirTimes(encoding: String, rateHz: Int, channels: Int, pieces: Int) throws {
        let format = PCMFormat(
            try #require(PCMFormat.Encoding(rawValue: encoding)), rateHz: rateHz, channelCount: channels)
        let bytes = try bytes(encoding, rateHz: rateHz, channels: channels)
        let reading = try read(bytes, pieces: pieces, format: format, headBytes: 333, splitsChannels: channels == 2)
        #expect(reading.received.count == channels)
        for (channel, received) in reading.received.enumerated() {
            #expect(largestDifference(received.onsets, TestSignal.onsets(channel: channel)) < 0.005)
            #expect(received.jumps.isEmpty)
            #expect(abs(received.samples.count - 48_000) <= 2, "\(received.samples.count)")
        }
    }

    @Test func whatIsNoNumberOrTooLoudIsKeptOut() throws {
        let values: [Float] = [.nan, .infinity, -.infinity, 1e30, -1e30, 0.5]
        let bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) }
        let reading = try read(bytes + [1, 2], pieces: 5, format: PCMFormat(.f32le, rateHz: 16_000))
        #expect(reading.received[0].samples == [0, 0, 0, 1, -1, 0.5], "half a sample at the end is left out")
    }

    private func message(_ type: UInt8, _ payload: ArraySlice<UInt8>) -> [UInt8] {
        [type, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
    }

    @Test(.timeLimit(.minutes(30)), arguments: [(8_000, UInt8(0x10)), (16_000, 0x12), (48_000, 0x16)])
    func messagesOfAudioSocketCarryTheirRate(rateHz: Int, type: UInt8) throws {
        let samples = try bytes("s16le", rateHz: rateHz, channels: 1)
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: samples.count, by: 641) {
            bytes += message(type, samples[start..<min(start + 641, samples.count)])
            bytes += message(0x03, [0x31])
            bytes += message(0x10, [])
        }
        bytes += AudioSocketMessages.hangUp + message(type, samples[...0xFFF])
        let reading = try read(
            bytes, pieces: 97, format: PCMFormat(.s16le, rateHz: 8_000), framing: .audioSocket)
        #expect(largestDifference(reading.received[0].onsets, TestSignal.onsets) < 0.005)
        #expect(abs(reading.received[0].samples.count - 48_000) <= 2, "nothing counts after the hang-up")
    }

    @Test func aCallMayChangeItsRate() throws {
        let low = try bytes("s16le", rateHz: 8_000, channels: 1)
        let high = try bytes("s16le", rateHz: 24_000, channels: 1)
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: low.count, by: 320) { bytes += message(0x10, low[start..<(start + 320)]) }
        for start in stride(from: 0, to: high.count, by: 960) { bytes += message(0x13, high[start..<(start + 960)]) }
        let received = try read(
            bytes, pieces: 1_000, format: PCMFormat(.s16le, rateHz: 8_000), framing: .audioSocket
        ).received[0]
        let expected = TestSignal.onsets + TestSignal.onsets.map { $0 + TestSignal.seconds }
        #expect(largestDifference(received.onsets, expected) < 0.005, "\(received.onsets)")
    }

    @Test func theIdentifierIsTakenInPieces() {
        let identifier = [UInt8](1...16)
        var messages = AudioSocketMessages()
        var parts: [AudioSocketMessages.Part] = []
        // One of another length is none, in pieces as well.
        let tooLong = message(0x01, [UInt8](1...40)[...])
        for byte in tooLong + message(0x01, identifier[...]) + message(0xFF, [1]) + [0, 0, 0] {
            var bytes = [byte][...]
            while let part = messages.next(&bytes) { parts.append(part) }
        }
        #expect(parts.filter { $0 != .other } == [.identifier(identifier), .hangUp])
    }

    /// Any bytes give parts that are no longer than what came, and come to an end.
    @Test func garbageOfAudioSocketIsBounded() {
        var state: UInt64 = 8
        for _ in 0..<500 {
            let garbage = (0..<300).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56) & (state & 1 << 40 == 0 ? 0xFF : 0x13)
            }
            var messages = AudioSocketMessages()
            var bytes = garbage[...]
            var audio = 0
            var steps = 0
            while let part = messages.next(&bytes) {
                steps += 1
                if case .audio(_, let payload) = part { audio += payload.count }
            }
            #expect(bytes.isEmpty && audio < garbage.count && steps <= garbage.count)
        }
    }
}

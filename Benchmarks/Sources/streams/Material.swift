import CStreams
import Decode
import Foundation
import MediaTypes
import Pipeline
import Reports

/// Encoded tracks, made once and sent by many streams.
struct Material {
    /// What the streams of a row say.
    enum Kind: String {
        /// Hardly a pause.
        case speech = "all speak"
        /// Meetings of ten, of whom one or two speak; the others are silent by DTX or digitally, half of them each.
        case mix = "one or two of ten speak"
        /// Speech a fifth of the time, DTX else.
        case fifthDTX = "speech 20 %, DTX else"
        /// Speech a fifth of the time, encoded digital silence else.
        case fifthSilence = "speech 20 %, digital silence else"

        fileprivate func speaks(_ speaker: Int, turn: Int) -> Bool {
            switch self {
            case .speech: true
            // Turn after turn; in every second one somebody else speaks too.
            case .mix: turn * 3 % 10 == speaker || (turn % 2 == 1 && (turn * 3 + 5) % 10 == speaker)
            case .fifthDTX, .fifthSilence: (speaker + turn) % 5 == 0
            }
        }

        fileprivate func usesDTX(_ speaker: Int) -> Bool {
            switch self {
            case .mix: speaker % 2 == 0
            case .fifthDTX: true
            case .speech, .fifthSilence: false
            }
        }
    }

    static let speakersPerSession = 10
    private static let packetSamples = AudioGrid.sampleRateHz / 1000 * Int(BENCH_PACKET_MS)
    private static let turnPackets = 225
    private static let turns = 10

    /// Each kind's tracks, one per speaker of a session or one for all; never freed, because streams point into them.
    private var tracks: [Kind: [UnsafeMutableBufferPointer<bench_packet>]] = [:]

    /// Made from the demo's call, whose two tracks together hardly pause.
    init(call: String, kinds: Set<Kind>) throws {
        let speakers = try ["anna", "ben"].map { try Self.samples(of: "\(call)/\($0).wav") }
        let dialogue = zip(speakers[0], speakers[1]).map { $0 + $1 }
        for kind in kinds {
            // Everybody who speaks all the time says the same, at another place.
            let speakers = kind == .speech ? 1 : Self.speakersPerSession
            tracks[kind] = try (0..<speakers).map { speaker in
                try Self.encode(dialogue, speaker: speaker, usesDTX: kind.usesDTX(speaker)) {
                    kind.speaks(speaker, turn: $0)
                }
            }
        }
    }

    /// Streams of sessions of ten to `ports`.
    func streams(_ kind: Kind, to ports: [UInt16]) -> [bench_stream] {
        let tracks = tracks[kind] ?? []
        return ports.enumerated().map { index, port in
            let (session, speaker) = index.quotientAndRemainder(dividingBy: Self.speakersPerSession)
            let track = tracks[speaker % tracks.count]
            return bench_stream(
                track: track.baseAddress, track_count: UInt32(track.count),
                // Sessions are at different places; the speakers of one at the same, where they take turns.
                position: UInt32((kind == .speech ? index : session) * 977 % track.count),
                ssrc: UInt32(1000 + index), timestamp: UInt32(truncatingIfNeeded: index &* 1_234_567), port: port,
                sequence: UInt16(truncatingIfNeeded: index &* 777), phase: UInt8(index * 7 % Int(BENCH_PACKET_MS)),
                // One after the other, as people join.
                delay: UInt32(index * 10))
        }
    }

    private static func encode(
        _ dialogue: [Float], speaker: Int, usesDTX: Bool, speaks: (Int) -> Bool
    ) throws -> UnsafeMutableBufferPointer<bench_packet> {
        var state: UInt32 = 1 + UInt32(speaker)
        let length = turnPackets * packetSamples
        let samples = (0..<turns * length).map { index -> Float in
            let says = speaks(index / length) ? dialogue[(index + speaker * 7 * length) % dialogue.count] : 0
            // A microphone that is on hears a room; one that is muted gives zeros.
            guard usesDTX else { return says }
            state = state &* 1_664_525 &+ 1_013_904_223
            return says + (Float(state >> 8) / Float(1 << 24) - 0.5) * 0.0006
        }
        let packets = UnsafeMutableBufferPointer<bench_packet>.allocate(capacity: turns * turnPackets)
        packets.initialize(repeating: bench_packet())
        let result = bench_encode(samples, packets.count, usesDTX ? 1 : 0, packets.baseAddress)
        guard result == 0 else { throw BenchmarkError(message: "libopus can't encode (\(result))") }
        return packets
    }

    private static func samples(of file: String) throws -> [Float] {
        var input = try TrackInput(file, channel: nil)
        var samples: [Float] = []
        while try input.read({ _, block in for index in block.indices { samples.append(block[index]) } }) != .end {}
        return samples
    }
}

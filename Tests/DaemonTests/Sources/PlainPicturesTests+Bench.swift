import Decode
import Events
import Foundation
import Glibc
import Isolation
import Kit
import Logging
import NIOCore
import NIOEmbedded
import NIOPosix
import Pipeline
import SeededNumbers
import Simulation
import Synchronization
import TestSupport
import Testing

@testable import Conversation
@testable import Daemon
@testable import RTP

/// A source of plain RTP with pictures, and who looks at them.
extension PlainPicturesTests {
    /// Stands in for the process: takes what comes, or doesn't, until it is told to end.
    final class Watcher: Sendable {
        let starts = Atomic<Int>(0), ends = Atomic<Int>(0)
        let bytes = Mutex<[UInt8]>([])
        private let reads: Bool

        init(reads: Bool = true) { self.reads = reads }

        var open: PictureWorker.Open {
            { [self] inlet, cancellation throws(MediaError) in
                starts.add(1, ordering: .relaxed)
                var room = [UInt8](repeating: 0, count: 4_096)
                while !cancellation.isCancelled {
                    let count = reads ? recv(inlet, &room, room.count, Int32(MSG_DONTWAIT)) : 0
                    if count > 0 { bytes.withLock { $0 += room[..<count] } } else { usleep(2_000) }
                }
                ends.add(1, ordering: .relaxed)
                throw MediaError(kind: .cancelled, operation: .read, code: 0, location: "", detail: "")
            }
        }
    }

    /// Holds a bench until it is let go of on its event loop.
    final class Holder {
        var bench: Bench?
        init(_ bench: Bench) { self.bench = bench }
    }

    /// What the session was told of the picture.
    final class Told: Sendable {
        let states = Mutex<[VideoState]>([])
    }

    /// A reception with sound and pictures. Confined to the event loop.
    final class Bench {
        let clock = ManualClock()
        let channel = EmbeddedChannel()
        let session: LiveSession
        let reception: RTPReception
        let log = LogMemory(), told = Told()
        let sender: SocketAddress, stranger: SocketAddress
        private var packets = 0, sequence: UInt16 = 0

        init(
            _ consent: Consent, _ payload: VideoPayload = .h264, sendsReports: Bool = true,
            open: @escaping PictureWorker.Open
        ) throws {
            sender = try SocketAddress(ipAddress: "192.0.2.1", port: 5_007)
            stranger = try SocketAddress(ipAddress: "192.0.2.66", port: 6_666)
            session = LiveSession(
                id: "s", started: SessionStarted(noticeID: "n", policy: "standard"),
                configuration: ConversationConfiguration(), detection: .builtIn, clock: clock.clock
            ) { [told] event, _ in
                guard case .video(let state) = event.body else { return }
                told.states.withLock { $0.append(state) }
            }
            session.activate()
            let limits = RTPReception.Limits(
                stallMilliseconds: 2_000, kilobitsPerSecond: 1_000_000, sources: 16, sendsReports: sendsReports,
                receiver: .init(), bufferBytes: 64 << 20)
            var track = SpeakerTrack(track: 0, name: "ana", role: nil, consent: consent)
            track.video = 0
            let video = RTPVideoDescription(
                address: "127.0.0.1", port: 4_002, payload: payload, types: [96], parameterSets: [0, 0, 0, 1, 0x67, 9])
            var order = RTPPictureOrder(videos: [0: video], eventLoop: PlainPicturesTests.loop, open: open)
            (order.leastPauseMilliseconds, order.mostPauseMilliseconds) = (1, 2)
            let logger = Logger(label: "test") { [log] _ in log }
            reception = try RTPReception(
                streams: [
                    RTPStreamDescription(
                        address: "127.0.0.1", port: 4_000,
                        payloads: AudioFormat.staticFormats.mapValues { PayloadDescription($0) })
                ],
                tracks: [track], pictures: order, session: session,
                monitor: SourceMonitor(id: "source-1", url: "x.sdp", session: session, logger: logger),
                limits: limits, logger: logger)
            reception.forEachSpeaker { $0.join() }
        }

        var load: SourceLoad {
            reception.noteLoad()
            return reception.monitor.load
        }

        /// Where requests went since this was asked last.
        var asked: [SocketAddress] { sent.filter { $0.bytes.suffix(12).prefix(2) == [0x81, 206] }.map(\.target) }

        /// What was sent since this was asked last, and where.
        var sent: [(target: SocketAddress, bytes: [UInt8])] {
            var found: [(SocketAddress, [UInt8])] = []
            while let sent = try? channel.readOutbound(as: AddressedEnvelope<ByteBuffer>.self) {
                found.append((sent.remoteAddress, Array(sent.data.readableBytesView)))
            }
            return found
        }

        /// Plays 20 ms of sound.
        func sound() {
            clock.move(toSeconds: Double(packets) / 50)
            let head: [UInt8] =
                [0x80, 0] + big(UInt16(truncatingIfNeeded: packets)) + big(UInt32(packets * 160)) + big(9)
            let datagram = head + (0..<160).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ packets) }
            reception.receive(datagram.span.bytes, port: 0, channel: channel, sender: sender)
            packets += 1
            if packets.isMultiple(of: 2) { reception.tend(nowNanoseconds: clock.nanoseconds) }
        }

        /// Sends a datagram to the port of the pictures.
        func send(_ datagram: [UInt8], from address: SocketAddress? = nil) {
            reception.receive(datagram.span.bytes, pictures: 0, channel: channel, sender: address ?? sender)
        }

        /// A packet of pictures, which is the next unless another place is given.
        func packet(_ payload: [UInt8], ends: Bool = true, type: UInt8 = 96) -> [UInt8] {
            defer { sequence &+= 1 }
            return [0x80, (ends ? 0x80 : 0) | type] + big(sequence) + big(UInt32(truncatingIfNeeded: packets * 1_800))
                + big(PlainPicturesTests.ssrc) + payload
        }

        func report(ssrc: UInt32 = PlainPicturesTests.ssrc) -> [UInt8] {
            [0x80, 200, 0, 6] + big(ssrc) + big(UInt32(3_900_000_000)) + [UInt8](repeating: 0, count: 16)
        }

        func consent(_ isGranted: Bool) {
            _ = session.update { $0.setConsent(name: "ana", in: .face, isGranted: isGranted) }
        }

        private func big(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: value.bigEndian) { Array($0) }
        }

        private func big(_ value: Int) -> [UInt8] { big(UInt32(value)) }
    }
}

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

/// Pictures of plain RTP on their way to a process of their own: only with consent, bounded, and beside the sound.
@Suite(.waiting) struct PlainPicturesTests {
    private static let loop = MultiThreadedEventLoopGroup.singleton.next()
    private static let ssrc: UInt32 = 0x0102_0304

    /// Stands in for the process: takes what comes, or doesn't, until it is told to end.
    private final class Watcher: Sendable {
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
    private final class Holder {
        var bench: Bench?
        init(_ bench: Bench) { self.bench = bench }
    }

    /// A reception with sound and pictures. Confined to the event loop.
    private final class Bench {
        let clock = ManualClock()
        let channel = EmbeddedChannel()
        let session: LiveSession
        let reception: RTPReception
        let log = LogMemory()
        let sender: SocketAddress, stranger: SocketAddress
        private var packets = 0, sequence: UInt16 = 0

        init(_ consent: Consent, sendsReports: Bool = true, open: @escaping PictureWorker.Open) throws {
            sender = try SocketAddress(ipAddress: "192.0.2.1", port: 5_007)
            stranger = try SocketAddress(ipAddress: "192.0.2.66", port: 6_666)
            session = LiveSession(
                id: "s", started: SessionStarted(noticeID: "n", policy: "standard"),
                configuration: ConversationConfiguration(), detection: .builtIn, clock: clock.clock
            ) { _, _ in }
            session.activate()
            let limits = RTPReception.Limits(
                stallMilliseconds: 2_000, kilobitsPerSecond: 1_000_000, sources: 16, sendsReports: sendsReports,
                receiver: .init(), bufferBytes: 64 << 20)
            var track = SpeakerTrack(track: 0, name: "ana", role: nil, consent: consent)
            track.video = 0
            let video = RTPVideoDescription(
                address: "127.0.0.1", port: 4_002, payload: .h264, types: [96], parameterSets: [0, 0, 0, 1, 0x67, 9])
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
        var asked: [SocketAddress] {
            var targets: [SocketAddress] = []
            while let sent = try? channel.readOutbound(as: AddressedEnvelope<ByteBuffer>.self) {
                let bytes = Array(sent.data.readableBytesView)
                if bytes.suffix(12).prefix(2) == [0x81, 206] { targets.append(sent.remoteAddress) }
            }
            return targets
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

    private static let key: [UInt8] = [0x65] + [UInt8](repeating: 3, count: 400), slice: [UInt8] = [0x41, 1, 2]
    private static let toAll = Consent(.granted, lanes: .face)

    /// Runs `body` with a bench on its event loop, again and again until it says that this is enough.
    private func play(
        _ consent: Consent, sendsReports: Bool = true, open: @escaping PictureWorker.Open,
        _ bodies: (@Sendable (Bench) throws -> Bool)...
    ) async throws {
        let loop = Self.loop
        let holder = try await loop.submit {
            NIOLoopBound(Holder(try Bench(consent, sendsReports: sendsReports, open: open)), eventLoop: loop)
        }.get()
        for body in bodies {
            while try await !loop.submit({ try body(#require(holder.value.bench)) }).get() {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        let workers = try await loop.submit {
            let reception = try #require(holder.value.bench).reception
            reception.finish(reason: "over")
            return reception.pictures.values.compactMap(\.finished)
        }.get()
        for worker in workers { try await worker.get() }
        try await loop.submit {
            for pictures in holder.value.bench?.reception.pictures.values ?? [:].values {
                pictures.requests.reporter = nil
            }
            holder.value.bench = nil
        }.get()
    }

    @Test func withoutConsentNothingIsPutTogether() async throws {
        let watcher = Watcher()
        try await play(
            .granted, open: watcher.open,
            { bench in
                for _ in 0..<100 {
                    bench.sound()
                    bench.send(bench.packet(Self.key))
                }
                bench.send(bench.report())
                bench.sound()
                #expect(bench.load[.pictureDrops] == 100)
                #expect(bench.load[.assembledPictures] == 0 && bench.load[.videoPackets] == 0)
                #expect(bench.asked == [])
                return true
            })
        #expect(watcher.starts.load(ordering: .relaxed) == 0)
    }

    @Test func consentThatIsTakenBackEndsTheProcess() async throws {
        let watcher = Watcher()
        try await play(
            .granted, open: watcher.open,
            { bench in
                bench.consent(true)
                bench.sound()
                bench.send(bench.packet(Self.slice))
                bench.send(bench.packet(Self.key))
                bench.send(bench.packet(Self.slice))
                return true
            },
            { _ in watcher.bytes.withLock { $0.count > 600 } },
            { bench in
                // From the key frame on, with what the sender says once in front.
                let header = PictureStream.header(of: .h264)
                let bytes = watcher.bytes.withLock { $0 }
                #expect(bytes.starts(with: header) && bytes.count > header.count + 400 + Self.slice.count)
                let start = try #require(bytes.firstRange(of: [0, 0, 0, 1, 0x67, 9, 0, 0, 0, 1, 0x65, 3]))
                #expect(start.lowerBound < header.count + 64)
                #expect(bench.load[.assembledPictures] == 2 && bench.load[.keyFrames] == 1)
                bench.consent(false)
                bench.send(bench.packet(Self.key))
                #expect(bench.load[.pictureDrops] == 1 && bench.load[.assembledPictures] == 2)
                return true
            },
            { _ in watcher.ends.load(ordering: .relaxed) == 1 },
            // It did what it was asked to: that is no failure, and another one is not kept waiting.
            { bench in
                bench.consent(true)
                bench.send(bench.packet(Self.key))
                return watcher.starts.load(ordering: .relaxed) == 2
            },
            { bench in
                #expect(bench.load[.failedWorkers] == 0)
                return true
            })
    }

    @Test func keyFramesAreAskedOfWhoSendsAndReports() async throws {
        let watcher = Watcher()
        try await play(
            Self.toAll, open: watcher.open,
            { bench in
                bench.sound()
                bench.send(bench.packet(Self.slice))
                // Nobody knows where to ask; a stranger is not asked.
                bench.send(bench.report(), from: bench.stranger)
                bench.send(bench.report(ssrc: 77))
                #expect(bench.asked == [])
                bench.send(bench.report())
                #expect(bench.asked == [bench.sender])
                // Not again at once, and less and less often.
                for _ in 0..<20 {
                    bench.sound()
                    bench.send(bench.packet(Self.slice))
                }
                #expect(bench.asked == [])
                for _ in 0..<100 { bench.sound() }
                #expect((1...3).contains(bench.asked.count))
                // With the key frame it has what it needs, until something is missing.
                bench.send(bench.packet(Self.key))
                for _ in 0..<50 { bench.sound() }
                #expect(bench.asked == [])
                _ = bench.packet(Self.slice)
                bench.send(bench.packet(Self.slice))
                for _ in 0..<20 { bench.sound() }
                #expect(bench.asked == [bench.sender])
                #expect(bench.load[.keyFrameRequests] >= 3 && bench.load[.videoLost] == 1)
                return true
            })
    }

    @Test func whoeverWantsNoReportsIsNotAsked() async throws {
        try await play(
            Self.toAll, sendsReports: false, open: Watcher().open,
            { bench in
                bench.sound()
                bench.send(bench.packet(Self.slice))
                bench.send(bench.report())
                for _ in 0..<100 { bench.sound() }
                #expect(bench.asked == [] && bench.load[.keyFrameRequests] == 0)
                return true
            })
    }

    @Test func whatIsNotReadIsDroppedUpToTheNextKeyFrame() async throws {
        let watcher = Watcher(reads: false)
        let large = [0x65] + [UInt8](repeating: 1, count: 1_900)
        try await play(
            Self.toAll, open: watcher.open,
            { bench in
                bench.sound()
                bench.send(bench.report())
                for _ in 0..<2_500 {
                    bench.sound()
                    bench.send(bench.packet(large))
                }
                let load = bench.load
                #expect(load[.unqueuedPictures] > 0 && load[.assembledPictures] == 2_500)
                // What waits is some 1,000 pictures here, and some 100 in the socket.
                #expect(load[.assembledPictures] - load[.unqueuedPictures] < 1_300)
                // The sound has not noticed.
                #expect(load[.lost] == 0 && load[.packets] == 2_501)
                return true
            })
    }

    @Test func nobodyWhoCanLookIsLookedForOnce() async throws {
        let asked = Atomic<Int>(0)
        try await play(
            Self.toAll,
            open: { _, _ throws(MediaError) in
                asked.add(1, ordering: .relaxed)
                return nil
            },
            { bench in
                bench.sound()
                bench.send(bench.packet(Self.key))
                return asked.load(ordering: .relaxed) > 0 && bench.load[.pictureDrops] > 10
            })
        #expect(asked.load(ordering: .relaxed) == 1)
    }

    @Test func aProcessThatDiesIsStartedAgain() async throws {
        let program = try #require(WorkerProgram.find()).replacing("attuned-worker", with: "faulty-worker")
        try await play(
            Self.toAll,
            open: { inlet, cancellation throws(MediaError) in
                try WorkerInput(
                    WorkerOrder("-", options: InputOptions(), limits: WorkerLimits()), program: program, input: inlet,
                    cancellation: cancellation)
            },
            { bench in
                bench.sound()
                bench.send(bench.packet(Self.key))
                return bench.load[.failedWorkers] >= 2
            },
            { bench in
                #expect(bench.load[.lost] == 0 && bench.load[.packets] > 0)
                #expect(
                    bench.log.text.contains {
                        $0.contains("pictures of m=video 0 are not seen") && $0.contains("signal 9")
                    },
                    "\(bench.log.text)")
                return true
            })
    }

    /// Packets that are lost, come twice or out of order, are cut off or changed: the sound is as it was, and what
    /// comes out are whole pictures.
    @Test func whateverHappensToPicturesTheSoundIsWhole() async throws {
        let watcher = Watcher()
        try await play(
            Self.toAll, open: watcher.open,
            { bench in
                var random = SeededRandom(seed: 7)
                var late: [UInt8] = []
                for number in 0..<3_000 {
                    bench.sound()
                    var packet = bench.packet(
                        number.isMultiple(of: 10) ? Self.key : Self.slice, ends: !Bool.random(using: &random))
                    switch Int.random(in: 0..<10, using: &random) {
                    case 0: continue
                    case 1: bench.send(packet)
                    case 2:
                        packet[Int.random(in: 0..<packet.count, using: &random)] ^= UInt8.random(
                            in: 1...255, using: &random)
                    case 3: packet.removeLast(Int.random(in: 1...packet.count, using: &random))
                    case 4: (late, packet) = (packet, late)
                    default: break
                    }
                    if !packet.isEmpty { bench.send(packet) }
                }
                let load = bench.load
                #expect(load[.lost] == 0 && load[.packets] == 3_000 && load[.decodeError] == 0)
                #expect(load[.assembledPictures] > 0 && load[.videoLost] > 0 && load[.videoMalformed] > 0)
                return true
            })
    }
}

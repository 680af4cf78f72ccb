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
    static let loop = MultiThreadedEventLoopGroup.singleton.next()
    static let ssrc: UInt32 = 0x0102_0304

    private static let key: [UInt8] = [0x65] + [UInt8](repeating: 3, count: 400), slice: [UInt8] = [0x41, 1, 2]
    private static let toAll = Consent(.granted, lanes: .face)

    /// Runs `body` with a bench on its event loop, again and again until it says that this is enough.
    private func play(
        _ consent: Consent, _ payload: VideoPayload = .h264, sendsReports: Bool = true,
        open: @escaping PictureWorker.Open, _ bodies: (@Sendable (Bench) throws -> Bool)...
    ) async throws {
        let loop = Self.loop
        let holder = try await loop.submit {
            NIOLoopBound(Holder(try Bench(consent, payload, sendsReports: sendsReports, open: open)), eventLoop: loop)
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

    /// Who sends pictures and reports is told what arrived of them, where somebody looks.
    @Test(arguments: [true, false]) func whoSendsPicturesIsToldWhatArrived(isLookedAt: Bool) async throws {
        try await play(
            isLookedAt ? Self.toAll : Consent(.granted), open: Watcher().open,
            { bench in
                bench.sound()
                bench.send(bench.packet(Self.key))
                bench.send(bench.report())
                for number in 0..<400 {
                    // One of a hundred is lost.
                    let packet = bench.packet(Self.key)
                    if number % 100 != 50 { bench.send(packet) }
                    bench.sound()
                }
                let reports = bench.sent.filter { $0.bytes.count > 32 && $0.bytes[1] == 201 && $0.bytes[0] == 0x81 }
                guard isLookedAt else {
                    #expect(reports.isEmpty)
                    return true
                }
                let last = try #require(reports.last)
                #expect(last.target == bench.sender && (1...4).contains(reports.count))
                #expect(Array(last.bytes[8..<12]) == [1, 2, 3, 4], "of the source of the pictures")
                let lost = last.bytes[13..<16].reduce(0) { $0 << 8 | Int($1) }
                #expect((1...4).contains(lost))
                // It said 3,900,000,000 s, and that was some seconds ago.
                let told = last.bytes[24..<28].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                #expect(told == UInt32(3_900_000_000 & 0xFFFF) << 16)
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
                return asked.load(ordering: .relaxed) > 1 || bench.load[.pictureDrops] > 10
            })
        #expect(asked.load(ordering: .relaxed) == 1)
    }

    private static func faulty(_ program: String) -> PictureWorker.Open {
        { inlet, cancellation throws(MediaError) in
            try WorkerInput(
                WorkerOrder("-", options: InputOptions(), limits: WorkerLimits()), program: program, input: inlet,
                cancellation: cancellation)
        }
    }

    /// A process that dies of pictures, and one that has seen what was not sent yet, is ended and started again.
    @Test(arguments: [
        (VideoPayload.h264, key, "signal 9"),
        (.vp8, [0x10, 0, 0, 0, 0x9D, 0x01, 0x2A, 16, 0, 16, 0] + [UInt8](repeating: 1, count: 400), "makes no sense"),
    ])
    func aProcessThatFailsIsStartedAgain(payload: VideoPayload, key: [UInt8], reason: String) async throws {
        let program = try #require(WorkerProgram.find()).replacing("attuned-worker", with: "faulty-worker")
        try await play(
            Self.toAll, payload, open: Self.faulty(program),
            { bench in
                bench.sound()
                bench.send(bench.packet(key))
                return bench.load[.failedWorkers] >= 2
            },
            { bench in
                #expect(bench.load[.lost] == 0 && bench.load[.packets] > 0 && bench.load[.pictures] == 0)
                let lines = bench.log.text.filter { $0.contains("pictures of m=video 0 are not seen") }
                #expect(lines.count >= 2 && lines.allSatisfy { $0.contains(reason) }, "\(lines)")
                // What was made up is not told.
                #expect(bench.told.states.withLock { $0.isEmpty })
                return true
            })
    }

    @Test func aCameraThatBringsNothingIsOffAndOneThatIsNotLookedAtIsNot() async throws {
        func states(_ consent: Consent, sends: Bool, open: @escaping PictureWorker.Open) async throws -> [String] {
            let found = Mutex<[String]>([])
            try await play(
                consent, open: open,
                { bench in
                    for _ in 0..<150 {
                        bench.sound()
                        if sends { bench.send(bench.packet(Self.slice)) }
                    }
                    found.withLock { $0 = bench.told.states.withLock { $0.map(\.state.rawValue) } }
                    return true
                })
            return found.withLock { $0 }
        }
        #expect(try await states(Self.toAll, sends: false, open: Watcher().open) == ["off"])
        // Packets come, though no key frame does.
        #expect(try await states(Self.toAll, sends: true, open: Watcher().open) == [])
        #expect(try await states(.granted, sends: false, open: Watcher().open) == [])
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

import Conversation
import Decode
import Events
import Kit
import MediaTypes
import NIOCore
import RTP
import Synchronization
import Timing

/// A source that is read by waiting for it: everything but plain RTP. It has a thread of its own, on which it is
/// opened, decoded, analysed and, where it breaks off, opened again.
final class BlockingSource: MediaSource {
    /// Opens the input, for the first time or again.
    typealias Open = @Sendable (InputOptions, Cancellation) throws(MediaError) -> MediaInput
    /// Makes who looks at the pictures of an input, from who says what may be looked at, whether contours are asked
    /// for, and who takes what is seen; nil where nobody can.
    typealias MakeViewer =
        @Sendable (
            _ mayLook: @escaping (Int) -> Bool, _ wantsOutline: @escaping (Int) -> Bool,
            _ tell: @escaping (Int, FaceSighting, FaceOutline?) -> Void
        ) -> PictureViewer?

    struct Timing {
        var openMilliseconds: Int
        var stallMilliseconds: Int
        var reconnectLeastMilliseconds: Int
        var reconnectMostMilliseconds: Int
        /// Whether what comes is samples by a connection, which count the time.
        var countsSamples = false
        /// After so long without media an input is given up, to be opened again; nil waits for ever.
        var deadMilliseconds: Int?
        /// How long `open()` waits for an input that neither opens nor fails.
        var patienceMilliseconds = 3_000
    }

    /// What opening and reading has come to.
    private struct Progress {
        /// Drift of the sender's clock that was told last, by track.
        var drift: [Int: Double] = [:]
        /// Whether the input was open once, and whether its speakers have joined.
        var wasOpen = false, hasJoined = false
        /// Whether its end is the end for good.
        var isFinite = false
        /// When media first came since it was opened.
        var firstMediaNanoseconds: Int64?
        /// Packets that could not be decoded before the input was opened again.
        var decodeErrors = 0
        /// What pictures had come to before that.
        var pictures = PictureCounts()
        /// CPU time of workers before that.
        var remoteNanoseconds: Int64 = 0
        /// Workers that failed.
        var failedWorkers: UInt64 = 0
        /// What the log was told of the input, whose media may say the same again and again.
        var warnings: Set<String> = []

        /// How long media came.
        var livedMilliseconds: Int64 {
            firstMediaNanoseconds.map { (HostClock.monotonicNanoseconds() - $0) / 1_000_000 } ?? 0
        }
    }

    /// How long a source of samples may wait before it looks whether the sender has said something.
    private static let wordMilliseconds = 200
    /// Different oddities of a source that the log is told.
    private static let maxWarnings = 32

    let monitor: SourceMonitor
    private let openInput: Open
    private let makeViewer: MakeViewer
    private let tracks: [SpeakerTrack]
    private let takesTracksApart: Bool
    private let options: InputOptions
    private let timing: Timing
    private let session: LiveSession
    private let gate: TrackGate
    private let load: ThreadLoad?
    private let cancellation = Cancellation()
    private let absences = AbsenceBox()
    private let isClaimed = Atomic<Bool>(false)
    private let watch: StallWatch
    private let opened: EventLoopPromise<Void>
    private let finished: EventLoopPromise<Void>
    private let onEnd: @Sendable () -> Void

    init(
        _ order: SourceOrder, options: InputOptions, timing: Timing, monitor: SourceMonitor,
        eventLoop: any EventLoop, viewer: @escaping MakeViewer = { _, _, _ in nil }, open: @escaping Open
    ) {
        openInput = open
        makeViewer = viewer
        tracks = order.tracks
        takesTracksApart = order.takesTracksApart
        session = order.session
        gate = TrackGate(tracks: order.tracks, session: order.session)
        load = order.load
        onEnd = order.onEnd
        self.timing = timing
        self.monitor = monitor
        watch = StallWatch(stallMilliseconds: timing.stallMilliseconds, monitor: monitor)
        var options = options
        options.openTimeoutMilliseconds = timing.openMilliseconds
        // Of samples a wait ends soon, so that what the sender says meanwhile is heard; it loses nothing there.
        options.readTimeoutMilliseconds =
            timing.countsSamples ? min(timing.stallMilliseconds, Self.wordMilliseconds) : timing.stallMilliseconds
        self.options = options
        opened = eventLoop.makePromise()
        finished = eventLoop.makePromise()
    }

    func open() async throws {
        guard claimsStart() else { throw SourceFailure.detached(monitor.url) }
        monitor.begin()
        guard BlockingThread.start(name: "source", { self.run() }) else {
            finished.succeed()
            let failure = BlockingThread.failure(for: monitor.url)
            monitor.change(to: .ended, reason: failure.reason)
            opened.fail(failure)
            onEnd()
            return try await opened.futureResult.get()
        }
        let patience = opened.futureResult.eventLoop.scheduleTask(
            in: .milliseconds(Int64(timing.patienceMilliseconds))
        ) { self.opened.succeed() }
        defer { patience.cancel() }
        try await opened.futureResult.get()
        if cancellation.isCancelled { throw SourceFailure.detached(monitor.url) }
    }

    func stop() async {
        cancellation.cancel()
        if claimsStart() {
            // Not opened yet, and never to be.
            monitor.change(to: .ended, reason: SourceEnd.detached.reason)
            opened.succeed()
            finished.succeed()
        }
        try? await finished.futureResult.get()
    }

    /// Whether the caller is the first to begin or to end it.
    private func claimsStart() -> Bool {
        isClaimed.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    }

    func setAbsence(track: Int?, _ why: Gap.Why?) {
        absences.put(track: track, why)
    }

    // MARK: On the thread

    /// Hands on what the sender has said.
    private func hear(_ feed: SourceFeed) {
        for absence in absences.take() { feed.setAbsence(track: absence.track, absence.why) }
    }

    private func run() {
        var feed = SourceFeed(session: session, pace: .live)
        load?.add(gate)
        defer { load?.remove(gate) }
        var backoff = Backoff(
            minMilliseconds: timing.reconnectLeastMilliseconds, maxMilliseconds: timing.reconnectMostMilliseconds,
            using: SystemRandomNumberGenerator())
        watch.start(on: opened.futureResult.eventLoop)
        var progress = Progress()
        var options = options
        var end = SourceEnd.detached
        var failure: SourceFailure?
        playing: while !cancellation.isCancelled {
            do throws(MediaError) {
                switch try play(&feed, options: &options, &progress) {
                case .stopped: break playing
                case .over:
                    end = .endOfMedia
                    break playing
                case .full:
                    failure = SourceFailure(kind: .unavailable, message: Self.fullReason)
                    end = .failed(Self.fullReason)
                    break playing
                case .dead where progress.isFinite:
                    end = .failed(deadReason)
                    break playing
                case .dead: monitor.change(to: .reconnecting, reason: deadReason)
                case .ended: monitor.change(to: .reconnecting, reason: "end of stream")
                }
            } catch {
                if cancellation.isCancelled { break }
                if error.kind == .workerFailed {
                    progress.failedWorkers += 1
                    note(feed, progress)
                }
                if progress.isFinite || !progress.wasOpen && error.kind != .timedOut {
                    failure = SourceFailure(error)
                    end = .failed(error.description)
                    break
                }
                monitor.change(to: .reconnecting, reason: error.description)
            }
            feed.suspend(by: .reconnect)
            feed.restart()
            // What came to nothing is tried less and less often, also where the peer accepts only to hang up.
            if progress.livedMilliseconds > timing.reconnectMostMilliseconds { backoff.reset() }
            progress.firstMediaNanoseconds = nil
            BlockingThread.sleep(milliseconds: backoff.next()) { cancellation.isCancelled }
        }
        // At the end of the media nothing more was to come.
        feed.finish(reason: end.departure, isOver: end == .endOfMedia)
        watch.stop()
        monitor.change(to: .ended, reason: end.reason)
        // Only now: whoever waits for it finds it ended.
        if let failure { opened.fail(failure) } else { opened.succeed() }
        finished.succeed()
        if !cancellation.isCancelled { onEnd() }
    }

    /// Decides, at the first samples after a stall, whether the sender had paused: then the samples that are missing
    /// are not there to be read. What was held up is there, all of it, and keeps its time.
    private func judge(
        _ follower: ClockFollower, _ start: MediaTime, _ count: Int, of feed: SourceFeed, unread: (() -> Double)?
    ) {
        let late = feed.lateSamples(start: follower.place(of: start), count: count)
        let there = (unread?() ?? 0) * Double(AudioGrid.sampleRateHz) + Double(count)
        guard late > Int64(AudioGrid.sampleRateHz / 10), there < Double(late) / 2 else { return }
        follower.notePause(samples: late)
    }

    /// Notes what the thread has spent, which does nothing but this source, and what was spent for it elsewhere.
    private func note(
        _ feed: SourceFeed, _ progress: Progress, decodeErrors: Int = 0, pictures: PictureCounts = PictureCounts(),
        remoteNanoseconds: Int64 = 0
    ) {
        var load = SourceLoad()
        load[.pictures] = UInt64(progress.pictures.pictures + pictures.pictures)
        load[.picturePackets] = UInt64(progress.pictures.decodedPackets + pictures.decodedPackets)
        load[.pictureDrops] = UInt64(progress.pictures.droppedPackets + pictures.droppedPackets)
        load[.inputDecodeErrors] = UInt64(progress.decodeErrors + decodeErrors)
        load[.failedWorkers] = progress.failedWorkers
        load.analysisNanoseconds = feed.analysisNanoseconds
        load.decodeNanoseconds =
            max(0, HostClock.threadNanoseconds() - feed.analysisNanoseconds) + progress.remoteNanoseconds
            + remoteNanoseconds
        monitor.note(load)
    }

    /// Tells the log what is odd about the input.
    private func warn(_ oddities: [String], _ progress: inout Progress) {
        for warning in oddities where progress.warnings.count < Self.maxWarnings {
            if progress.warnings.insert(warning).inserted { monitor.warn(warning) }
        }
    }

    /// Tells the session how the sender's clock drifts.
    private func tellDrift(_ followers: [ClockFollower], _ progress: inout Progress) {
        for track in tracks where followers.indices.contains(track.track) {
            let drift = followers[track.track].driftPartsPerMillion?.rounded()
            guard drift != progress.drift[track.track] else { continue }
            progress.drift[track.track] = drift
            session.update { $0.setClockDrift(of: track.name, partsPerMillion: drift) }
        }
    }

    private static let fullReason = "the session has no room for more people; end it and begin another one"

    private var deadReason: String { "no media for \(timing.deadMilliseconds ?? 0) ms" }

    /// Looks at the pictures of those who agreed to be seen.
    private func viewer(of feed: SourceFeed, _ followers: [ClockFollower]) -> PictureViewer? {
        var speakers: [Int: Int] = [:]
        for track in tracks { if let video = track.video { speakers[video] = track.track } }
        return makeViewer(
            { [gate] video in
                // Where there is too much to do, whoever is not heard is not looked at either.
                speakers[video].map { feed.mayLook(track: $0) && !gate.isGivenUp($0) } ?? false
            },
            { video in speakers[video].map(feed.wantsOutline) ?? false },
            { video, sighting, outline in
                guard let track = speakers[video] else { return }
                var sighting = sighting
                if followers.indices.contains(track) { sighting.time = followers[track].place(of: sighting.time) }
                feed.sighting(track: track, sighting, outline: outline)
            })
    }

    /// How playing came to an end.
    private enum Outcome {
        /// The source was stopped.
        case stopped
        /// Something finite has ended.
        case over
        /// A live input has ended and is opened again.
        case ended
        /// Nothing has come for so long that nothing will.
        case dead
        /// The session takes no more people.
        case full
    }

    /// Opens the input and plays it until it ends.
    private func play(
        _ feed: inout SourceFeed, options: inout InputOptions, _ progress: inout Progress
    ) throws(MediaError) -> Outcome {
        var input = try openInput(options, cancellation)
        if takesTracksApart, !options.splitsChannels, input.tracks.count == 1, input.tracks[0].channelCount > 1 {
            options.splitsChannels = true
            input = try openInput(options, cancellation)
        }
        for track in tracks where !input.tracks.indices.contains(track.track) {
            throw MediaError.noSuchTrack(track.track, of: monitor.url, available: input.tracks.count)
        }
        // A live playlist that has got an end since is over; it is not played again.
        if progress.wasOpen, input.isFinite { return .over }
        progress.wasOpen = true
        progress.isFinite = input.isFinite
        // What is finite is played at the host's own pace.
        let isLive = timing.countsSamples || !input.isFinite
        let followers = isLive ? input.tracks.map { _ in ClockFollower(mayPause: timing.countsSamples) } : []
        if input.isFinite, !progress.hasJoined { feed = SourceFeed(session: session, pace: isLive ? .live : .reader) }
        guard feed.join(tracks) else {
            return .full
        }
        progress.hasJoined = true
        opened.succeed()
        warn(input.warnings, &progress)
        for track in tracks {
            guard let video = track.video, options.pictureRateHz > 0, !input.pictureTracks.indices.contains(video)
            else { continue }
            warn(["no track of pictures \(video); it has \(input.pictureTracks.count), counted from 0"], &progress)
        }
        defer {
            warn(input.oddities, &progress)
            progress.decodeErrors += input.decodeErrors
            progress.pictures += input.pictureCounts
            progress.remoteNanoseconds += input.remoteNanoseconds
        }
        if !input.pictureTracks.isEmpty { input.viewer = viewer(of: feed, followers) }
        var latest = HostClock.monotonicNanoseconds()
        while true {
            hear(feed)
            let unread = input.unread
            let outcome = try input.read { [feed] track, start, samples in
                monitor.change(to: .live)
                // What lies ahead is kept until its time, so that a gap in a recording lasts as long as it did.
                while !isLive, feed.lead(of: start) > 1, !cancellation.isCancelled {
                    watch.noteMedia(leadSeconds: 1)
                    BlockingThread.sleep(milliseconds: 100) { cancellation.isCancelled }
                }
                let now = HostClock.monotonicNanoseconds()
                feed.arrivedNanoseconds = now
                guard gate.admits(track, start: start, count: samples.count, into: feed) else { return }
                guard followers.indices.contains(track) else {
                    return feed.media(track: track, start: start, samples: samples)
                }
                if timing.countsSamples, feed.isAbsent(track: track) {
                    judge(followers[track], start, samples.count, of: feed, unread: unread)
                }
                followers[track].follow(start: start, samples: samples, arrivalNanoseconds: now) {
                    feed.media(track: track, start: $0, samples: $1)
                }
            }
            note(
                feed, progress, decodeErrors: input.decodeErrors, pictures: input.pictureCounts,
                remoteNanoseconds: input.remoteNanoseconds)
            tellDrift(followers, &progress)
            if cancellation.isCancelled { return .stopped }
            switch outcome {
            case .delivered:
                if progress.firstMediaNanoseconds == nil {
                    progress.firstMediaNanoseconds = HostClock.monotonicNanoseconds()
                }
                // What comes faster than real time (a file, the first segments of HLS) is slowed down here;
                // back-pressure reaches the sender where the protocol has it.
                let lead = gate.lead(of: feed)
                gate.note(leadSeconds: lead, nowNanoseconds: HostClock.monotonicNanoseconds())
                watch.noteMedia(leadSeconds: lead)
                if lead > 0.1 {
                    for follower in followers { follower.noteHoldUp(at: HostClock.monotonicNanoseconds()) }
                    BlockingThread.sleep(milliseconds: Int(min(lead, 10) * 1_000)) { cancellation.isCancelled }
                }
                latest = HostClock.monotonicNanoseconds()
            case .idle:
                feed.tend()
                let waited = (HostClock.monotonicNanoseconds() - latest) / 1_000_000
                guard waited >= timing.stallMilliseconds else { continue }
                // Speech is over where media stopped before anybody hears that it did.
                feed.suspend(by: .stall)
                monitor.change(to: .stalled, reason: "no media for \(timing.stallMilliseconds) ms")
                if let dead = timing.deadMilliseconds, waited >= dead { return .dead }
            case .end:
                // What was read ahead of its time is heard to its end.
                if !isLive {
                    BlockingThread.sleep(milliseconds: Int(feed.lead() * 1_000)) { cancellation.isCancelled }
                }
                return progress.isFinite ? .over : .ended
            }
        }
    }
}

import Conversation
import Events
import Kit
import MediaTypes
import Pipeline
import RTP
import Timing

/// A track of a source and the speaker behind it.
struct SpeakerTrack: Sendable, Equatable {
    /// Number of the track within the input, from 0.
    var track: Int
    var name: String
    var role: String?
    var consent: Consent
    /// Which of the sources on the track's port speaks; nil where there is one only.
    var selector: RTPSourceSelector?
    /// Number of the track of pictures that shows the speaker, from 0; nil where none does.
    var video: Int?
    /// Whether the contours of the face may be told to who asks for them.
    var givesPoints = false
    /// The voices that are to be told apart on the track; nil where it has one.
    var voices: VoicesWanted?

    /// How the sender is known to the session; nil where the port has one only.
    var origin: SpeakerOrigin? {
        switch selector {
        case nil: nil
        case .name(let name): SpeakerOrigin(isNamed: true, person: name)
        case .ssrc: SpeakerOrigin(isNamed: true)
        case .unnamed: SpeakerOrigin(isNamed: false)
        }
    }
}

/// Brings the media of one source into its session: places it on the session's time line, runs each speaker's pipeline,
/// and pushes the records.
///
/// Confined to the thread (or event loop) of its source.
final class SourceFeed {
    /// When the media arrived that is being taken in (`CLOCK_MONOTONIC`); nil where that isn't known.
    var arrivedNanoseconds: Int64?
    /// CPU time of the analysis so far.
    private(set) var analysisNanoseconds: Int64 = 0
    /// What the time of the analysis counts: 0 where none is taken, more than 1 where it stands for others too.
    var timeWeight: Int64 = 1

    let session: LiveSession
    private var placement: Placement
    private let isReader: Bool
    /// How seldom `tend()` may be called: plain RTP is looked after every 40 ms, a read waits up to 200 ms.
    private let tendedSamples: Int64
    private var voices: [Int: FedVoice] = [:]
    var outputs: [SpeakerOutput] = []
    /// Why media of a track (nil: of all) is absent, by the sender's word.
    private var saidAbsences: [Int?: Gap.Why] = [:]

    /// - Parameter survivesHoldUps: whether what comes too late to count is placed later, with all that follows,
    ///   instead of being lost.
    init(session: LiveSession, pace: Placement.Pace, survivesHoldUps: Bool = false) {
        self.session = session
        let tended = MediaTime(seconds: pace == .hostClock ? 0.06 : 0.25).samples
        tendedSamples = tended
        // Two hops short of when what is missing counts as lost.
        let tolerated = max(0, session.patienceSamples - tended - 2 * Int64(AudioGrid.hopSamples))
        placement = Placement(pace, toleratedHoldUp: survivesHoldUps ? tolerated : nil)
        isReader = pace == .reader
    }

    /// Session time minus media time of the source; nil before the first media.
    var offset: Int64? { placement.offset }

    /// Lets the speakers join the session.
    ///
    /// - Returns: false where the session has no room for one of them.
    @discardableResult
    func join(_ tracks: [SpeakerTrack]) -> Bool {
        var isComplete = true
        for track in tracks where voices[track.track] == nil {
            guard let joined = session.join(track) else {
                isComplete = false
                continue
            }
            let voice = FedVoice(speaker: joined.speaker, name: track.name, permit: joined.permit)
            voice.mixture = track.voices.flatMap { session.separate(joined.speaker, $0) }
            voice.saidAbsence = saidAbsences[track.track] ?? saidAbsences[nil]
            voices[track.track] = voice
        }
        return isComplete
    }

    // MARK: Absence

    /// Media does not flow for now: what is known ends where it stopped, and nobody waits for more. What will be
    /// missing before the next media is a gap for that reason.
    func suspend(by why: Gap.Why) {
        for voice in voices.values { suspend(voice, by: why) }
    }

    /// The same of one track.
    func suspend(track: Int, by why: Gap.Why) {
        if let voice = voices[track] { suspend(voice, by: why) }
    }

    /// The sender says that media of a track (nil: of all) is absent on purpose, or with nil that it is back. What
    /// comes meanwhile (music on hold) is not the speaker's and is not measured.
    func setAbsence(track: Int?, _ why: Gap.Why?) {
        // Kept here, because speakers leave and come back.
        if track == nil { saidAbsences = [:] }
        saidAbsences[track] = why
        for (number, voice) in voices where track == nil || track == number {
            voice.saidAbsence = why
            if let why { suspend(voice, by: why) }
        }
    }

    /// Brings out what media that does not go on has left behind, just before the session would settle without it; to
    /// be called now and then while none comes.
    func tend() {
        for voice in voices.values {
            settleWords(of: voice)
            releaseDue(of: voice)
        }
        for voice in voices.values where !voice.isDrained {
            let patience = voice.absence == nil ? max(0, session.patienceSamples - tendedSamples) : 0
            drain(voice, behind: patience + voice.heldBackSamples)
        }
    }

    private func suspend(_ voice: FedVoice, by why: Gap.Why) {
        // What the sender says goes before what is only noticed.
        guard voice.absence == nil || why == voice.saidAbsence else { return }
        voice.absence = why
        release(of: voice)
        voice.miss(by: why)
        drain(voice)
    }

    /// Counts what is missing up to so many samples behind the present as missing.
    private func drain(_ voice: FedVoice, behind samples: Int64 = 0) {
        guard let end = voice.pipeline?.end else { return }
        let missing = (session.now().samples - samples - end.samples) / Int64(AudioGrid.hopSamples)
        if missing > 0, !voice.isDrained {
            voice.isDrained = voice.pipeline?.drain(hops: Int(clamping: missing)) { outputs.append($0) } ?? true
            push(voice)
        }
        if voice.isDrained { voice.words?.finish() }
        // Waited for until it has said what it still had to say.
        if voice.isDrained, voice.absence != nil {
            session.update { engine in for speaker in voice.speakers { engine.pause(speaker: speaker) } }
        }
    }

    private func resume(_ voice: FedVoice) {
        voice.isDrained = false
        guard voice.absence != nil || !voice.hasMedia else { return }
        voice.hasMedia = true
        voice.absence = nil
        session.update { engine in for speaker in voice.speakers { engine.resume(speaker: speaker) } }
    }

    // MARK: Media

    /// When what is taken in has arrived, on the session's time line: it may have waited since.
    private func arrival() -> MediaTime { arrivedNanoseconds.map(session.time(ofNanoseconds:)) ?? session.now() }

    /// Where what is left of a block lies once what was said before the session began is dropped, which is not of it.
    private func place(track: Int, start: MediaTime, count: Int) -> (place: MediaTime, dropped: Int)? {
        let place = placement.place(track: track, start: start, count: count, now: arrival())
        let before = Int(clamping: max(0, -place.samples))
        return before < count ? (MediaTime(samples: place.samples + Int64(before)), before) : nil
    }

    /// Says that the source's media time begins anew, `offset` before session time where that is known.
    func restart(at offset: Int64? = nil) {
        placement.restart(at: offset)
    }

    /// Says that what comes next of a track is not known, and why.
    func miss(track: Int, _ why: Gap.Why) {
        voices[track]?.miss(by: why)
    }

    /// By how many samples a block that begins at media time `start` and has just come would be late.
    func lateSamples(start: MediaTime, count: Int) -> Int64 {
        guard let offset = placement.offset else { return 0 }
        return session.now().samples &- (start.samples &+ offset &+ Int64(count))
    }

    /// Whether no media has come of a track for so long that none was expected.
    func isAbsent(track: Int) -> Bool { voices[track]?.absence != nil }

    /// Takes in a block of 16 kHz mono samples; `start` is media time of the source.
    func media(track: Int, start: MediaTime, samples: Span<Float>) {
        guard let voice = voices[track] else { return }
        guard voice.saidAbsence == nil else {
            // A reader is slowed by the place of its media, also where all of it was on hold from the start.
            if isReader, offset == nil {
                _ = placement.place(track: track, start: start, count: samples.count, now: session.now())
            }
            return
        }
        let began = timeBegin()
        defer { timeEnd(began) }
        resume(voice)
        if voice.isQuiet, placement.takeBack(track: track, count: samples.count) {
            voice.noteLoudness(samples)
            return
        }
        guard let (place, before) = place(track: track, start: start, count: samples.count) else { return }
        let samples = samples.extracting(droppingFirst: before)
        guard voice.mixture == nil else {
            voice.mixture?.hold(start: place, samples: samples)
            voice.mediaEnd = MediaTime(samples: place.samples + Int64(samples.count))
            return releaseDue(of: voice)
        }
        openPipeline(of: voice, at: place)
        settleWords(of: voice)
        voice.words?.hear(start: place, samples: samples)
        voice.pipeline?.feed(start: place, samples: samples) { outputs.append($0) }
        voice.noteLoudness(samples)
        voice.mediaEnd = MediaTime(samples: place.samples + Int64(samples.count))
        push(voice)
    }

    /// Whether pictures of the speaker on a track may be looked at.
    func mayLook(track: Int) -> Bool { voices[track]?.permit.permit.contains(.face) ?? false }

    /// Forgets what pictures of the speaker on a track have shown.
    func forgetSeen(track: Int) { voices[track]?.faces = nil }

    /// Whether the contours of the face of the speaker on a track may be told, and somebody asks for them.
    func wantsOutline(track: Int) -> Bool {
        guard let voice = voices[track], voice.permit.permit.contains(.outline) else { return false }
        return session.seeksPoints(of: voice.name)
    }

    /// Takes in what a picture of the speaker on a track has shown; its time is media time of the source. Before the
    /// first sound nobody knows where it lies.
    func sighting(track: Int, _ sighting: FaceSighting, outline: FaceOutline? = nil) {
        guard mayLook(track: track) else { return forgetSeen(track: track) }
        guard let offset = placement.offset(of: track) else { return }
        let (samples, overflows) = sighting.time.samples.addingReportingOverflow(offset)
        guard !overflows else { return }
        var sighting = sighting
        sighting.time = MediaTime(samples: samples)
        see(track: track, sighting, outline: outline)
    }

    /// The same, where its time is that of the session.
    func see(track: Int, _ sighting: FaceSighting, outline: FaceOutline? = nil) {
        let samples = sighting.time.samples
        guard let voice = voices[track], mayLook(track: track), samples >= 0 else { return }
        var faces = voice.faces ?? FacePipeline()
        session.update { engine in
            faces.take(sighting, of: voice.speaker, into: &engine)
            guard let outline, sighting.hasFace else { return }
            engine.tell(outline, of: voice.speaker, at: samples / Int64(AudioGrid.hopSamples))
        }
        voice.faces = faces
    }

    /// Takes in silence that the sender did not transmit (DTX). While media was known to be absent it stays that.
    func silence(track: Int, start: MediaTime, count: Int) {
        guard let voice = voices[track], voice.saidAbsence == nil, voice.absence == nil else { return }
        let began = timeBegin()
        defer { timeEnd(began) }
        resume(voice)
        guard let (place, before) = place(track: track, start: start, count: count) else { return }
        let count = count - before
        voice.mediaEnd = MediaTime(samples: place.samples + Int64(count))
        guard voice.mixture == nil else {
            voice.mixture?.holdSilence(start: place, count: count)
            return releaseDue(of: voice)
        }
        openPipeline(of: voice, at: place)
        voice.noteSilence(count: count)
        voice.words?.hearSilence(start: place, count: count)
        voice.pipeline?.feedSilence(start: place, count: count) { outputs.append($0) }
        push(voice)
    }

    /// Takes it that a speaker who last said nothing, or ended with next to nothing, goes on like that for
    /// `nanoseconds` after the media that came last, though none has come: so nobody in the session waits for a sender
    /// that pauses. Media that comes after all counts from where this ends. Whose sender is not known to pause must
    /// have ended with next to nothing.
    func presumeSilence(track: Int, nanoseconds: Int64, isKnownToPause: Bool = true) {
        guard let voice = voices[track], voice.absence == nil, voice.mixture == nil,
            voice.isQuiet || isKnownToPause && voice.pipeline?.isActive == false, let end = voice.pipeline?.end
        else {
            return
        }
        let began = timeBegin()
        defer { timeEnd(began) }
        let hop = Int64(AudioGrid.hopSamples)
        let until = voice.mediaEnd.samples + nanoseconds / (1_000_000_000 / Int64(AudioGrid.sampleRateHz))
        let count = Int((until - end.samples) / hop * hop)
        guard count > 0 else { return }
        voice.words?.hearSilence(start: end, count: count)
        voice.pipeline?.feedSilence(start: end, count: count) { outputs.append($0) }
        push(voice)
    }

    /// How far the newest media lies ahead of the host's clock, in seconds; what is not live is slowed by it.
    func lead() -> Double {
        var newest: MediaTime?
        for voice in voices.values {
            guard let end = voice.end else { continue }
            newest = max(newest ?? end, end)
        }
        return newest.map { $0.seconds - session.now().seconds } ?? 0
    }

    /// How far ahead of the host's clock a block of a reader would lie, in seconds: it is kept until then.
    func lead(of start: MediaTime) -> Double {
        guard let offset = placement.offset else { return 0 }
        let (place, overflows) = start.samples.addingReportingOverflow(offset)
        return overflows ? 0 : MediaTime(samples: place).seconds - session.now().seconds
    }

    /// Ends all pipelines and lets the speakers leave.
    ///
    /// - Parameter isOver: whether nothing more was to come; else what was still waited for is missing up to now.
    func finish(reason: String, isOver: Bool = false) {
        let now = session.now().samples
        for track in voices.keys.sorted() {
            guard let voice = voices.removeValue(forKey: track) else { continue }
            release(of: voice)
            if voice.absence != nil, !isOver, let end = voice.pipeline?.end.samples {
                let missing = Int(clamping: (now - end) / Int64(AudioGrid.hopSamples))
                voice.pipeline?.lose(hops: missing) { outputs.append($0) }
            }
            voice.mixture?.finish()
            voice.pipeline?.finish { outputs.append($0) }
            push(voice)
            settleWords(of: voice)
            voice.words?.finish()
            session.update { engine in
                for speaker in voice.everySpeaker { engine.leave(speaker: speaker, reason: reason) }
            }
            voice.mixture?.close()
        }
    }

    private func timeBegin() -> Int64 { timeWeight > 0 ? HostClock.threadNanoseconds() : 0 }

    private func timeEnd(_ began: Int64) {
        if timeWeight > 0 { analysisNanoseconds += timeWeight * (HostClock.threadNanoseconds() - began) }
    }

    /// Opens a pipeline that does what is allowed now.
    func openPipeline(of voice: FedVoice, at start: MediaTime) {
        let mayMeasure = voice.mixture?.mayMeasure ?? voice.permit.permit.contains(.voice)
        guard voice.pipeline == nil || mayMeasure != voice.isMeasured else { return }
        voice.isMeasured = mayMeasure
        voice.pipeline = SpeakerPipeline(start: start, measuresFeatures: mayMeasure, detection: session.detection)
    }

    /// Listens to what is said while that is permitted, and forgets what was heard when it is not any more.
    private func settleWords(of voice: FedVoice) {
        let permission = voice.permit.wordsPermission
        guard voice.words?.permission != permission else { return }
        voice.words = permission.flatMap { session.listen(to: voice.speaker, voice.permit, permission: $0) }
    }

    func push(_ voice: FedVoice) {
        voice.words?.take(outputs)
        guard !outputs.isEmpty else { return }
        if voice.faces != nil { for output in outputs { voice.faces?.note(output) } }
        session.update(arrivedNanoseconds: arrivedNanoseconds) { engine in
            for output in outputs {
                voice.split(output) { engine.take($1, from: $0, missingBy: voice.missingBy) }
                voice.note(output)
            }
        }
        outputs.removeAll(keepingCapacity: true)
    }
}

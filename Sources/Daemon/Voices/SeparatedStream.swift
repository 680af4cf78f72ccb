import Diarisation
import Events
import MediaTypes
import Synchronization

/// A track with several voices between whoever feeds it and who tells its voices apart: audio goes one way, pictures of
/// who speaks when the other. Both sides are bounded.
final class SeparatedStream: Sendable {
    /// Audio that has waited for longer is of no use any more, in samples: who spoke in it was to be known by then.
    static let mostSamples = FedMixture.delaySamples
    private static let dueSamples = AudioGrid.sampleRateHz / 5
    /// Pictures that wait; whoever takes none gets the last of them.
    private static let mostPictures = 8
    /// After so long without audio that was given up it is over, in samples.
    private static let calmSamples = 10 * AudioGrid.sampleRateHz

    /// What there is to be done.
    struct Work {
        var blocks: [(start: MediaTime, samples: [Float])] = []
        /// Voices that are to be forgotten before anything else is heard.
        var forgotten: [Int] = []
    }

    private struct State {
        var work = Work()
        var waitingSamples = 0
        var pictures: [VoicePicture] = []
        var isClosed = false
        /// Since when audio is given up, in samples that came; nil while none is.
        var lateSince: Int?
        var cameSamples = 0, calmUntil = 0

        /// Takes note of audio that is given up, or that none is.
        ///
        /// - Returns: what the session is to be told.
        mutating func noteLoss(_ samples: Int) -> EventBody? {
            if samples > 0 {
                calmUntil = cameSamples + SeparatedStream.calmSamples
                guard lateSince == nil else { return nil }
                lateSince = cameSamples
                return .degraded(Degraded(what: .voices, level: 1, reason: .voicesBehind, load: 1))
            }
            guard let since = lateSince, cameSamples >= calmUntil else { return nil }
            lateSince = nil
            return .recovered(
                Recovered(what: .voices, afterSeconds: Double(cameSamples - since) / Double(AudioGrid.sampleRateHz)))
        }
    }

    /// How many voices there are; nil where that is not known.
    let voices: Int?
    private let report: @Sendable (EventBody) -> Void
    private let state = Mutex(State())

    /// - Parameter report: tells the session that its voices are not told apart for a while.
    init(voices: Int?, report: @escaping @Sendable (EventBody) -> Void) {
        self.voices = voices
        self.report = report
    }

    /// Puts in audio.
    ///
    /// - Returns: samples that were given up for it.
    func put(start: MediaTime, samples: [Float]) -> Int {
        let (lost, body) = state.withLock { state -> (Int, EventBody?) in
            guard !state.isClosed else { return (0, nil) }
            var lost = 0
            if state.waitingSamples + samples.count > Self.mostSamples {
                lost = state.waitingSamples
                state.work.blocks = []
                state.waitingSamples = 0
            }
            state.work.blocks.append((start, samples))
            state.waitingSamples += samples.count
            state.cameSamples += samples.count
            return (lost, state.noteLoss(lost))
        }
        if let body { report(body) }
        return lost
    }

    /// Takes out what is to be done; nil once nothing more will come.
    func take() -> Work? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            defer { (state.work, state.waitingSamples) = (Work(), 0) }
            return state.work
        }
    }

    /// Puts in what is known.
    func put(_ picture: VoicePicture) {
        state.withLock { state in
            state.pictures.append(picture)
            guard state.pictures.count > Self.mostPictures else { return }
            let oldest = state.pictures.removeFirst()
            state.pictures[0].merges = oldest.merges + state.pictures[0].merges
        }
    }

    /// Takes out what has become known.
    func takePictures() -> [VoicePicture] {
        state.withLock { state in
            defer { state.pictures = [] }
            return state.pictures
        }
    }

    /// Has a voice forgotten.
    func forget(voice: Int) { state.withLock { $0.work.forgotten.append(voice) } }

    /// Nothing more comes, and all is forgotten.
    func close() {
        state.withLock { state in
            state = State()
            state.isClosed = true
        }
    }

    /// Whether anything is to be done, and whether it is enough to be woken for.
    var isWaiting: Bool {
        state.withLock { $0.isClosed || $0.waitingSamples > 0 || !$0.work.forgotten.isEmpty }
    }
    var isDue: Bool { state.withLock { $0.waitingSamples >= Self.dueSamples || !$0.work.forgotten.isEmpty } }

    var waitingSeconds: Double { Double(state.withLock { $0.waitingSamples }) / Double(AudioGrid.sampleRateHz) }
}

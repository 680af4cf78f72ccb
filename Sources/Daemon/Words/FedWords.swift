import MediaTypes
import Words

/// What one speaker says as far as a source feeds it: cut into units, which go to the recogniser. It lives for as long
/// as words of the speaker are permitted, and what it has heard is wiped when that ends.
///
/// Confined to the thread (or event loop) of its source.
final class FedWords {
    /// The permission under which it hears.
    let permission: Int
    private let speaker: HeardSpeaker
    private let pool: RecogniserPool
    private var cutter = UnitCutter()

    init(_ speaker: HeardSpeaker, permission: Int, pool: RecogniserPool) {
        self.speaker = speaker
        self.permission = permission
        self.pool = pool
        pool.listen()
    }

    deinit { pool.leave() }

    func hear(start: MediaTime, samples: Span<Float>) { cutter.hear(start: start, samples: samples, into: send) }

    func hearSilence(start: MediaTime, count: Int) { cutter.hearSilence(start: start, count: count, into: send) }

    /// Takes in what the voice core says of what was heard.
    func take(_ outputs: [SpeakerOutput]) {
        for case .change(let change) in outputs { cutter.take(change, into: send) }
        cutter.advance(into: send)
        // What still goes on is written down only where nothing waits for it.
        guard speaker.makesPartials, cutter.isPartialDue, pool.takesPartials else { return }
        if let unit = cutter.takePartial() { send(unit) }
    }

    /// No more comes for now: what is open is a unit.
    func finish() { cutter.finish(send) }

    private func send(_ unit: SpeechUnit) { pool.add(unit, of: speaker, permission: permission) }
}

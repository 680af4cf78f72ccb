public import Events

/// One thing that a lane beside the voice has found: a word, what a face did for a tenth of a second.
public protocol LaneRecord: Sendable {
    /// The hops of the session that it is about.
    var hops: Range<Int64> { get }
    /// Tells a record from others of its lane; what comes later under the same number replaces it.
    var id: Int64 { get }
}

/// What a lane beside the voice comes to in ticks: the one place that knows its records. A new kind of evidence is a
/// record, a window of this kind, and a field.
public protocol EvidenceWindow: Sendable {
    /// What the lane yields.
    associatedtype Record: LaneRecord
    /// Name of its field in a tick.
    static var name: String { get }
    /// Name of the lane; that of the field where nothing else is said.
    static var lane: String { get }
    /// How long the session waits for the lane before it settles without it, in hops (10 ms).
    static var patienceHops: Int64 { get }

    /// A window that has seen nothing.
    init()
    /// Takes in a record that will not change any more.
    mutating func take(_ record: Record)
    /// What to show at `hop` of the session; nil leaves the field out.
    func fields(at hop: Int64) -> [LaneFields.Field]?
}

extension EvidenceWindow {
    /// As its field.
    public static var lane: String { name }
}

/// What lanes beside the voice have come to for one person, by the kind of window.
typealias Evidence = [ObjectIdentifier: any ShownEvidence]

/// A window as the engine sees it, whatever its records are.
protocol ShownEvidence: Sendable {
    /// What a tick shows of it; nil for nothing.
    func fields(at hop: Int64) -> LaneFields?
    /// Nods of a listener that were seen after `hop`.
    func listenerNods(after hop: Int64) -> Int
}

/// A lane as the engine sees it, whatever its records are.
protocol SettlingLane: Sendable {
    /// Settles what is due: up to the lane's watermark, and at the latest its patience behind the present.
    ///
    /// - Parameter evidence: what is known of the person whose voice it is, who takes what has become final; nil where
    ///   that is nobody yet, or somebody who may not be measured: then it is dropped.
    mutating func settle(present: Int64, into evidence: inout Evidence?)
}

/// The window of one person, and how far it has come.
private struct Shown<Window: EvidenceWindow>: ShownEvidence {
    var window = Window()
    var settledHops: Int64 = 0

    func fields(at hop: Int64) -> LaneFields? {
        window.fields(at: min(hop, settledHops)).map {
            LaneFields(name: Window.name, lane: Window.lane, fields: $0)
        }
    }

    func listenerNods(after hop: Int64) -> Int { (window as? FaceWindow)?.listenerNods(after: hop) ?? 0 }
}

/// Records of one voice from one lane beside that of its sound, until they are final. Whose voice it is need not be
/// known before.
struct EvidenceLane<Window: EvidenceWindow>: SettlingLane {
    /// Records that may wait; more are dropped and counted.
    private static var maxWaiting: Int { 4_096 }

    /// Records that came too late, for which there was no room, or of whom nobody knew whose they were.
    private(set) var dropped = 0
    private var watermark: Int64 = 0
    /// Up to here everything is final.
    private(set) var settledHops: Int64 = 0
    private var waiting: [Window.Record] = []

    /// Takes in a record, or another version of one that is not final yet.
    mutating func push(_ record: Window.Record) {
        if let index = waiting.firstIndex(where: { $0.id == record.id }) {
            waiting[index] = record
        } else if record.hops.lowerBound < settledHops || waiting.count >= Self.maxWaiting {
            dropped += 1
        } else {
            waiting.append(record)
        }
    }

    /// Everything before `hop` has been said and will not be revised.
    mutating func advance(watermark hop: Int64) {
        watermark = max(watermark, hop)
    }

    mutating func settle(present: Int64, into evidence: inout Evidence?) {
        let until = max(min(watermark, present), present - Window.patienceHops)
        guard until > settledHops else { return }
        settledHops = until
        let due = waiting.filter { $0.hops.upperBound <= until }.sorted { $0.hops.lowerBound < $1.hops.lowerBound }
        waiting.removeAll { $0.hops.upperBound <= until }
        guard evidence != nil else {
            dropped += due.count
            return
        }
        let kind = ObjectIdentifier(Window.self)
        var shown = evidence?[kind] as? Shown<Window> ?? Shown()
        shown.settledHops = max(shown.settledHops, until)
        for record in due { shown.window.take(record) }
        evidence?[kind] = shown
    }
}

import Events
import Kit
import Logging

/// A track that can be given up.
protocol SheddableTrack: AnyObject {
    var session: LiveSession { get }
    /// Name of its speaker.
    var speakerName: String { get }
    /// Whether what comes of it is not looked at; setting it makes that so.
    var isGivenUp: Bool { get set }
}

/// One part of the daemon that may have too much to do: an event loop, or the threads of all inputs that block. Carries
/// out what its `LoadController` decides, and tells the sessions, the log and the metrics.
struct LoadPart {
    /// How it is called in the log.
    let name: String
    private let reason: Degraded.Reason
    private let board: LoadBoard
    private let logger: Logger
    private var controller: LoadController
    /// What each session was told last.
    private var told: [ObjectIdentifier: (session: LiveSession, share: SessionShedding.Share)] = [:]

    init(name: String, reason: Degraded.Reason, target: Double, board: LoadBoard, logger: Logger) {
        self.name = name
        self.reason = reason
        self.board = board
        self.logger = logger
        controller = LoadController(target: target)
    }

    /// Whether anything is given up.
    var isShedding: Bool { controller.shed.level > 0 }

    /// Takes what a step has measured, and gives up or takes back what that asks for.
    ///
    /// - Parameters:
    ///   - tracks: all that have media, those of a session in the order they came.
    ///   - sessions: all that have a source here.
    mutating func step(
        _ reading: LoadController.Reading, tracks: [any SheddableTrack], sessions: [LiveSession], nowNanoseconds: Int64
    ) {
        let before = controller.shed
        controller.step(reading, tracks: tracks.count, givenUp: tracks.count { $0.isGivenUp })
        let shed = controller.shed
        if shed.tracks > 0 || before.tracks > 0 {
            let candidates = tracks.enumerated().map { place, track in
                ShedPlan.Candidate(
                    priority: track.session.shedding.priority, session: track.session.shedding.ordinal, place: place,
                    isGivenUp: track.isGivenUp)
            }
            let chosen = ShedPlan.chosen(shed.tracks, of: candidates)
            for (index, track) in tracks.enumerated() where track.isGivenUp != chosen.contains(index) {
                track.isGivenUp.toggle()
            }
        }
        if shed.level > 0 || before.level > 0 || !told.isEmpty { tell(tracks, sessions, nowNanoseconds) }
        board.note(LoadBoard.Figures(load: controller.load, level: shed.level, tracks: shed.tracks), of: name)
        if shed.level != before.level { log(shed, tracks: tracks.count) }
    }

    /// Forgets everything: nothing is left to do.
    mutating func reset() {
        controller = LoadController(target: controller.target)
        told = [:]
        board.note(LoadBoard.Figures(), of: name)
    }

    private mutating func tell(_ tracks: [any SheddableTrack], _ sessions: [LiveSession], _ now: Int64) {
        let shed = controller.shed
        var names: [ObjectIdentifier: [String]] = [:]
        for track in tracks where track.isGivenUp {
            names[ObjectIdentifier(track.session), default: []].append(track.speakerName)
        }
        var still: [ObjectIdentifier: (session: LiveSession, share: SessionShedding.Share)] = [:]
        for session in sessions {
            let key = ObjectIdentifier(session)
            var share = SessionShedding.Share(
                ticks: shed.ticks, tracks: names[key] ?? [], level: shed.level, reason: reason)
            let isTouched = !share.tracks.isEmpty || session.shedding.priority.tickEvery(level: shed.ticks) > 1
            if !isTouched { share = SessionShedding.Share() }
            guard share != told[key]?.share ?? SessionShedding.Share() else {
                still[key] = told[key]
                continue
            }
            if isTouched { still[key] = (session, share) }
            share.load = isTouched ? controller.load : 0
            session.shedding.set(share, by: name, nowNanoseconds: now) { event in
                board.count(event)
                session.report(event)
            }
        }
        told = still
    }

    private func log(_ shed: LoadController.Shed, tracks: Int) {
        let load = (100 * controller.load).rounded() / 100
        if shed.level == 0 {
            logger.notice("\(name): everything is back, load \(load)")
        } else {
            logger.warning(
                """
                \(name): shedding level \(shed.level) of 4, load \(load): ticks thinned to level \(shed.ticks) of 3, \
                \(shed.tracks) of \(tracks) tracks given up (docs/decisions/overload.md)
                """)
        }
    }
}

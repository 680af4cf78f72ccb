import Decode
import Events
import MediaTypes
import Sight

/// What a recording's pictures show, as CSV text.
public enum PictureTable {
    /// Pictures a second that are looked at.
    public static let rateHz = 10.0

    /// Writes one row per picture that was looked at: `time_s,face,yaw_deg,pitch_deg,roll_deg,mouth,nod,state`. What
    /// can't be told is empty.
    ///
    /// - Parameters:
    ///   - track: number of the track of pictures, from 0.
    ///   - all: also `faces,shake,presence,face_width_ratio,eye_distance_px,mouth_opening,body_motion`.
    ///   - eyes: also `gaze_x,gaze_y,eye_opening,iris_px`, for which `detection` has to see eyes.
    ///   - odd: is told what is odd about the media, a line each.
    ///   - write: is handed pieces of the text in order.
    public static func watch(
        _ media: String, track: Int = 0, all: Bool = false, eyes: Bool = false, detection: FaceDetection,
        odd: (String) -> Void = { _ in }, write: ([UInt8]) throws -> Void
    ) throws {
        var options = InputOptions()
        options.pictureRateHz = rateHz
        var input = try MediaInput(media, options: options, cancellation: Cancellation())
        guard input.pictureTracks.indices.contains(track) else {
            throw MediaError.noSuchPictures(track, of: media, available: input.pictureTracks.count)
        }
        let watcher = FaceWatcher(networks: try detection.networks())
        let rows = PictureRows(showsAll: all, showsEyes: eyes)
        input.viewer = PictureViewer(
            mayLook: { $0 == track },
            look: { _, time, picture in rows.take(watcher.look(at: picture, time: time), watcher.eyes) },
            miss: { _, time in rows.take(watcher.missing(at: time), nil) })
        try write(rows.header)
        while try input.read({ _, _, _ in }) != .end { try write(rows.ready()) }
        try write(rows.finish())
        input.oddities.forEach(odd)
    }
}

/// Rows that wait until it is known whether they lie in a gesture.
private final class PictureRows {
    private let showsAll: Bool, showsEyes: Bool
    private var behaviour = FaceBehaviour()
    private var waiting: [FaceBehaviour.Seen] = []
    private var gestures: [HeadGesture] = []
    /// What was seen of the eyes in the pictures whose rows are still to come.
    private var eyes: [EyeSighting?] = []

    init(showsAll: Bool, showsEyes: Bool) {
        (self.showsAll, self.showsEyes) = (showsAll, showsEyes)
    }

    var header: [UInt8] {
        let more = ",faces,shake,presence,face_width_ratio,eye_distance_px,mouth_opening,body_motion"
        let ofEyes = ",gaze_x,gaze_y,eye_opening,iris_px"
        let columns = "time_s,face,yaw_deg,pitch_deg,roll_deg,mouth,nod,state"
        return Array("\(columns)\(showsAll ? more : "")\(showsEyes ? ofEyes : "")\n".utf8)
    }

    func take(_ sighting: FaceSighting, _ seen: EyeSighting?) {
        eyes.append(seen)
        let outcome = behaviour.take(sighting)
        waiting += outcome.seen
        gestures += outcome.gestures
    }

    /// The rows of which everything is known.
    func ready() -> [UInt8] {
        let decided = behaviour.decidedSeconds
        let count = waiting.firstIndex { $0.sighting.time.seconds >= decided } ?? waiting.count
        defer {
            waiting.removeFirst(count)
            eyes.removeFirst(count)
            gestures.removeAll { $0.end < decided - 1 }
        }
        return text(of: waiting.prefix(count))
    }

    func finish() -> [UInt8] {
        waiting += behaviour.finish()
        defer { (waiting, eyes) = ([], []) }
        return text(of: waiting[...])
    }

    private func text(of rows: ArraySlice<FaceBehaviour.Seen>) -> [UInt8] {
        zip(rows, eyes).reduce(into: []) { row($1.0, $1.1, &$0) }
    }

    private func row(_ seen: FaceBehaviour.Seen, _ eyes: EyeSighting?, _ text: inout [UInt8]) {
        let sighting = seen.sighting, seconds = sighting.time.seconds
        func field(_ value: Float?, _ decimals: Int) {
            text.append(0x2C)
            if let value { appendDecimal(Double(value), decimals: decimals, to: &text) }
        }
        func isIn(_ kind: HeadGesture.Kind) -> Float {
            gestures.contains { $0.kind == kind && $0.start <= seconds && seconds <= $0.end } ? 1 : 0
        }
        let hasFace = sighting.hasFace
        appendDecimal(seconds, decimals: 3, to: &text)
        field(sighting.faceCount > 0 ? 1 : 0, 0)
        field(hasFace ? sighting.yawDeg : nil, 2)
        field(hasFace ? sighting.pitchDeg : nil, 2)
        field(hasFace ? sighting.rollDeg : nil, 2)
        field(seen.visualSpeech, 3)
        field(isIn(.nod), 0)
        text.append(0x2C)
        if sighting.state != .unknown { text += Array("\(sighting.state)".utf8) }
        if showsAll {
            field(Float(sighting.faceCount), 0)
            field(isIn(.shake), 0)
            field(hasFace ? sighting.presence : nil, 3)
            field(hasFace ? sighting.widthRatio : nil, 3)
            field(hasFace ? sighting.eyeDistancePx : nil, 1)
            field(hasFace ? sighting.mouthOpening : nil, 4)
            field(hasFace ? sighting.bodyMotion : nil, 4)
        }
        if showsEyes {
            field(eyes?.gazeX, 3)
            field(eyes?.gazeY, 3)
            field(eyes?.opening, 3)
            field(eyes?.irisPx, 1)
        }
        text.append(0x0A)
    }
}

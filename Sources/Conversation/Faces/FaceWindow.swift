import DequeModule
public import Events
public import MediaTypes
import Statistics

/// What a speaker's camera has shown lately, and how that person usually is in this call.
public struct FaceWindow: EvidenceWindow {
    /// Name of its field in a tick.
    public static let name = LaneFields.visibleName
    /// Name of the lane, as consent knows it.
    public static let lane = "face"
    /// A gesture is known when the head has come to rest, and pictures are looked at half a second after they come.
    public static let patienceHops: Int64 = 200

    /// What is told of looks back so far, in hops (30 s).
    private static let lengthHops: Int64 = 3_000
    /// What is told as it is now: over the last 3 s.
    private static let nowHops: Int64 = 300
    private static let mostSightings = 600, mostGestures = 512
    /// Below so many looks a second gestures are missed.
    private static let leastLooksPerSecond = 8.0
    /// Share of the window in which the face has to be seen for gestures to be counted.
    private static let leastPresence = 0.8
    /// Smaller eyes say too little of a pose.
    private static let leastEyeDistancePx: Float = 20
    /// Beyond this a pose reads low.
    private static let greatestYawDeg: Float = 50
    /// So near to the usual direction somebody faces what they usually face.
    private static let facingYawDeg = 20.0, facingPitchDeg = 15.0
    /// Looks after which a usual value is one: 30 s of them.
    private static let leastUsual = 240

    private struct Look {
        var hop: Int64
        var sighting: FaceSighting
        var visualSpeech: Float?
        /// Speed of the head since the look before; nil where that was long ago.
        var degreesPerSecond: Float?
    }

    private var looks: Deque<Look> = []
    private var gestures: Deque<FaceRecord.Gesture> = []
    private var yaw = UsualValue(range: -90...90, step: 1)
    private var pitch = UsualValue(range: -90...90, step: 1)
    private var roll = UsualValue(range: -90...90, step: 1)
    private var eyes = UsualValue(range: 0...1_000, step: 2)
    private var width: Float = 0

    /// Has seen nothing.
    public init() {}

    /// Takes in what will not change any more.
    public mutating func take(_ record: FaceRecord) {
        switch record {
        case .gesture(let gesture):
            gestures.append(gesture)
            if gestures.count > Self.mostGestures { gestures.removeFirst() }
        case .seen(let hop, let sighting, let visualSpeech): take(hop, sighting, visualSpeech)
        }
    }

    private mutating func take(_ hop: Int64, _ sighting: FaceSighting, _ visualSpeech: Float?) {
        var look = Look(hop: hop, sighting: sighting, visualSpeech: visualSpeech)
        if let before = looks.last, Self.hasPose(before.sighting), Self.hasPose(sighting) {
            let seconds = Float(hop - before.hop) / Float(AudioGrid.hopsPerSecond)
            let turn = hypotenuse(
                sighting.yawDeg - before.sighting.yawDeg, sighting.pitchDeg - before.sighting.pitchDeg)
            if seconds > 0, seconds < 0.3 { look.degreesPerSecond = turn / seconds }
        }
        looks.append(look)
        while let first = looks.first, looks.count > Self.mostSightings || hop - first.hop > Self.lengthHops {
            looks.removeFirst()
        }
        guard Self.hasPose(sighting) else { return }
        yaw.add(Double(sighting.yawDeg))
        pitch.add(Double(sighting.pitchDeg))
        roll.add(Double(sighting.rollDeg))
        eyes.add(Double(sighting.eyeDistancePx))
    }

    private static func hasPose(_ sighting: FaceSighting) -> Bool {
        sighting.hasFace && sighting.eyeDistancePx >= leastEyeDistancePx && abs(sighting.yawDeg) <= greatestYawDeg
    }

    /// Nods with which this person listened, after `hop`: backchannels that were seen.
    func listenerNods(after hop: Int64) -> Int {
        gestures.count { $0.kind == .nod && $0.isListening && $0.hops.upperBound > hop }
    }

    /// What to show at `hop`; nil before anything was seen.
    public func fields(at hop: Int64) -> [LaneFields.Field]? {
        let all = Array(looks.filter { $0.hop > hop - Self.lengthHops && $0.hop <= hop })
        guard let last = all.last, let state = VideoState.State(last.sighting.state) else { return nil }
        let live = all.filter { $0.sighting.state == .live }
        let isLive = state == .live && !live.isEmpty
        let posed = live.filter { Self.hasPose($0.sighting) }
        let now = posed.filter { $0.hop > hop - Self.nowHops }
        func mean(_ looks: [Look], _ value: (Look) -> Float?) -> Double? {
            let values = looks.compactMap(value)
            return values.isEmpty ? nil : Double(values.reduce(0, +)) / Double(values.count)
        }
        func off(_ usual: UsualValue, _ value: @escaping (FaceSighting) -> Float) -> Double? {
            guard let centre = usual.median(atLeast: Self.leastUsual), let now = mean(now, { value($0.sighting) })
            else { return nil }
            return now - centre
        }
        return [
            .init("state", text: state.rawValue),
            .init("faces", isLive ? Double(last.sighting.faceCount) : nil),
            .init("face_present_ratio", isLive ? mean(live) { $0.sighting.faceCount > 0 ? 1 : 0 } : nil),
            .init("face_width_ratio", isLive ? mean(now) { $0.sighting.widthRatio } : nil),
            .init("head_yaw_deg", isLive ? off(yaw) { $0.yawDeg } : nil),
            .init("head_pitch_deg", isLive ? off(pitch) { $0.pitchDeg } : nil),
            .init("head_roll_deg", isLive ? off(roll) { $0.rollDeg } : nil),
            .init("facing_ratio", isLive ? facing(posed) : nil),
            .init("nods_per_min", perMinute(.nod, all, hop)),
            .init("shakes_per_min", perMinute(.shake, all, hop)),
            .init("head_motion_deg_per_s", isLive ? mean(posed) { $0.degreesPerSecond } : nil),
            .init("body_motion", isLive ? mean(posed) { $0.sighting.bodyMotion } : nil),
            .init("distance_ratio", isLive ? distance(now) : nil),
            .init("visual_speech", isLive ? mean(now) { $0.visualSpeech } : nil),
        ]
    }

    /// Share of the looks in which the head is turned to where it usually is.
    private func facing(_ posed: [Look]) -> Double? {
        guard let yaw = yaw.median(atLeast: Self.leastUsual), let pitch = pitch.median(atLeast: Self.leastUsual),
            !posed.isEmpty
        else { return nil }
        let facing = posed.count {
            abs(Double($0.sighting.yawDeg) - yaw) <= Self.facingYawDeg
                && abs(Double($0.sighting.pitchDeg) - pitch) <= Self.facingPitchDeg
        }
        return Double(facing) / Double(posed.count)
    }

    /// Distance from the camera relative to the usual one: above 1 is further away.
    private func distance(_ now: [Look]) -> Double? {
        guard let usual = eyes.median(atLeast: Self.leastUsual), !now.isEmpty else { return nil }
        let eyes = now.reduce(0) { $0 + Double($1.sighting.eyeDistancePx) } / Double(now.count)
        return eyes > 0 ? usual / eyes : nil
    }

    /// How often a listener nods or shakes the head in a minute, where that can be told.
    private func perMinute(_ kind: FaceRecord.Gesture.Kind, _ all: [Look], _ hop: Int64) -> Double? {
        guard let first = all.first, let last = all.last else { return nil }
        let seconds = Double(last.hop - first.hop) / Double(AudioGrid.hopsPerSecond)
        guard seconds >= 10, Double(all.count - 1) / seconds >= Self.leastLooksPerSecond,
            Double(all.count { Self.hasPose($0.sighting) }) >= Self.leastPresence * Double(all.count)
        else { return nil }
        let count = gestures.count { $0.kind == kind && $0.isListening && $0.hops.upperBound > hop - Self.lengthHops }
        return Double(count) * 60 / seconds
    }

    private func hypotenuse(_ x: Float, _ y: Float) -> Float { (x * x + y * y).squareRoot() }
}

/// The usual value of something: the median of all there was, out of a histogram.
struct UsualValue: Sendable {
    private let range: ClosedRange<Double>
    private let step: Double
    private var counts: [Int32]
    private var total = 0

    init(range: ClosedRange<Double>, step: Double) {
        self.range = range
        self.step = step
        counts = [Int32](repeating: 0, count: Int((range.upperBound - range.lowerBound) / step) + 1)
    }

    /// Takes in a value; what lies outside counts as the edge, and what is no number not at all.
    mutating func add(_ value: Double) {
        guard value.isFinite, total < Int(Int32.max) else { return }
        let inside = min(range.upperBound, max(range.lowerBound, value))
        counts[Int(((inside - range.lowerBound) / step).rounded())] += 1
        total += 1
    }

    /// The median, where there were so many values.
    func median(atLeast least: Int) -> Double? {
        guard total >= least else { return nil }
        return Histogram(counts).quantile(0.5, count: total).map { range.lowerBound + $0 * step }
    }
}

extension VideoState.State {
    /// The state of a picture as it is told; nil where it is not known.
    public init?(_ state: PictureState) {
        switch state {
        case .unknown: return nil
        case .live: self = .live
        case .off: self = .off
        case .black: self = .black
        case .covered: self = .covered
        case .frozen: self = .frozen
        case .screen: self = .screen
        }
    }
}

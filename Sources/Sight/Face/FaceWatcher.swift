public import MediaTypes

/// Looks at the pictures of one track, one after the other, and says of each what it shows. Keeps no picture.
public final class FaceWatcher {
    /// How often faces are counted, in seconds.
    private static let countSeconds = 1.0
    /// How often a face is looked for where there is none, in seconds.
    private static let searchSeconds = 0.3
    /// How often the detector of faces that are far away is asked: at first, and after so many times in vain.
    private static let farSeconds = 1.0, farSecondsInVain = 5.0, farTriesBeforeInVain = 3
    /// Below this mean difference (of 255) a face does not move, and its mesh stays as it was.
    private static let stillDifference = 0.05
    /// A mesh whose eyes both lie further than this from those of the detector, in distances of the eyes, has strayed: it
    /// is followed from picture to picture, and now and then goes wrong where a head is turned far.
    private static let strayDistance = 0.4
    /// Faces beyond the first that are looked at to count them.
    private static let mostOthers = 4

    private let networks: FaceNetworks
    private let glance = PictureGlance()
    private var watch = PictureWatch()
    private var size = (width: 0, height: 0)
    /// Where the mesh is laid next; nil where there is no face.
    private var square: PictureSquare?
    private var countedAt = -Double.infinity, searchedAt = -Double.infinity, farAt = -Double.infinity
    private var farInVain = 0
    private var faceCount: UInt8 = 0
    private var last: FaceSighting?
    /// The mesh of `last`, and whether the picture looked at last shows it.
    private var lastPoints: FacePoints?
    private var lastEyes: EyeSighting?
    private var isShown = false
    private var yaw = OneEuroFilter(leastHz: 1, slope: 0.05)
    private var pitch = OneEuroFilter(leastHz: 1, slope: 0.05)
    private var roll = OneEuroFilter(leastHz: 1, slope: 0.05)

    /// A watcher that has seen nothing; `networks` may serve other watchers of the same thread, too.
    public init(networks: FaceNetworks) {
        self.networks = networks
    }

    /// What was seen of the eyes in the picture looked at last, where the networks have what looks at them; nil where
    /// nothing of a face was measured in it.
    public var eyes: EyeSighting? { isShown ? lastEyes : nil }

    /// The contours of the face in the picture looked at last; nil where nothing of a face was measured in it.
    public var outline: FaceOutline? { isShown ? lastPoints?.outline(width: size.width, height: size.height) : nil }

    /// Looks at a picture. Times may not go back.
    public func look(at picture: borrowing Picture, time: MediaTime) -> FaceSighting {
        let seconds = time.seconds
        if (picture.width, picture.height) != size {
            size = (picture.width, picture.height)
            forget()
        }
        glance.look(at: picture)
        var sighting = FaceSighting(time: time, state: .unknown)
        if glance.mean >= PictureWatch.blackMean || glance.deviation >= PictureWatch.blackDeviation {
            see(picture, seconds, &sighting)
        } else {
            lose()
        }
        watch.take(
            PictureWatch.Look(
                mean: glance.mean, deviation: glance.deviation, flatShare: glance.flatShare,
                difference: glance.difference, hasFace: sighting.hasFace), at: seconds)
        sighting.state = watch.state
        sighting.faceCount = faceCount
        // What does not move is nobody who takes part now.
        if watch.state != .live, watch.state != .unknown {
            sighting = FaceSighting(time: time, state: watch.state)
        }
        // Of several people nobody knows who is meant: they are counted, and nothing is measured.
        if faceCount > 1 { sighting.hasFace = false }
        isShown = sighting.hasFace
        return sighting
    }

    /// No picture has come for a while; `time` is that of the media around it.
    public func missing(at time: MediaTime) -> FaceSighting {
        watch.takeNothing()
        forget()
        isShown = false
        return FaceSighting(time: time, state: .off)
    }

    private func forget() {
        glance.reset()
        lose()
        farInVain = 0
        searchedAt = -.infinity
        farAt = -.infinity
    }

    private func lose() {
        square = nil
        last = nil
        lastPoints = nil
        lastEyes = nil
        faceCount = 0
        countedAt = -.infinity
        yaw.reset()
        pitch.reset()
        roll.reset()
    }

    private func see(_ picture: borrowing Picture, _ seconds: Double, _ sighting: inout FaceSighting) {
        if let last, isStill(last) {
            sighting.copyFace(of: last)
            sighting.bodyMotion = 0
            // Eyes move in a face that does not.
            if let lastPoints { lastEyes = eyes(lastPoints, last, picture) }
            return
        }
        var points = square.flatMap { networks.mesh?.points(in: $0, of: picture) }
        if points == nil {
            if square != nil { lose() }
            points = search(picture, seconds)
        } else if seconds - countedAt >= Self.countSeconds, let stray = count(picture, seconds, points) {
            points = first([stray], of: picture) ?? points
        }
        guard let points, let next = points.meshSquare, let pose = HeadPose(points) else { return lose() }
        square = next
        faceCount = max(1, faceCount)
        measure(points, pose, seconds, &sighting)
        last = sighting
        lastPoints = points
        lastEyes = eyes(points, sighting, picture)
    }

    private func eyes(_ points: FacePoints, _ sighting: FaceSighting, _ picture: borrowing Picture) -> EyeSighting? {
        networks.iris?.eyes(of: points, yawDeg: Double(sighting.yawDeg), in: picture)
    }

    /// Looks for a face that is nearest, or where there is none from time to time for one that is far away.
    private func search(_ picture: borrowing Picture, _ seconds: Double) -> FacePoints? {
        guard seconds - searchedAt >= Self.searchSeconds else { return nil }
        searchedAt = seconds
        if let found = first(networks.near.find(in: picture), of: picture) {
            networks.forgetFar()
            count(picture, seconds, found)
            return found
        }
        let pause = farInVain < Self.farTriesBeforeInVain ? Self.farSeconds : Self.farSecondsInVain
        guard seconds - farAt >= pause else { return nil }
        farAt = seconds
        let found = first(networks.far?.find(in: picture) ?? [], of: picture)
        farInVain = found == nil ? farInVain + 1 : 0
        return found
    }

    /// The points of the largest face of which the mesh agrees that it is one.
    private func first(_ faces: [FoundFace], of picture: borrowing Picture) -> FacePoints? {
        for face in faces.sorted(by: { $0.width > $1.width }).prefix(Self.mostOthers) {
            // The first square comes from two eyes only: what the mesh has found itself is better.
            guard let rough = networks.mesh?.points(in: face.meshSquare, of: picture), let square = rough.meshSquare,
                let points = networks.mesh?.points(in: square, of: picture)
            else { continue }
            return points
        }
        return nil
    }

    /// Counts the faces; the one with `points` is known. Returns it as the detector sees it, where the points have strayed
    /// from it.
    @discardableResult
    private func count(_ picture: borrowing Picture, _ seconds: Double, _ points: FacePoints?) -> FoundFace? {
        countedAt = seconds
        let known = points?.meshSquare
        var others = 0, stray: FoundFace?
        for face in networks.near.find(in: picture).prefix(Self.mostOthers + 1) {
            let centre = (x: face.left + face.width / 2, y: face.top + face.height / 2)
            if let known, abs(centre.x - known.centreX) < known.side / 2, abs(centre.y - known.centreY) < known.side / 2
            {
                if let points, points.eyesMissed(by: face) > Self.strayDistance { stray = stray ?? face }
                continue
            }
            if networks.mesh?.points(in: face.meshSquare, of: picture) != nil { others += 1 }
        }
        faceCount = UInt8(clamping: others + (known == nil ? 0 : 1))
        return stray
    }

    private func measure(_ points: FacePoints, _ pose: HeadPose, _ seconds: Double, _ sighting: inout FaceSighting) {
        sighting.hasFace = true
        sighting.presence = Float(points.presence)
        sighting.rawYawDeg = Float(pose.yawDeg)
        sighting.rawPitchDeg = Float(pose.pitchDeg)
        sighting.yawDeg = Float(yaw.smooth(pose.yawDeg, at: seconds))
        sighting.pitchDeg = Float(pitch.smooth(pose.pitchDeg, at: seconds))
        sighting.rollDeg = Float(roll.smooth(pose.rollDeg, at: seconds))
        let box = points.box
        let width = Double(size.width), height = Double(size.height)
        sighting.widthRatio = Float((box.right - box.left) / width)
        sighting.centreX = Float((box.left + box.right) / 2 / width)
        sighting.centreY = Float((box.top + box.bottom) / 2 / height)
        let eyes = points.eyeDistance
        sighting.eyeDistancePx = Float(eyes)
        sighting.mouthOpening = eyes > 0 ? Float(points.distance(FacePoints.upperLip, FacePoints.lowerLip) / eyes) : 0
        let across = box.right - box.left, down = box.bottom - box.top
        let body = glance.difference(
            x: (box.left - across) / width...(box.right + across) / width,
            y: box.bottom / height...(box.bottom + 2 * down) / height)
        sighting.bodyMotion = Float((body ?? 0) / 255)
    }

    /// Whether nothing moves where the face was.
    private func isStill(_ last: FaceSighting) -> Bool {
        guard last.hasFace else { return false }
        let half = Double(last.widthRatio) / 2
        let tall = half * Double(size.width) / Double(size.height) * 1.4
        let x = Double(last.centreX), y = Double(last.centreY)
        guard let difference = glance.difference(x: x - half...x + half, y: y - tall...y + tall) else { return false }
        return difference <= Self.stillDifference
    }
}

extension FacePoints {
    /// The least box around the points, in pixels of the picture.
    var box: (left: Double, top: Double, right: Double, bottom: Double) {
        (x.min() ?? 0, y.min() ?? 0, x.max() ?? 0, y.max() ?? 0)
    }

    /// By how much the eyes lie elsewhere than a detector says, in distances of the eyes: that of the eye for which it is
    /// less. Of a head that is turned far a detector knows one of them.
    func eyesMissed(by face: FoundFace) -> Double {
        func middle(_ values: [Double], _ corner: Int, _ inner: Int) -> Double { (values[corner] + values[inner]) / 2 }
        let right = (x: middle(x, Self.rightEye, Self.rightInner), y: middle(y, Self.rightEye, Self.rightInner))
        let left = (x: middle(x, Self.leftEye, Self.leftInner), y: middle(y, Self.leftEye, Self.leftInner))
        let apart = length(right, left)
        return apart > 0 ? min(length(right, face.rightEye), length(left, face.leftEye)) / apart : .infinity
    }

    /// Distance of the eyes' centres, as if the face looked straight ahead.
    var eyeDistance: Double {
        func middle(_ values: [Double]) -> Double {
            (values[Self.leftEye] + values[Self.leftInner] - values[Self.rightEye] - values[Self.rightInner]) / 2
        }
        let across = middle(x), down = middle(y), deep = middle(z)
        return (across * across + down * down + deep * deep).squareRoot()
    }
}

extension FaceSighting {
    /// Takes over what was measured of a face that has not moved.
    mutating func copyFace(of other: FaceSighting) {
        let time = time, state = state
        self = other
        self.time = time
        self.state = state
    }
}

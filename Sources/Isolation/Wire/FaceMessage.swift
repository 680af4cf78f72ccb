package import MediaTypes

/// What a picture of a track has shown, on its way: all that ever leaves the process that decodes it.
package struct FaceMessage: Equatable {
    /// Number of the track of pictures, checked against nothing yet.
    package let track: Int
    /// What was seen.
    package let sighting: FaceSighting

    package init(track: Int, sighting: FaceSighting) {
        self.track = track
        self.sighting = sighting
    }

    /// Most faces that anybody counts.
    private static let mostFaces: UInt8 = 16

    /// The numbers of a sighting, each with the range in which it makes sense.
    private static var fields: [(WritableKeyPath<FaceSighting, Float>, ClosedRange<Float>)] {
        [
            (\.presence, 0...1), (\.widthRatio, 0...8), (\.eyeDistancePx, 0...16_384), (\.centreX, -8...8),
            (\.centreY, -8...8), (\.yawDeg, -180...180), (\.pitchDeg, -180...180), (\.rollDeg, -180...180),
            (\.rawPitchDeg, -180...180), (\.rawYawDeg, -180...180), (\.mouthOpening, 0...64), (\.bodyMotion, 0...1),
        ]
    }

    package func put(into writer: inout WireWriter) {
        writer.put(UInt16(clamping: track))
        writer.put(sighting.time.samples)
        writer.put(sighting.state.rawValue)
        writer.put(sighting.faceCount)
        writer.put(sighting.hasFace)
        // What is far out is at the edge: the networks may see strange things in strange pictures.
        for (field, range) in Self.fields {
            let value = sighting[keyPath: field]
            writer.put((value.isFinite ? min(range.upperBound, max(range.lowerBound, value)) : 0).bitPattern)
        }
    }

    package init(from reader: inout WireReader) throws(WireError) {
        track = Int(try reader.number(UInt16.self))
        let time = MediaTime(samples: try reader.number(Int64.self))
        guard time.samples >= 0, let state = PictureState(rawValue: try reader.number(UInt8.self)) else {
            throw WireError()
        }
        var sighting = FaceSighting(time: time, state: state, faceCount: try reader.number(UInt8.self))
        guard sighting.faceCount <= Self.mostFaces else { throw WireError() }
        sighting.hasFace = try reader.flag()
        for (field, range) in Self.fields {
            let value = Float(bitPattern: try reader.number(UInt32.self))
            guard range.contains(value) else { throw WireError() }
            sighting[keyPath: field] = value
        }
        self.sighting = sighting
    }
}

/// What the parent says after the order: which tracks of pictures may be looked at, from now on.
package struct LookOrder: Equatable {
    private static let tag: UInt8 = 0x4C

    /// One bit per track, the first the lowest.
    package var tracks: UInt32

    package init(tracks: UInt32) { self.tracks = tracks }

    package func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.put(Self.tag)
        writer.put(tracks)
        return writer.bytes
    }

    package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(bytes[...])
        guard try reader.number(UInt8.self) == Self.tag else { throw WireError() }
        tracks = try reader.number()
        try reader.end()
    }
}

package import MediaTypes

/// What a picture of a track has shown, on its way: all that ever leaves the process that decodes it.
package struct FaceMessage: Equatable {
    /// Number of the track of pictures, checked against nothing yet.
    package let track: Int
    /// What was seen.
    package let sighting: FaceSighting
    /// The contours of the face, where they were asked for; nil where there is none.
    package let outline: FaceOutline?

    package init(track: Int, sighting: FaceSighting, outline: FaceOutline? = nil) {
        self.track = track
        self.sighting = sighting
        self.outline = outline
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
        writer.put(outline != nil)
        guard let outline else { return }
        writer.put(outline.aspectRatio.bitPattern)
        for place in outline.places { writer.put(place) }
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
        outline = try reader.flag() ? Self.outline(from: &reader, of: sighting) : nil
    }

    private static func outline(
        from reader: inout WireReader, of sighting: FaceSighting
    ) throws(WireError) -> FaceOutline {
        let aspectRatio = Float(bitPattern: try reader.number(UInt32.self))
        var places: [UInt16] = []
        for _ in 0..<2 * FaceOutline.pointCount { places.append(try reader.number()) }
        // Of what was not measured nobody knows the contours.
        guard sighting.hasFace, let outline = FaceOutline(aspectRatio: aspectRatio, places: places) else {
            throw WireError()
        }
        return outline
    }
}

/// What the parent says after the order: which tracks of pictures may be looked at, from now on, and of which of them
/// the contours of the face are asked for.
package struct LookOrder: Equatable {
    private static let tag: UInt8 = 0x4C

    /// One bit per track, the first the lowest.
    package var tracks: UInt32, outlines: UInt32

    package init(tracks: UInt32, outlines: UInt32 = 0) {
        self.tracks = tracks
        self.outlines = outlines
    }

    package func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.put(Self.tag)
        writer.put(tracks)
        writer.put(outlines)
        return writer.bytes
    }

    package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(bytes[...])
        guard try reader.number(UInt8.self) == Self.tag else { throw WireError() }
        tracks = try reader.number()
        outlines = try reader.number()
        try reader.end()
    }
}

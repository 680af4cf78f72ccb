/// Where the contours of a face lie in a picture: what somebody draws who asked for it. It is told and let go of, and
/// kept nowhere.
public struct FaceOutline: Sendable, Hashable {
    /// The contours, each a row of points: the oval, the eyes, the lips and the mouth between them are closed, the
    /// others open. Right and left are the person's.
    public enum Part: String, Sendable, CaseIterable {
        case oval
        case browRight = "brow_right"
        case browLeft = "brow_left"
        case nose
        case nostrils
        case eyeRight = "eye_right"
        case eyeLeft = "eye_left"
        case lips
        case mouth

        /// Points of the contour.
        public var count: Int {
            switch self {
            case .oval: 18
            case .browRight, .browLeft, .nose, .nostrils: 5
            case .eyeRight, .eyeLeft, .mouth: 8
            case .lips: 12
            }
        }
    }

    /// Points of all contours.
    public static let pointCount = Part.allCases.reduce(0) { $0 + $1.count }

    /// Width of the picture by its height.
    public let aspectRatio: Float
    /// The points in the order of the contours, x before y, each from 0 (left, top) to 65,535 (right, bottom) of the
    /// picture. What lies outside is at its edge.
    public let places: [UInt16]

    /// An outline of `pointCount` points; nil where there are others, or where no picture has such a shape.
    public init?(aspectRatio: Float, places: [UInt16]) {
        guard places.count == 2 * Self.pointCount, (0.01...100).contains(aspectRatio) else { return nil }
        self.aspectRatio = aspectRatio
        self.places = places
    }

    /// The points of a contour, 0…1 of the picture.
    public func points(of part: Part) -> [(x: Double, y: Double)] {
        let first = Part.allCases.prefix { $0 != part }.reduce(0) { $0 + $1.count }
        return (first..<first + part.count).map {
            (Double(places[2 * $0]) / 65_535, Double(places[2 * $0 + 1]) / 65_535)
        }
    }
}

/// Where the contours of a speaker's face lie in the picture now, for whoever draws them. It has no number of its own,
/// is told to those who asked for it by name alone, and is kept nowhere.
public struct FacePoints: Sendable, Equatable {
    /// A contour, by its name in a line; right and left are the person's.
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
    }

    /// A place in the picture, 0…1 from the left and from the top.
    public struct Point: Sendable, Equatable {
        /// From the left, and from the top.
        public var x: Double, y: Double

        /// A place.
        public init(x: Double, y: Double) { (self.x, self.y) = (x, y) }
    }

    /// Width of the picture by its height.
    public var aspectRatio: Double
    /// The points of each contour, in the order in which a line goes through them.
    public var parts: [Part: [Point]]

    /// Contours.
    public init(aspectRatio: Double, parts: [Part: [Point]]) {
        self.aspectRatio = aspectRatio
        self.parts = parts
    }

    func write(to json: inout JSONWriter) {
        json.field("aspect_ratio", aspectRatio, decimals: 4)
        for part in Part.allCases {
            json.array(part.rawValue) { json in
                for point in parts[part] ?? [] {
                    json.array { json in
                        json.number(point.x, decimals: 4)
                        json.number(point.y, decimals: 4)
                    }
                }
            }
        }
    }

    init(_ fields: JSONFields) throws(UnreadableEvent) {
        aspectRatio = try fields.number("aspect_ratio")
        parts = [:]
        for part in Part.allCases {
            var points: [Point] = []
            for element in try fields.array(part.rawValue) {
                guard case .array(let pair) = element, pair.count == 2, case .number(let x) = pair[0],
                    case .number(let y) = pair[1], (0...1).contains(x), (0...1).contains(y)
                else {
                    throw UnreadableEvent(field: part.rawValue, expected: "an array of pairs of numbers from 0 to 1")
                }
                points.append(Point(x: x, y: y))
            }
            parts[part] = points
        }
    }
}

/// What a lane beside the voice adds to a tick: an object under the lane's name.
public struct LaneFields: Sendable, Equatable {
    /// One number or word of it.
    public struct Field: Sendable, Equatable {
        /// Its key, with the unit last.
        public var name: String
        /// Nil where there is too little to tell, or where it is a word.
        public var value: Double?
        /// A word, where it is none of numbers.
        public var text: String?

        /// A number.
        public init(_ name: String, _ value: Double?) {
            self.name = name
            self.value = value
        }

        /// A word.
        public init(_ name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// Name of the object.
    public var name: String
    /// Name of the lane.
    public var lane: String
    /// What it shows, in the order in which it is written.
    public var fields: [Field]

    /// The fields of a lane.
    public init(name: String, lane: String? = nil, fields: [Field]) {
        self.name = name
        self.lane = lane ?? name
        self.fields = fields
    }

    /// Name of the object of what a camera shows.
    public static let visibleName = "visible"

    /// Names of the numbers of what a camera shows, in their order.
    public static let visibleNumbers = [
        "faces", "face_present_ratio", "face_width_ratio", "head_yaw_deg", "head_pitch_deg", "head_roll_deg",
        "facing_ratio", "nods_per_min", "shakes_per_min", "head_motion_deg_per_s", "body_motion", "distance_ratio",
        "visual_speech",
    ]

    /// What a camera shows, with nothing known.
    static let visibleSpecimen = LaneFields(
        name: visibleName, lane: "face",
        fields: [Field("state", text: "live")] + visibleNumbers.map { Field($0, nil) })

    func write(to json: inout JSONWriter) {
        json.object(name) { json in
            for field in fields {
                if let text = field.text {
                    json.field(field.name, text)
                } else {
                    json.field(field.name, field.value, decimals: 3)
                }
            }
        }
    }
}

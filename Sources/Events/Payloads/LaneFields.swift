/// What a lane beside the voice adds to a tick: an object under the lane's name.
public struct LaneFields: Sendable, Equatable {
    /// One number of it.
    public struct Field: Sendable, Equatable {
        /// Its key, with the unit last.
        public var name: String
        /// Nil where there is too little to tell.
        public var value: Double?

        /// A field.
        public init(_ name: String, _ value: Double?) {
            self.name = name
            self.value = value
        }
    }

    /// Name of the lane.
    public var name: String
    /// What it shows, in the order in which it is written.
    public var fields: [Field]

    /// The fields of a lane.
    public init(name: String, fields: [Field]) {
        self.name = name
        self.fields = fields
    }

    func write(to json: inout JSONWriter) {
        json.object(name) { json in
            for field in fields { json.field(field.name, field.value, decimals: 3) }
        }
    }
}

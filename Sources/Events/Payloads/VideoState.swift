/// What the picture of a speaker is from now on.
public struct VideoState: Sendable, Equatable {
    /// What a picture can be.
    public enum State: String, Sendable, CaseIterable {
        /// A camera's moving picture.
        case live
        /// No pictures come.
        case off
        /// It is black.
        case black
        /// Something lies over the lens.
        case covered
        /// It stands still.
        case frozen
        /// A screen, slides or a drawing.
        case screen
    }

    /// What it is.
    public var state: State
    /// What it was; nil where that was not known.
    public var previous: State?

    /// A change.
    public init(state: State, previous: State?) {
        self.state = state
        self.previous = previous
    }

    func write(to json: inout JSONWriter) {
        json.field("state", state.rawValue)
        json.field("previous", previous?.rawValue)
    }

    init(_ fields: JSONFields) throws(UnreadableEvent) {
        state = try fields.choice("state")
        previous = try fields.optionalText("previous").flatMap(State.init)
    }
}

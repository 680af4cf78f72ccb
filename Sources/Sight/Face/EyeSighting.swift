/// What is seen of the eyes of a face. It is looked for only where somebody asks for it, for one recording: a camera that
/// nobody has calibrated tells coarsely where somebody looks, and people differ in it (squints, several screens, autism).
public struct EyeSighting: Sendable, Hashable {
    /// Where the irises lie between the corners of the eyes, mean of both: 0 in the middle, −1 in the corner towards the
    /// left of the picture, 1 in the other one; nil where an eye is nearly closed.
    public var gazeX: Float?
    /// How far they lie above the line between the corners, in halves of that line; nil as `gazeX`.
    public var gazeY: Float?
    /// Distance of the lids relative to that of the corners, mean of both eyes.
    public var opening: Float
    /// Diameter of the irises in pixels of the picture. Irises are 11.7 mm wide in nearly all people, so it tells how
    /// far away they are where the camera's focal length is known.
    public var irisPx: Float
}

/// What a camera's picture is.
public enum PictureState: UInt8, Sendable, Hashable, CaseIterable {
    /// Too little was seen of it.
    case unknown
    /// A camera's moving picture.
    case live
    /// No pictures come.
    case off
    /// It is black.
    case black
    /// Something lies over the lens: hardly anything can be made out.
    case covered
    /// It stands still.
    case frozen
    /// A screen, slides or a drawing.
    case screen
}

/// What one picture of a track shows of how somebody takes part: behaviour, and nothing of who they are or what they
/// feel. Fixed size and trivially copyable: it is the only thing that is made of a picture.
public struct FaceSighting: Sendable, Hashable {
    /// When the picture was taken, in the media time of its input.
    public var time: MediaTime
    /// What the picture is, as far as it was seen up to here.
    public var state: PictureState
    /// Faces in it, as of the last count; 0 where it is not live.
    public var faceCount: UInt8
    /// Whether the fields below were measured: there is a face and its mesh says so.
    public var hasFace: Bool
    /// How sure the mesh is that there is a face, 0…1.
    public var presence: Float
    /// Width of the face relative to that of the picture.
    public var widthRatio: Float
    /// Distance of the eyes' centres in pixels of the picture, as if the face looked straight ahead.
    public var eyeDistancePx: Float
    /// Centre of the face, 0…1 of the picture.
    public var centreX: Float, centreY: Float
    /// Head pose in degrees, smoothed: yaw above 0 is towards the left of the picture, pitch above 0 upwards, roll
    /// above 0 clockwise as the picture shows it.
    public var yawDeg: Float, pitchDeg: Float, rollDeg: Float
    /// The same pitch and yaw before smoothing, from which gestures are made out.
    public var rawPitchDeg: Float, rawYawDeg: Float
    /// Distance of the inner lips relative to that of the eyes.
    public var mouthOpening: Float
    /// How much the picture around and below the face changed since the last one, 0…1 of the range.
    public var bodyMotion: Float

    /// A picture without a face.
    public init(time: MediaTime, state: PictureState, faceCount: UInt8 = 0) {
        self.time = time
        self.state = state
        self.faceCount = faceCount
        hasFace = false
        presence = 0
        widthRatio = 0
        eyeDistancePx = 0
        centreX = 0
        centreY = 0
        yawDeg = 0
        pitchDeg = 0
        rollDeg = 0
        rawPitchDeg = 0
        rawYawDeg = 0
        mouthOpening = 0
        bodyMotion = 0
    }
}

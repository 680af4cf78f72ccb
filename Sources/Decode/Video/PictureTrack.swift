public import MediaTypes

/// A stream of pictures of an input.
public struct PictureTrack: Sendable, Hashable {
    /// Number of the track among those of pictures, from 0; the sink gets it with every picture.
    public var index: Int
    /// Number of the stream in its container, counting streams of every kind.
    public var streamIndex: Int
    /// Short name of the codec, such as `h264`.
    public var codecName: String
    /// Pixels as declared; 0 where only the media itself will tell.
    public var width: Int, height: Int

    /// A track of an input that somebody else reads.
    public init(index: Int, streamIndex: Int, codecName: String, width: Int, height: Int) {
        self.index = index
        self.streamIndex = streamIndex
        self.codecName = codecName
        self.width = width
        self.height = height
    }
}

/// What the pictures of an input have come to so far.
public struct PictureCounts: Sendable, Hashable {
    /// Packets that went to a decoder, and that did not because nobody looks or because they were not needed.
    public var decodedPackets = 0, droppedPackets = 0
    /// Pictures that were handed to the sink.
    public var pictures = 0
    /// Packets or pictures that could not be decoded or taken.
    public var errors = 0

    /// Nothing yet.
    public init() {}

    /// Adds what other pictures have come to.
    public static func += (left: inout PictureCounts, right: PictureCounts) {
        left.decodedPackets += right.decodedPackets
        left.droppedPackets += right.droppedPackets
        left.pictures += right.pictures
        left.errors += right.errors
    }
}

/// Takes a picture of a track with its media time. The picture is lent for the time of the call. Nil means that none
/// has come for a while, though other media has.
public typealias PictureSink = (_ track: Int, _ time: MediaTime, _ picture: borrowing Picture) -> Void
/// Is told that no picture of a track has come for a while, though other media has come up to `time`.
public typealias MissingPictureSink = (_ track: Int, _ time: MediaTime) -> Void

/// Who looks at the pictures of an input.
public struct PictureViewer {
    /// Whether somebody may look at a track; asked before each packet, and where not it reaches no decoder.
    public var mayLook: (_ track: Int) -> Bool
    /// Takes the pictures.
    public var look: PictureSink
    /// Is told of pictures that don't come, once a second.
    public var miss: MissingPictureSink
    /// Whether somebody asks for the contours of the face on a track; asked as `mayLook` is.
    public var wantsOutline: (_ track: Int) -> Bool
    /// Takes what a process that looks at the pictures itself has seen, and the contours where they were asked for.
    public var sighted: (_ track: Int, _ sighting: FaceSighting, _ outline: FaceOutline?) -> Void

    /// Somebody who looks.
    public init(
        mayLook: @escaping (_ track: Int) -> Bool = { _ in true }, look: @escaping PictureSink,
        miss: @escaping MissingPictureSink, wantsOutline: @escaping (_ track: Int) -> Bool = { _ in false },
        sighted: @escaping (_ track: Int, _ sighting: FaceSighting, _ outline: FaceOutline?) -> Void = { _, _, _ in }
    ) {
        self.mayLook = mayLook
        self.look = look
        self.miss = miss
        self.wantsOutline = wantsOutline
        self.sighted = sighted
    }
}

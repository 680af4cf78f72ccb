/// A decoded picture, lent for the time of a call: whoever gets it looks at it where it lies, and keeps nothing of it.
public struct Picture: ~Copyable {
    /// How its colours are to be read (ITU-T H.273): the matrix between luma with colour differences and red, green,
    /// blue.
    public enum Matrix: Sendable, Hashable {
        /// Recommendation BT.601, and what does not say.
        case bt601
        /// Recommendation BT.709.
        case bt709
        /// Recommendation BT.2020, non-constant luminance.
        case bt2020
    }

    /// Pixels of luma, 1 or more.
    public let width: Int, height: Int
    /// Luma, blue and red difference; the last two are nil where there is no colour.
    public let planes: (UnsafePointer<UInt8>, UnsafePointer<UInt8>?, UnsafePointer<UInt8>?)
    /// Bytes from one line of a plane to the next.
    public let strides: (Int, Int, Int)
    /// Chroma has `width >> chromaShiftX` values in a line, rounded up.
    public let chromaShiftX: Int, chromaShiftY: Int
    /// Values from one chroma sample to the next: 1, or 2 where both share a plane.
    public let chromaStep: Int
    /// Bits of a value, 8 to 16; more than 8 lie in two bytes, the lower first.
    public let bitDepth: Int
    /// Whether values use all of their bits; else luma ends at 235 of 255.
    public let isFullRange: Bool
    /// The matrix of its colours.
    public let matrix: Matrix

    /// A picture whose planes have the lines and values that its shape takes.
    public init(
        width: Int, height: Int, planes: (UnsafePointer<UInt8>, UnsafePointer<UInt8>?, UnsafePointer<UInt8>?),
        strides: (Int, Int, Int), chromaShiftX: Int, chromaShiftY: Int, chromaStep: Int, bitDepth: Int,
        isFullRange: Bool, matrix: Matrix
    ) {
        self.width = width
        self.height = height
        self.planes = planes
        self.strides = strides
        self.chromaShiftX = chromaShiftX
        self.chromaShiftY = chromaShiftY
        self.chromaStep = chromaStep
        self.bitDepth = bitDepth
        self.isFullRange = isFullRange
        self.matrix = matrix
    }
}

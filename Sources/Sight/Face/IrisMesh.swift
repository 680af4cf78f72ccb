import MediaTypes

/// Lays points over the lids and the irises of a face that has its mesh, with MediaPipe's network (Ablavatski et al.,
/// "Real-time Pupil Tracking from Monocular Video for Digital Puppetry", 2020).
final class IrisMesh {
    private static let side = 64
    /// What the network is shown, relative to the distance of an eye's corners.
    private static let margin = 2.3
    /// Eyes whose corners lie nearer to each other than this, in pixels, or of a head that is turned further, are not
    /// judged.
    private static let leastPixels = 12.0, mostYawDeg = 40.0
    /// Lids that are nearer to each other than this, relative to the corners, hide where the iris is.
    private static let leastOpening = 0.12
    /// Points of lids and brow, and of the iris.
    private static let lidCount = 71, irisCount = 5

    private let network: Network
    private let format = CropFormat(side: side, low: 0, high: 1, repeatsEdges: true)

    init(library: NetworkLibrary, weights: NetworkFile) throws(NetworkError) {
        network = try Network(
            library, weights: weights, name: "irises", inputCount: Self.side * Self.side * 3,
            outputCounts: [Self.lidCount * 3, Self.irisCount * 3])
    }

    /// What is seen of the eyes of a face; nil where they are not seen well enough.
    func eyes(of points: FacePoints, yawDeg: Double, in picture: borrowing Picture) -> EyeSighting? {
        guard abs(yawDeg) <= Self.mostYawDeg,
            // The network knows the eye that lies left in the picture; the other one is shown to it in a mirror.
            let one = eye(from: FacePoints.rightEye, to: FacePoints.rightInner, isMirrored: false, points, picture),
            let other = eye(from: FacePoints.leftInner, to: FacePoints.leftEye, isMirrored: true, points, picture)
        else { return nil }
        let isOpen = min(one.opening, other.opening) >= Self.leastOpening
        return EyeSighting(
            gazeX: isOpen ? Float((one.gazeX + other.gazeX) / 2) : nil,
            gazeY: isOpen ? Float((one.gazeY + other.gazeY) / 2) : nil,
            opening: Float((one.opening + other.opening) / 2), irisPx: Float((one.irisPx + other.irisPx) / 2))
    }

    /// One eye, between the points of the mesh that are its corners towards the left and the right of the picture.
    private func eye(
        from left: Int, to right: Int, isMirrored: Bool, _ points: FacePoints, _ picture: borrowing Picture
    ) -> EyePoints? {
        let across = points.x[right] - points.x[left], down = points.y[right] - points.y[left]
        let width = (across * across + down * down).squareRoot()
        guard width >= Self.leastPixels else { return nil }
        let square = PictureSquare(
            centreX: (points.x[left] + points.x[right]) / 2, centreY: (points.y[left] + points.y[right]) / 2,
            side: Self.margin * width, turn: angle(across, down))
        picture.crop(square, format, isMirrored: isMirrored, into: network.input)
        guard network.run() else { return nil }
        let lids = network.outputs[0], iris = network.outputs[1], scale = square.side / Double(Self.side)
        return EyePoints(
            lid: { (Double(lids[3 * $0]), Double(lids[3 * $0 + 1])) },
            iris: { (Double(iris[3 * $0]), Double(iris[3 * $0 + 1])) }, isMirrored: isMirrored, pixelsPerUnit: scale)
    }
}

/// What the points of one eye come to.
struct EyePoints {
    /// As in `EyeSighting`.
    let gazeX: Double, gazeY: Double, opening: Double, irisPx: Double

    /// Outer and inner corner, middle of the lower and of the upper lid.
    private static let outer = 0, inner = 8, lower = 4, upper = 12

    /// Places across and down of points of the lids and of the iris (its centre, right, top, left and bottom), in a unit
    /// that takes so many pixels of the picture; nil where they are no eye.
    init?(
        lid: (Int) -> (x: Double, y: Double), iris: (Int) -> (x: Double, y: Double), isMirrored: Bool,
        pixelsPerUnit: Double
    ) {
        let outer = lid(Self.outer), inner = lid(Self.inner), centre = iris(0)
        let width = length(outer, inner)
        guard width.isFinite, width >= 1 else { return nil }
        // Along the line from the outer to the inner corner, and across it, both in halves of it.
        let along = (x: (inner.x - outer.x) / width, y: (inner.y - outer.y) / width)
        let fromMiddle = (x: centre.x - (outer.x + inner.x) / 2, y: centre.y - (outer.y + inner.y) / 2)
        let across = 2 * (fromMiddle.x * along.x + fromMiddle.y * along.y) / width
        gazeX = isMirrored ? -across : across
        gazeY = 2 * (fromMiddle.x * along.y - fromMiddle.y * along.x) / width
        opening = length(lid(Self.lower), lid(Self.upper)) / width
        irisPx = (length(iris(1), iris(3)) + length(iris(2), iris(4))) / 2 * pixelsPerUnit
        guard abs(gazeX) <= 2, abs(gazeY) <= 2, opening.isFinite, irisPx.isFinite else { return nil }
    }
}

import CKernels
import MediaTypes

/// The points of a face, in pixels of the picture; `z` grows away from the camera, in the same unit.
struct FacePoints {
    static let count = 468
    var x = [Double](repeating: 0, count: count)
    var y = [Double](repeating: 0, count: count)
    var z = [Double](repeating: 0, count: count)
    /// Probability that there is a face.
    var presence = 0.0

    /// Outer corners of the person's right and left eye, inner lips, top and bottom of the face.
    static let rightEye = 33, leftEye = 263, upperLip = 13, lowerLip = 14
    /// Inner corners of the eyes.
    static let rightInner = 133, leftInner = 362

    func distance(_ one: Int, _ other: Int) -> Double {
        let across = x[one] - x[other], down = y[one] - y[other], deep = z[one] - z[other]
        return (across * across + down * down + deep * deep).squareRoot()
    }

    /// What the mesh is shown next: half as much again as the points take, turned upright by the eyes.
    var meshSquare: PictureSquare? {
        guard let left = x.min(), let right = x.max(), let top = y.min(), let bottom = y.max() else { return nil }
        let side = 1.5 * max(right - left, bottom - top)
        guard side.isFinite, side >= 8 else { return nil }
        return PictureSquare(
            centreX: (left + right) / 2, centreY: (top + bottom) / 2, side: side,
            turn: angle(x[Self.leftEye] - x[Self.rightEye], y[Self.leftEye] - y[Self.rightEye]))
    }
}

/// Lays a mesh over a face.
final class FaceMesh {
    private static let side = 192
    /// From this probability on there is a face.
    static let leastPresence = 0.5

    private let network: Network
    private let format = CropFormat(side: side, low: 0, high: 1, repeatsEdges: true)

    init(library: NetworkLibrary, weights: NetworkFile) throws(NetworkError) {
        network = try Network(
            library, weights: weights, name: "face mesh", inputCount: Self.side * Self.side * 3,
            outputCounts: [FacePoints.count * 3, 1])
    }

    /// The points of the face in a square of the picture; nil where there is none.
    func points(in square: PictureSquare, of picture: borrowing Picture) -> FacePoints? {
        picture.crop(square, format, into: network.input)
        guard network.run() else { return nil }
        var points = FacePoints()
        points.presence = 1 / (1 + ck_exp_double(-min(100, max(-100, Double(network.outputs[1][0])))))
        guard points.presence >= Self.leastPresence else { return nil }
        let unit = 1 / Double(Self.side)
        for index in 0..<FacePoints.count {
            let x = Double(network.outputs[0][3 * index]), y = Double(network.outputs[0][3 * index + 1])
            let place = square.place(x * unit, y * unit)
            points.x[index] = place.x
            points.y[index] = place.y
            points.z[index] = Double(network.outputs[0][3 * index + 2]) * unit * square.side
            guard place.x.isFinite, place.y.isFinite, points.z[index].isFinite else { return nil }
        }
        return points
    }
}

import CKernels
import MediaTypes

/// A face that a detector has found, in pixels of the picture.
struct FoundFace: Equatable {
    var left: Double, top: Double, width: Double, height: Double
    /// Centres of the person's right and left eye.
    var rightEye: (x: Double, y: Double), leftEye: (x: Double, y: Double)
    /// Probability that it is a face.
    var score: Double

    static func == (left: FoundFace, right: FoundFace) -> Bool {
        left.left == right.left && left.top == right.top && left.width == right.width && left.height == right.height
    }

    /// Share of both boxes that they have in common.
    func overlap(_ other: FoundFace) -> Double {
        let across = min(left + width, other.left + other.width) - max(left, other.left)
        let down = min(top + height, other.top + other.height) - max(top, other.top)
        guard across > 0, down > 0 else { return 0 }
        return across * down / (width * height + other.width * other.height - across * down)
    }

    /// What the mesh is shown of it: half as much again, turned upright by the eyes.
    var meshSquare: PictureSquare {
        PictureSquare(
            centreX: left + width / 2, centreY: top + height / 2, side: 1.5 * max(width, height),
            turn: angle(leftEye.x - rightEye.x, leftEye.y - rightEye.y))
    }
}

/// The angle of a direction, radians; 0 is to the right, above 0 downwards.
func angle(_ x: Double, _ y: Double) -> Double { ck_atan2(y, x) }

/// How far two places lie apart.
func length(_ one: (x: Double, y: Double), _ other: (x: Double, y: Double)) -> Double {
    ((one.x - other.x) * (one.x - other.x) + (one.y - other.y) * (one.y - other.y)).squareRoot()
}

/// Finds faces in a whole picture with a single-shot detector: boxes relative to anchors that lie on a grid.
final class FaceDetector {
    /// What kind of detector it is.
    enum Kind {
        case near, far

        var side: Int { self == .near ? 128 : 192 }
        /// Cells of a side of each grid of anchors, and anchors per cell.
        var grids: [(cells: Int, anchors: Int)] { self == .near ? [(16, 2), (8, 6)] : [(48, 1)] }
    }

    private static let valuesPerAnchor = 16
    /// From this probability on something is a face, after the mesh has agreed.
    private static let leastScore = 0.5
    /// Boxes that have more than this in common are one face.
    private static let sameFace = 0.3
    /// Faces that are told at the most.
    private static let mostFaces = 8
    /// Candidates that are compared at the most: a picture of noise has hundreds.
    private static let mostCandidates = 128

    private let network: Network
    private let format: CropFormat
    /// Centres of the anchors, 0…1.
    private let anchors: [(x: Double, y: Double)]

    init(_ kind: Kind, library: NetworkLibrary, weights: NetworkFile) throws(NetworkError) {
        anchors = kind.grids.flatMap { cells, count in
            (0..<cells * cells * count).map { index in
                let cell = index / count
                return ((Double(cell % cells) + 0.5) / Double(cells), (Double(cell / cells) + 0.5) / Double(cells))
            }
        }
        format = CropFormat(side: kind.side, low: -1, high: 1, repeatsEdges: false)
        network = try Network(
            library, weights: weights, name: kind == .near ? "face detector, near" : "face detector, far",
            inputCount: kind.side * kind.side * 3,
            outputCounts: [anchors.count * Self.valuesPerAnchor, anchors.count])
    }

    /// The faces of a picture, the surest first.
    func find(in picture: borrowing Picture) -> [FoundFace] {
        let square = PictureSquare.around(picture)
        picture.crop(square, format, into: network.input)
        guard network.run() else { return [] }
        var candidates: [FoundFace] = []
        for index in anchors.indices {
            let logit = Double(network.outputs[1][index])
            let score = 1 / (1 + ck_exp_double(-min(100, max(-100, logit))))
            guard score >= Self.leastScore, let face = face(index, score, square) else { continue }
            candidates.append(face)
        }
        candidates.sort { $0.score > $1.score }
        return Self.merged(Array(candidates.prefix(Self.mostCandidates)))
    }

    private func face(_ index: Int, _ score: Double, _ square: PictureSquare) -> FoundFace? {
        func value(_ place: Int) -> Double {
            Double(network.outputs[0][index * Self.valuesPerAnchor + place]) / Double(format.side)
        }
        let anchor = anchors[index]
        let width = value(2), height = value(3)
        guard width > 0.001, height > 0.001, width < 4, height < 4 else { return nil }
        let corner = square.place(anchor.x + value(0) - width / 2, anchor.y + value(1) - height / 2)
        guard corner.x.isFinite, corner.y.isFinite else { return nil }
        return FoundFace(
            left: corner.x, top: corner.y, width: width * square.side, height: height * square.side,
            rightEye: square.place(anchor.x + value(4), anchor.y + value(5)),
            leftEye: square.place(anchor.x + value(6), anchor.y + value(7)), score: score)
    }

    /// Candidates that lie over each other become their mean, weighted by score.
    private static func merged(_ candidates: [FoundFace]) -> [FoundFace] {
        var rest = candidates, faces: [FoundFace] = []
        while let best = rest.first, faces.count < mostFaces {
            let same = rest.filter { $0.overlap(best) > sameFace || $0 == best }
            rest.removeAll { $0.overlap(best) > sameFace || $0 == best }
            let total = same.reduce(0) { $0 + $1.score }
            func mean(_ value: (FoundFace) -> Double) -> Double {
                same.reduce(0) { $0 + value($1) * $1.score } / total
            }
            faces.append(
                FoundFace(
                    left: mean(\.left), top: mean(\.top), width: mean(\.width), height: mean(\.height),
                    rightEye: (mean { $0.rightEye.x }, mean { $0.rightEye.y }),
                    leftEye: (mean { $0.leftEye.x }, mean { $0.leftEye.y }), score: best.score))
        }
        return faces
    }
}

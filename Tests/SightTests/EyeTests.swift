import Foundation
import MediaTypes
import Testing

@testable import Sight

/// What the points of an eye come to.
@Suite struct EyeTests {
    /// An eye 20 units wide around (30, 32), with its iris of 8 units at `gaze`, in halves of the width, and its lids so
    /// far apart; turned by `turn` radians, and shown in a mirror.
    private func eye(
        gaze: (x: Double, y: Double), lids: Double = 7, turn: Double = 0, isMirrored: Bool = false, scale: Double = 1
    ) -> EyePoints? {
        func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
            let across = 30 + x * cos(turn) - y * sin(turn), down = 32 + x * sin(turn) + y * cos(turn)
            return (isMirrored ? 64 - across : across, down)
        }
        // In a mirror the eye's inner corner is the one towards the left of the picture.
        let corners = [
            0: (isMirrored ? 10.0 : -10.0, 0.0), 8: (isMirrored ? -10 : 10, 0), 4: (0, lids / 2), 12: (0, -lids / 2),
        ]
        let centre = (x: 10 * gaze.x, y: -10 * gaze.y)
        let iris = [
            centre, (centre.x + 4, centre.y), (centre.x, centre.y - 4), (centre.x - 4, centre.y),
            (centre.x, centre.y + 4),
        ]
        return EyePoints(
            lid: { corners[$0].map { place($0.0, $0.1) } ?? (0, 0) }, iris: { place(iris[$0].0, iris[$0].1) },
            isMirrored: isMirrored, pixelsPerUnit: scale)
    }

    @Test(arguments: [0, 0.4, -1.1], [false, true]) func gazeIsTowardsTheSidesOfThePicture(turn: Double, mirrored: Bool)
        throws
    {
        for gaze in [(0, 0), (0.5, 0), (-0.3, 0.2), (0.1, -0.25)] {
            let found = try #require(eye(gaze: gaze, turn: turn, isMirrored: mirrored, scale: 3))
            #expect(abs(found.gazeX - gaze.0) < 1e-9 && abs(found.gazeY - gaze.1) < 1e-9)
            #expect(abs(found.opening - 0.35) < 1e-9 && abs(found.irisPx - 24) < 1e-9)
        }
    }

    @Test func whatIsNoEyeIsNotJudged() {
        #expect(eye(gaze: (3, 0)) == nil)
        #expect(eye(gaze: (.nan, 0)) == nil)
        #expect(eye(gaze: (0, 0), lids: .infinity) == nil)
        let point = EyePoints(lid: { _ in (5, 5) }, iris: { _ in (5, 5) }, isMirrored: false, pixelsPerUnit: 1)
        #expect(point == nil)
    }

    @Test func aMeshHasStrayedWhereBothEyesLieElsewhere() {
        var points = FacePoints()
        for (index, x) in [(33, 90.0), (133, 110), (362, 190), (263, 210)] {
            (points.x[index], points.y[index]) = (x, 50)
        }
        func found(_ right: (x: Double, y: Double), _ left: (x: Double, y: Double)) -> FoundFace {
            FoundFace(left: 60, top: 0, width: 180, height: 180, rightEye: right, leftEye: left, score: 1)
        }
        #expect(points.eyesMissed(by: found((100, 50), (200, 50))) == 0)
        // Of a head that is turned far the detector knows one eye.
        #expect(points.eyesMissed(by: found((100, 50), (130, 60))) == 0)
        #expect(abs(points.eyesMissed(by: found((100, 100), (200, 110))) - 0.5) < 1e-9)
        #expect(FacePoints().eyesMissed(by: found((0, 0), (0, 0))) == .infinity)
    }

    /// A picture whose left half is dark and whose right half is bright.
    @Test func aMirroredCropIsTheOtherWayRound() {
        let side = 32
        let luma = (0..<side * side).map { UInt8($0 % side < side / 2 ? 40 : 200) }
        luma.withUnsafeBufferPointer { luma in
            guard let base = luma.baseAddress else { return }
            let picture = Picture(
                width: side, height: side, planes: (base, nil, nil), strides: (side, 0, 0), chromaShiftX: 0,
                chromaShiftY: 0, chromaStep: 1, bitDepth: 8, isFullRange: true, matrix: .bt601)
            let format = CropFormat(side: 16, low: 0, high: 1, repeatsEdges: true)
            let plain = FloatBuffer(count: 16 * 16 * 3), mirrored = FloatBuffer(count: 16 * 16 * 3)
            let square = PictureSquare.around(picture)
            picture.crop(square, format, into: plain)
            picture.crop(square, format, isMirrored: true, into: mirrored)
            for row in 0..<16 {
                for column in 0..<16 {
                    let there = plain[3 * (16 * row + column)], here = mirrored[3 * (16 * row + 15 - column)]
                    #expect(abs(there - here) < 1e-4)
                }
            }
            #expect(plain[0] < 0.3 && mirrored[0] > 0.6)
        }
    }
}

import MediaTypes

extension FacePoints {
    /// The points of the mesh on each contour, in the order in which a line goes through them: every other one of the
    /// mesh's own contours, which is as fine as anybody sees.
    static let contours: [FaceOutline.Part: [Int]] = [
        .oval: [10, 297, 284, 389, 454, 361, 397, 379, 400, 152, 176, 150, 172, 132, 234, 162, 54, 67],
        .browRight: [70, 63, 105, 66, 107], .browLeft: [336, 296, 334, 293, 300],
        .nose: [168, 197, 5, 1, 2], .nostrils: [64, 98, 2, 327, 294],
        .eyeRight: [33, 160, 158, 173, 133, 155, 145, 163], .eyeLeft: [263, 387, 385, 398, 362, 382, 374, 390],
        .lips: [61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91], .mouth: [78, 81, 13, 311, 308, 402, 14, 178],
    ]

    /// The contours in a picture of so many pixels; nil where it has none.
    func outline(width: Int, height: Int) -> FaceOutline? {
        guard width > 0, height > 0 else { return nil }
        func place(_ value: Double, of whole: Int) -> UInt16 {
            UInt16((min(1, max(0, value / Double(whole))) * 65_535).rounded())
        }
        let places = FaceOutline.Part.allCases.flatMap { part in
            (Self.contours[part] ?? []).flatMap { [place(x[$0], of: width), place(y[$0], of: height)] }
        }
        return FaceOutline(aspectRatio: Float(width) / Float(height), places: places)
    }
}

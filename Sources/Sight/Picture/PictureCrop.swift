import CKernels
import MediaTypes

/// A square of a picture, turned: what a network is shown.
struct PictureSquare: Equatable {
    /// Centre in pixels of the picture.
    var centreX: Double, centreY: Double
    /// Length of a side in pixels of the picture.
    var side: Double
    /// Turn of the square's upper side, clockwise as the picture shows it, radians.
    var turn: Double

    /// Where a point of the square (0…1 from its upper left corner) lies in the picture.
    func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
        let right = (x - 0.5) * side, down = (y - 0.5) * side
        return (
            centreX + right * ck_cos(turn) - down * ck_sin(turn), centreY + right * ck_sin(turn) + down * ck_cos(turn)
        )
    }

    /// The smallest upright square around a picture.
    static func around(_ picture: borrowing Picture) -> PictureSquare {
        PictureSquare(
            centreX: Double(picture.width - 1) / 2, centreY: Double(picture.height - 1) / 2,
            side: Double(max(picture.width, picture.height)), turn: 0)
    }
}

/// What a network is fed with.
struct CropFormat {
    /// Pixels of a side.
    var side: Int
    /// What the least and the greatest value become.
    var low: Float, high: Float
    /// Whether the picture's edge goes on outside of it; else it is black there.
    var repeatsEdges: Bool
}

extension Picture {
    /// The picture as the kernels take it; valid for as long as the picture is lent.
    var kernelPicture: ck_picture {
        let (red, blue): (Float, Float) =
            switch matrix {
            case .bt601: (0.299, 0.114)
            case .bt709: (0.2126, 0.0722)
            case .bt2020: (0.2627, 0.0593)
            }
        let green = 1 - red - blue
        // Of 8 bits; more bits have the same shares but for rounding.
        let (offset, lumaScale, chromaScale): (Float, Float, Float) =
            isFullRange ? (0, 1, 1) : (16.0 / 255, 255.0 / 219, 255.0 / 224)
        return ck_picture(
            planes: (planes.0, planes.1, planes.2), strides: (strides.0, strides.1, strides.2), width: Int32(width),
            height: Int32(height), chroma_shift_x: Int32(chromaShiftX), chroma_shift_y: Int32(chromaShiftY),
            chroma_step: Int32(chromaStep), depth: Int32(bitDepth), luma_offset: offset, luma_scale: lumaScale,
            chroma_scale: chromaScale, red_v: 2 * (1 - red), green_u: -2 * blue * (1 - blue) / green,
            green_v: -2 * red * (1 - red) / green, blue_u: 2 * (1 - blue))
    }

    /// Samples a square into `format.side` lines of as many pixels of red, green and blue; mirrored, from its right side
    /// to its left.
    func crop(_ square: PictureSquare, _ format: CropFormat, isMirrored: Bool = false, into output: FloatBuffer) {
        assert(output.count == format.side * format.side * 3)
        let step = square.side / Double(format.side)
        let right = (x: step * ck_cos(square.turn), y: step * ck_sin(square.turn))
        let half = 0.5 / Double(format.side), across = isMirrored ? -1.0 : 1.0
        let first = square.place(isMirrored ? 1 - half : half, half)
        var crop = ck_crop(
            x: Float(first.x), y: Float(first.y), right_x: Float(across * right.x), right_y: Float(across * right.y),
            down_x: Float(-right.y), down_y: Float(right.x), columns: Int32(format.side), rows: Int32(format.side),
            taps: Int32(min(4, max(1, step.rounded()))), repeats_edges: format.repeatsEdges ? 1 : 0,
            scale: format.high - format.low, offset: format.low)
        var picture = kernelPicture
        ck_crop_rgb(&picture, &crop, output.base)
    }
}

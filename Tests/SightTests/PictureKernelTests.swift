import CKernels
import SeededNumbers
import Testing

/// The kernels that look at pictures, against their scalar twins.
@Suite struct PictureKernelTests {
    private struct Shape: CustomStringConvertible, Sendable {
        var width: Int32, height: Int32, shiftX: Int32, shiftY: Int32, step: Int32, depth: Int32, hasChroma = true
        var description: String { "\(width)x\(height) >> \(shiftX),\(shiftY) step \(step) depth \(depth) \(hasChroma)" }
    }

    private static let shapes = [
        Shape(width: 64, height: 48, shiftX: 1, shiftY: 1, step: 1, depth: 8),
        Shape(width: 37, height: 23, shiftX: 1, shiftY: 1, step: 1, depth: 8),
        Shape(width: 37, height: 23, shiftX: 1, shiftY: 0, step: 1, depth: 8),
        Shape(width: 31, height: 33, shiftX: 0, shiftY: 0, step: 1, depth: 10),
        Shape(width: 40, height: 30, shiftX: 1, shiftY: 1, step: 2, depth: 8),
        Shape(width: 1, height: 1, shiftX: 1, shiftY: 1, step: 1, depth: 8),
        Shape(width: 20, height: 20, shiftX: 0, shiftY: 0, step: 1, depth: 8, hasChroma: false),
    ]

    /// Lends a picture of noise in planes that have not a byte more than they need.
    private func withPicture(_ shape: Shape, fullRange: Bool, _ body: (ck_picture) -> Void) {
        var random = SeededRandom(seed: 11)
        let bytes = shape.depth > 8 ? 2 : 1
        let columns = [shape.width, (shape.width + (1 << shape.shiftX) - 1) >> shape.shiftX]
        let rows = [shape.height, (shape.height + (1 << shape.shiftY) - 1) >> shape.shiftY]
        let strides = [Int(columns[0]) * bytes + 5, Int(columns[1] * shape.step) * bytes + 3]
        func plane(_ index: Int) -> [UInt8] {
            var values = (0..<strides[index] * Int(rows[index])).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Of two bytes the upper one has the upper bits alone.
            if bytes == 2 { for place in stride(from: 1, to: values.count, by: 2) { values[place] &= 3 } }
            return values
        }
        let luma = plane(0), blue = plane(1), red = plane(1)
        luma.withUnsafeBufferPointer { luma in
            blue.withUnsafeBufferPointer { blue in
                red.withUnsafeBufferPointer { red in
                    let second = shape.step == 2 ? blue.baseAddress.map { $0 + 1 } : red.baseAddress
                    body(
                        ck_picture(
                            planes: (
                                luma.baseAddress, shape.hasChroma ? blue.baseAddress : nil,
                                shape.hasChroma ? second : nil
                            ), strides: (strides[0], strides[1], strides[1]), width: shape.width, height: shape.height,
                            chroma_shift_x: shape.shiftX, chroma_shift_y: shape.shiftY, chroma_step: shape.step,
                            depth: shape.depth, luma_offset: fullRange ? 0 : 16 / 255,
                            luma_scale: fullRange ? 1 : 255 / 219, chroma_scale: fullRange ? 1 : 255 / 224,
                            red_v: 1.402, green_u: -0.344, green_v: -0.714, blue_u: 1.772))
                }
            }
        }
    }

    @Test(arguments: 0..<7, [true, false]) func cropsAreThoseOfTheTwin(shape: Int, fullRange: Bool) {
        let turns: [(Float, Float, Float, Float)] = [(0.4, 0, 0, 0.4), (0.7, 0.3, -0.3, 0.7), (3.1, -1, 1, 3.1)]
        withPicture(Self.shapes[shape], fullRange: fullRange) { picture in
            for (turn, taps) in zip(turns, [1, 2, 3] as [Int32]) {
                for repeatsEdges in [Int32(0), 1] {
                    var picture = picture
                    var crop = ck_crop(
                        x: -3.3, y: -2.2, right_x: turn.0, right_y: turn.1, down_x: turn.2, down_y: turn.3,
                        columns: 67, rows: 41, taps: taps, repeats_edges: repeatsEdges, scale: 2, offset: -1)
                    var fast = [Float](repeating: 9, count: 67 * 41 * 3), exact = fast
                    ck_crop_rgb(&picture, &crop, &fast)
                    ck_crop_rgb_reference(&picture, &crop, &exact)
                    let worst = zip(fast, exact).reduce(0) { max($0, abs($1.0 - $1.1)) }
                    #expect(worst < 2e-3, "\(Self.shapes[shape]), \(taps) taps")
                }
            }
        }
    }

    @Test func rangeAndMatrixAreHonoured() {
        // Red of BT.709 in limited range: Y 63, Cb 102, Cr 240.
        let luma: [UInt8] = [63], blue: [UInt8] = [102], red: [UInt8] = [240]
        var output: [Float] = [0, 0, 0]
        luma.withUnsafeBufferPointer { luma in
            blue.withUnsafeBufferPointer { blue in
                red.withUnsafeBufferPointer { red in
                    var picture = ck_picture(
                        planes: (luma.baseAddress, blue.baseAddress, red.baseAddress), strides: (1, 1, 1), width: 1,
                        height: 1, chroma_shift_x: 0, chroma_shift_y: 0, chroma_step: 1, depth: 8,
                        luma_offset: 16 / 255, luma_scale: 255 / 219, chroma_scale: 255 / 224, red_v: 1.5748,
                        green_u: -0.1873, green_v: -0.4681, blue_u: 1.8556)
                    var crop = ck_crop(
                        x: 0, y: 0, right_x: 1, right_y: 0, down_x: 0, down_y: 1, columns: 1, rows: 1, taps: 1,
                        repeats_edges: 1, scale: 1, offset: 0)
                    ck_crop_rgb(&picture, &crop, &output)
                }
            }
        }
        #expect(abs(output[0] - 1) < 0.02 && output[1] < 0.02 && output[2] < 0.02)
    }

    @Test(arguments: [0, 1, 7, 15, 16, 17, 63, 65, 70_001]) func differencesAreThoseOfTheTwin(count: Int) {
        var random = SeededRandom(seed: 3)
        let left = (0..<count + 3).map { _ in UInt8.random(in: 0...255, using: &random) }
        let right = (0..<count + 3).map { _ in UInt8.random(in: 0...255, using: &random) }
        for offset in 0...3 {
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    guard let left = left.baseAddress, let right = right.baseAddress else { return }
                    #expect(
                        ck_absolute_difference(left + offset, right, count)
                            == ck_absolute_difference_reference(left + offset, right, count))
                }
            }
        }
    }

    @Test func aGridOfAFlatPictureIsFlat() {
        let values = [UInt8](repeating: 77, count: 40 * 30)
        var grid = [UInt8](repeating: 0, count: 12), flat = 0
        values.withUnsafeBufferPointer { luma in
            var picture = ck_picture(
                planes: (luma.baseAddress, nil, nil), strides: (40, 0, 0), width: 40, height: 30, chroma_shift_x: 0,
                chroma_shift_y: 0, chroma_step: 1, depth: 8, luma_offset: 0, luma_scale: 1, chroma_scale: 1, red_v: 0,
                green_u: 0, green_v: 0, blue_u: 0)
            ck_luma_grid(&picture, 4, 3, &grid, &flat)
        }
        #expect(grid == [UInt8](repeating: 77, count: 12))
        #expect(flat == 12)
    }
}

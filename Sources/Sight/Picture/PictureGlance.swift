import CKernels
import MediaTypes

/// A coarse look at a whole picture: luma at the centres of a grid of cells, and what changed since the look before.
final class PictureGlance {
    static let columns = 96, rows = 54
    static let count = columns * rows

    /// Mean luma and its standard deviation, of 255.
    private(set) var mean = 0.0, deviation = 0.0
    /// Share of the cells that lie on flat ground, 0…1.
    private(set) var flatShare = 0.0
    /// Mean absolute difference to the look before, of 255; nil where there was none.
    private(set) var difference: Double?

    private var values = [UInt8](repeating: 0, count: count)
    private var before = [UInt8](repeating: 0, count: count)
    private var hasBefore = false

    /// Takes in a picture.
    func look(at picture: borrowing Picture) {
        swap(&values, &before)
        var lent = picture.kernelPicture
        var flat = 0
        ck_luma_grid(&lent, Int32(Self.columns), Int32(Self.rows), &values, &flat)
        flatShare = Double(flat) / Double(Self.count)
        var sum = 0, squares = 0
        for value in values {
            sum += Int(value)
            squares += Int(value) * Int(value)
        }
        mean = Double(sum) / Double(Self.count)
        deviation = max(0, Double(squares) / Double(Self.count) - mean * mean).squareRoot()
        difference = hasBefore ? Double(ck_absolute_difference(values, before, Self.count)) / Double(Self.count) : nil
        hasBefore = true
    }

    /// What is seen next has nothing to do with what was seen so far.
    func reset() {
        hasBefore = false
        difference = nil
    }

    /// Mean absolute difference of the cells inside a part of the picture (0…1), of 255; nil where there are none.
    func difference(x: ClosedRange<Double>, y: ClosedRange<Double>) -> Double? {
        guard difference != nil else { return nil }
        let left = Self.cell(x.lowerBound, Self.columns), right = Self.cell(x.upperBound, Self.columns)
        let top = Self.cell(y.lowerBound, Self.rows), bottom = Self.cell(y.upperBound, Self.rows)
        guard left < right, top < bottom else { return nil }
        var sum: UInt64 = 0
        values.withUnsafeBufferPointer { values in
            before.withUnsafeBufferPointer { before in
                guard let now = values.baseAddress, let then = before.baseAddress else { return }
                for row in top..<bottom {
                    let place = row * Self.columns + left
                    sum += ck_absolute_difference(now + place, then + place, right - left)
                }
            }
        }
        return Double(sum) / Double((right - left) * (bottom - top))
    }

    /// The border of cells that is nearest to a place (0…1); places outside count as the edge.
    private static func cell(_ place: Double, _ cells: Int) -> Int {
        Int((min(1, max(0, place.isFinite ? place : 0)) * Double(cells)).rounded())
    }
}

import Foundation
import Testing
import Timing

@Suite struct SlewTests {
    private func apply(_ input: [Float], _ change: Int) -> [Float] {
        var output = [Float](repeating: .nan, count: input.count + Slew.limit(count: input.count))
        let count = Slew.apply(input, count: input.count, change: change, into: &output)
        return Array(output.prefix(count))
    }

    @Test(arguments: [1, 39, 40, 41, 160, 320, 321, 1_920])
    func theLengthChangesByWhatWasAskedUpToTheLimit(count: Int) {
        let input = (0..<count).map { Float($0) }
        for change in -60...60 {
            let allowed = min(abs(change), Slew.limit(count: count)) * change.signum()
            let output = apply(input, change)
            #expect(output.count == count + allowed)
            #expect(zip(output, output.dropFirst()).allSatisfy { $0 < $1 })
            #expect(output.first == 0 && output.last == Float(count - 1))
        }
    }

    @Test func theChangeIsMadeWhereTheSignalIsFlat() {
        let input = (0..<320).map { Float(sin(2 * .pi * Double($0) / 160)) }
        let steepest = zip(input, input.dropFirst()).map { abs($1 - $0) }.max() ?? 0
        for change in [-8, -1, 1, 8] {
            let output = apply(input, change)
            let step = zip(output, output.dropFirst()).map { abs($1 - $0) }.max() ?? 0
            #expect(step <= steepest * 1.5)
        }
    }
}

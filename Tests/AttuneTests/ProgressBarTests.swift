import Testing

@testable import attune

@Suite struct ProgressBarTests {
    @Test func aBarSaysHowFarHowFastAndHowLongStill() {
        let line = ProgressBar.line("analysing", 900, of: 3_600, seconds: 2) { "\(Int($0)) times real time" }
        #expect(line == "analysing  [######------------------] 25 %  450 times real time, 0:00:06 left")
    }

    @Test(arguments: [(0.0, 10.0), (20, 10), (5, 0), (-1, 10), (.infinity, 10), (.nan, .nan), (.nan, 10)])
    func noNumberEndsIt(done: Double, all: Double) {
        #expect(ProgressBar.line("x", done, of: all, seconds: 1) { _ in "" }.hasPrefix("x"))
        #expect(ProgressBar.line("x", done, of: nil, seconds: 0) { _ in "t" } == "x  t")
    }
}

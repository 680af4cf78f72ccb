import Foundation
import Reports

/// What the event socket costs and how soon an event is with those who listen: 20 sessions of 10 speakers with 5 ticks
/// a second each, 500 subscribers. Writes it into docs/performance.md, between two marks. Exits with 1 where a limit
/// is missed.
///
/// Publisher and readers are processes of their own, new for every row: this program again, with what it has to do.
@main
enum Subscribers {
    static let count = 500
    static let stalled = 50
    static let maxMilliseconds = 10.0
    static let maxCPUPercent = 30.0

    static func main() async throws {
        let arguments = CommandLine.arguments
        switch arguments.dropFirst().first {
        case "publish" where arguments.count == 3:
            try answer(await Load(plan: read(arguments[2])).run())
        case "read" where arguments.count == 3:
            try answer(Readers(plan: read(arguments[2])).run())
        default:
            guard arguments.count == 4, let seconds = Int(arguments[1]), seconds > 0 else {
                FileHandle.standardError.write(Data("usage: subscribers SECONDS CALL docs/performance.md\n".utf8))
                exit(64)
            }
            try measure(seconds: seconds, call: arguments[2], page: arguments[3])
        }
    }

    private static func read<Plan: Decodable>(_ json: String) throws -> Plan {
        try JSONDecoder().decode(Plan.self, from: Data(json.utf8))
    }

    private static func answer(_ figures: some Encodable) throws {
        FileHandle.standardOutput.write(try JSONEncoder().encode(figures))
    }

    private static func measure(seconds: Int, call: String, page: String) throws {
        var table = Table(
            "subscribers", "lines to them per second", "MB/s", "CPU, % of a core", "median, ms", "p99, ms", "worst, ms",
            "events lagged", "resident MB, at most")
        func row(_ name: String, clients: Int, stalled: Int = 0, followsOne: Bool) throws -> Measured {
            let plan = LoadPlan(
                call: call, seconds: seconds, clients: clients, stalled: stalled, followsOne: followsOne)
            let measured: Measured = try Helper("publish", plan).figures()
            table.add(
                name, figure(Double(measured.readers.lines) / measured.seconds, 0),
                figure(Double(measured.readers.bytes) / measured.seconds / 1e6, 0), figure(measured.cpuPercent, 1),
                figure(measured.readers.medianMilliseconds, 2), figure(measured.readers.p99Milliseconds, 2),
                figure(measured.readers.worstMilliseconds, 1), "\(measured.readers.missed)",
                figure(measured.residentMegabytes, 0))
            return measured
        }
        let reading = try row("500, each of one session", clients: count, followsOne: true)
        let partly = try row(
            "500, each of one session, 50 of them not reading", clients: count, stalled: stalled, followsOne: true)
        _ = try row("50, each of all sessions", clients: count / 10, followsOne: false)
        _ = try row("500, each of all sessions", clients: count, followsOne: false)

        var misses: [String] = []
        for (name, measured) in [("all reading", reading), ("50 not reading", partly)] {
            if measured.readers.p99Milliseconds > maxMilliseconds { misses.append("\(name), p99 over 10 ms") }
            if measured.cpuPercent > maxCPUPercent { misses.append("\(name), over 30 % of a core") }
            if measured.readers.missed > 0 { misses.append("\(name), events lagged") }
            if measured.readers.lines != measured.expectedLines { misses.append("\(name), lines are missing") }
        }
        let growth = partly.residentMegabytes - reading.residentMegabytes
        let bound = Double(stalled) * partly.queueMegabytes
        if growth > bound { misses.append("50 not reading, \(figure(growth, 1)) MB more") }
        let verdict = misses.isEmpty ? "Every limit is kept." : "Limits missed: \(misses.joined(separator: "; "))."
        try publish(
            "`make bench-subscribers`, \(today()), \(machine()), release build: \(seconds) s each, 1,000 ticks of "
                + "\(figure(reading.lineBytes / 1000, 1)) KB per second.\n\n\(table.text)\n"
                + "Memory with 50 that do not read: \(figure(growth, 1)) MB more than without (limit "
                + "\(figure(bound, 1))); \(partly.readers.closed) of them were "
                + "closed meanwhile, and came again.\n\n\(verdict)",
            by: "bench-subscribers", into: page)
        exit(misses.isEmpty ? 0 : 1)
    }
}

/// This program as a process of its own; its answer is one value in JSON, at the end.
final class Helper {
    private let process = Process()
    private let input = Pipe(), output = Pipe()

    init(_ role: String, _ plan: some Encodable) throws {
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [role, String(decoding: try JSONEncoder().encode(plan), as: UTF8.self)]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    /// Ends its input and waits for its answer.
    func figures<Figures: Decodable>() throws -> Figures {
        try input.fileHandleForWriting.close()
        let figures = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchmarkError(message: "\(process.arguments ?? []) failed") }
        return try JSONDecoder().decode(Figures.self, from: figures)
    }
}

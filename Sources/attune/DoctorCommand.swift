import ArgumentParser
import Client
import ControlAPI
import Decode
import Foundation
import Pipeline

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the installation: libraries, protocols, speech detector, sockets, time.")

    @OptionGroup var sockets: SocketOptions

    func run() async throws {
        var isHealthy = true
        func report(_ isGood: Bool, _ what: String, _ finding: String) {
            print("\(isGood ? "ok  " : "FAIL") \(what): \(finding)")
            if !isGood { isHealthy = false }
        }
        report(true, "libraries", MediaLibraries.versions)
        let missing = MediaLibraries.missingProtocols
        report(
            missing.isEmpty, "protocols",
            missing.isEmpty
                ? "all of the built-in list" : "FFmpeg lacks \(missing.joined(separator: ", ")); install its full build"
        )
        do throws(SpeechWeightsError) {
            let detection = try SpeechDetection.standard()
            report(
                true, "speech detector",
                detection.file.map { "\(detection.name), weights from \($0)" }
                    ?? "\(detection.name); \(SpeechDetection.missingNote)")
        } catch {
            report(false, "speech detector", "\(error.description); fetch the weights again")
        }
        do {
            let health = try await sockets.control.health()
            report(true, "daemon", "answers, version \(health.version)")
            let store = health.store
            let trouble =
                (store.dropped > 0 ? ["\(store.dropped) events not stored"] : []) + [store.failure].compactMap(\.self)
            report(trouble.isEmpty, "store", ([store.state] + trouble).joined(separator: ", "))
        } catch {
            report(false, "daemon", "\(error)")
        }
        do {
            try await EventStream(path: sockets.events).follow { line in
                report(EventLine(line)?.type == "hello", "events", "the event socket says hello")
                return false
            }
        } catch {
            report(false, "events", "\(error)")
        }
        // Events carry the wall clock; a clock from before this program was written is not set.
        let now = Date()
        report(now > Date(timeIntervalSince1970: 1_767_225_600), "time", now.formatted(.iso8601))
        if !isHealthy { throw ExitCode(69) }
    }
}

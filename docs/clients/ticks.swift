// Prints the engagement of every speaker as it changes; comes back by itself and misses nothing in between.
import AttuneClient
import Glibc

let path = CommandLine.arguments.dropFirst().first ?? "/run/attune/events.sock"

for try await element in EventStream(path: path, filter: EventFilter(types: ["tick"])) {
    guard case .line(let line) = element, let event = line.event, case .tick(let tick) = event.body else { continue }
    var score = "-"
    if case .scored(let engagement) = tick.engagement { score = String(engagement.score) }
    print(event.session ?? "", event.speaker ?? "", score)
    fflush(nil)
}

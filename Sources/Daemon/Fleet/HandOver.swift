import Conversation
import Events
import Fleet
import Foundation

/// What the next node has to know of a session, beside its state: when it began, what everybody has decided on consent,
/// and what is usual for those who agreed, so that their scores can go on.
struct HandOver: Codable {
    /// When it began (Unix time, milliseconds).
    var startedMilliseconds: Int64
    /// Its people and what they have decided.
    var speakers: [RememberedSpeaker]
    /// What is usual for who may be measured, by name.
    var usual: [String: UsualValues]?

    /// The session as it goes on at this node.
    ///
    /// - Parameters:
    ///   - lastSeconds: media time of the last event that was heard of it, seconds.
    ///   - now: Unix time, milliseconds. The clocks of two nodes may differ; media time never goes back for that.
    func before(lastSeconds: Double, now: Int64) -> SessionBefore {
        let age = Double(max(0, now - startedMilliseconds)) / 1_000
        // No call goes on for a month; a clock that was set must not make one.
        let sane = age < 31 * 86_400 ? age : 0
        return SessionBefore(
            ageSeconds: max(sane, lastSeconds), lastSeconds: min(lastSeconds, 31 * 86_400), speakers: speakers,
            usual: usual ?? [:], why: .node)
    }
}

extension SessionRegistry {
    /// What the next node has to know of a session; nil where it does not run.
    func handOver(_ name: String) -> HandOver? {
        guard let entry = entries[name], entry.isPublic, entry.ending == nil,
            let (speakers, usual) = entry.session.update({ ($0.remembered, $0.usualValues) })
        else { return nil }
        return HandOver(
            startedMilliseconds: entry.session.startedMilliseconds, speakers: speakers, usual: usual)
    }

    /// Sessions that begin here may have been elsewhere.
    func setHandedOver(_ ask: @escaping @Sendable (String) async -> SessionBefore?) { handedOver = ask }
}

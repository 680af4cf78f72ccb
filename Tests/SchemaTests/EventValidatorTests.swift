import Foundation
import Schema
import Testing

@Suite struct EventValidatorTests {
    private let tick = Samples.lines.first { $0.contains(#""type":"tick""#) } ?? ""

    private func hello(_ policy: String) -> String {
        #"{"v":1,"type":"hello","seq":0,"at":"2026-03-02T09:14:38.701Z","daemon":"0","epoch":"e","policy":"\#(policy)"}"#
    }

    private func joined(_ role: String?) -> String {
        #"{"v":1,"type":"speaker.joined","seq":1,"session":"s","speaker":"ana","t":0,"at":"2026-03-02T09:14:38.701Z","#
            + (role.map { #""role":"\#($0)","# } ?? "") + #""consent":"granted"}"#
    }

    @Test(arguments: [
        ("not JSON", "the line is no JSON"), ("{}", "/type is missing"),
        (#"{"type":"mood"}"#, "/type is 'mood', for which there is no schema"),
        (#"{"type":"totals"}"#, "for which there is no schema"), (#"{"type":"../x"}"#, "for which there is no schema"),
    ])
    func whatIsNoEventIsSaid(line: String, problem: String) {
        var validator = EventValidator()
        let found = validator.violations(in: line).map(\.description)
        #expect(found.contains { $0.contains(problem) }, "\(found)")
    }

    @Test(arguments: [
        ("standard", "rep", true), ("behaviour-only", "customer", false), ("eu-work", "customer", true),
        ("eu-work", "rep", false), ("eu-work", nil, false), ("eu-education", "student", false),
        ("eu-education", "guest", true), ("self", "self", true), ("self", "rep", false),
    ])
    func aTickIsHeldAgainstTheProfile(policy: String, role: String?, isValid: Bool) {
        var validator = EventValidator()
        #expect(validator.violations(in: hello(policy)) == [])
        #expect(validator.violations(in: joined(role)) == [])
        let found = validator.violations(in: tick).map(\.description)
        #expect(found.isEmpty == isValid, "\(found)")
        guard policy.hasPrefix("eu-"), !isValid else { return }
        #expect(found.contains("/sentiment is not allowed here") && found.contains("/activation is not allowed here"))
        let others = found.filter { !$0.hasPrefix("/sentiment") && !$0.hasPrefix("/activation") }
        #expect(others.count == 3 && others.allSatisfy { $0.hasPrefix("/engagement/contributions/") }, "\(others)")
    }

    @Test(arguments: [("us-work", "rep", false), ("us-work", "customer", true), ("eu-work", "rep", true)])
    func wordsAreHeldAgainstTheProfile(policy: String, role: String, mayHaveText: Bool) {
        let words = Samples.lines.first { $0.contains(#""type":"words""#) && $0.contains(#""text""#) } ?? ""
        let speaker = (try? JSONSerialization.jsonObject(with: Data(words.utf8)) as? [String: Any])?["speaker"] ?? ""
        let other = joined(role).replacing(#""speaker":"ana""#, with: #""speaker":"\#(speaker)""#)
        var validator = EventValidator()
        #expect(validator.violations(in: hello(policy)) == [] && validator.violations(in: other) == [])
        let found = validator.violations(in: words).map(\.description)
        #expect(found.isEmpty == mayHaveText, "\(found)")
    }

    @Test(arguments: [
        ("standard", "rep", true), ("behaviour-only", "customer", false), ("eu-work", "rep", false),
        ("eu-work", "customer", true), ("us-work", "rep", false), ("eu-education", "student", false),
        ("self", "rep", false), ("self", "self", true),
    ])
    func contoursOfFacesAreHeldAgainstTheProfile(policy: String, role: String, mayBe: Bool) {
        let points = Samples.lines.first { $0.contains(#""type":"face.points""#) } ?? ""
        var validator = EventValidator()
        #expect(validator.violations(in: hello(policy)) == [] && validator.violations(in: joined(role)) == [])
        #expect(!points.isEmpty && validator.violations(in: points).isEmpty == mayBe)
    }

    @Test func protectionIsRemembered() {
        var validator = EventValidator()
        for line in [hello("eu-work"), joined("employee"), joined("customer")] {
            #expect(validator.violations(in: line) == [])
        }
        #expect(validator.violations(in: tick).contains { $0.path == "/sentiment" })
    }

    @Test(arguments: [("behaviour-only", false), ("eu-work", false), ("self", false), ("standard", true)])
    func snapshotsAreHeldAgainstTheProfileToo(policy: String, isValid: Bool) {
        let snapshot = Samples.lines.first { $0.contains(#""type":"snapshot""#) } ?? ""
        var validator = EventValidator()
        #expect(validator.violations(in: hello(policy)) == [])
        let found = validator.violations(in: snapshot)
        #expect(found.isEmpty == isValid, "\(found)")
        #expect(found.allSatisfy { $0.path.hasPrefix("/sessions/0/speakers/") && $0.path.contains("last_tick") })
    }
}

import Events
import Foundation
import Testing

@Suite struct PolicyTests {
    private static let everything = Policy.Permissions.everything
    private static let behaviour = Policy.Permissions.behaviour
    private static let counted = Policy.Permissions(
        measured: true, voiceScores: false, visibleScores: false, sentiment: false, wordTexts: false)

    @Test(arguments: [
        (Policy.Profile.standard, nil, everything), (.standard, "employee", everything),
        (.behaviourOnly, nil, behaviour), (.behaviourOnly, "customer", behaviour), (.behaviourOnly, "self", behaviour),
        (.euWork, "customer", everything), (.euWork, "guest", everything), (.euWork, nil, behaviour),
        (.euWork, "rep", behaviour), (.euWork, "employee", behaviour), (.euWork, "host", behaviour),
        // What is not exactly an unprotected role is protected.
        (.euWork, "Customer", behaviour), (.euWork, "customer ", behaviour), (.euWork, "", behaviour),
        (.usWork, "customer", everything), (.usWork, "rep", counted), (.usWork, nil, counted),
        (.euEducation, "guest", everything), (.euEducation, "customer", behaviour), (.euEducation, nil, behaviour),
        (.euEducation, "student", behaviour), (.euEducation, "teacher", behaviour),
        (.ownVoice, "self", everything), (.ownVoice, "rep", .nothing), (.ownVoice, nil, .nothing),
    ])
    func everyRoleHasItsPermissions(profile: Policy.Profile, role: String?, permissions: Policy.Permissions) {
        #expect(Policy(profile).permissions(role: role) == permissions)
    }

    @Test func permissionsAreOnlyNarrowed() {
        for one in [Policy.Permissions.everything, .behaviour, .nothing] {
            #expect(one.narrowed(by: .everything) == one)
            #expect(one.narrowed(by: .nothing) == .nothing)
            #expect(Policy.Permissions.behaviour.narrowed(by: one) == one.narrowed(by: .behaviour))
        }
    }

    @Test func whatWasKeptBeforeThereWereTextsIsRead() throws {
        let kept = #"{"measured":true,"voiceScores":true,"visibleScores":true,"sentiment":true}"#
        let read = try JSONDecoder().decode(Policy.Permissions.self, from: Data(kept.utf8))
        #expect(read == .everything)
        let again = try JSONDecoder().decode(Policy.Permissions.self, from: JSONEncoder().encode(Self.counted))
        #expect(again == Self.counted)
    }

    @Test func protectedAreThoseOfWorkAndEducation() {
        for profile in Policy.Profile.allCases {
            let isProtecting = Policy(profile).classes.contains(where: \.isProtected)
            #expect(isProtecting == [.euWork, .usWork, .euEducation].contains(profile))
            #expect(Policy(profile).classes.last?.roles == nil, "the class of all others is the last")
        }
    }
}

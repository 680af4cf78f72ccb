import Events
import Settings

/// Papers for who answers for a daemon: every statement follows from its configuration, or is a figure that was measured.
struct CompliancePapers {
    let facts: ComplianceFacts
    /// Version of the program.
    let version: String

    /// Name of each file, and its text.
    var files: [(name: String, text: String)] {
        NoticeTexts.all.map { ("notice.\($0.language).md", notice($0)) } + [
            ("processing.md", processing), ("dpia.md", assessment), ("model-card.md", Self.figures(version: version)),
        ]
    }

    // MARK: Notice

    /// What the people in a call are told.
    func notice(_ texts: NoticeTexts) -> String {
        func with(_ sentence: String, _ value: String) -> String { sentence.replacing("%", with: value) }
        var measured = [texts.measured, texts.score, texts.comparison]
        if facts.policy.profile == .ownVoice { measured.insert(texts.ownVoiceOnly, at: 1) }
        switch facts.whom(\.sentiment) {
        case .everybody: measured.append(texts.sentimentOfAll)
        case .nobody: measured.append(texts.sentimentOfNobody)
        case .roles(let roles): measured.append(with(texts.sentimentOf, roles.joined(separator: ", ")))
        }
        var agreed: [String] = []
        switch facts.words {
        case .off: break
        case .counted: agreed.append(texts.wordsCounted)
        case .live: agreed.append(texts.wordsLive)
        case .stored: agreed.append(with(texts.wordsStored, "\(facts.storedDays ?? 0)"))
        }
        if [.live, .stored].contains(facts.words), case .roles(let roles) = facts.whom(\.wordTexts) {
            agreed.append(with(texts.wordsCountedOf, roles.joined(separator: ", ")))
        }
        agreed.append(texts.camera)
        if case .roles(let roles) = facts.whom(\.visibleScores) {
            agreed.append(with(texts.cameraNoScore, roles.joined(separator: ", ")))
        }
        switch facts.whom(\.facePoints) {
        case .everybody: agreed.append(texts.contours)
        case .nobody: break
        case .roles(let roles):
            agreed += [texts.contours, with(texts.contoursOf, roles.joined(separator: ", "))]
        }
        var stays = [facts.storedDays.map { with(texts.stored, "\($0)") } ?? texts.notStored]
        if facts.settings.bus.address != nil { stays.append(texts.overBus) }
        return """
            # \(texts.title)

            \(measured.joined(separator: " "))

            \(agreed.joined(separator: " "))

            \(stays.joined(separator: " ")) \(texts.whoSees)

            \(texts.decision) \(texts.withdrawal)

            > \(texts.fillIn) `\(facts.noticeID)` · `\(facts.profile)` · attune \(version)

            """
    }

    // MARK: Record of processing

    private static func table(_ head: [String], _ rows: [[String]]) -> String {
        ([head, head.map { _ in "---" }] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }

    private var ofWhom: String {
        let rows = facts.policy.classes.map { roleClass in
            let allowed = roleClass.permissions
            let who =
                roleClass.roles?.joined(separator: ", ")
                ?? (facts.policy.classes.count > 1 ? "all others" : "everybody")
            func yes(_ isIt: Bool) -> String { isIt && allowed.measured ? "yes" : "no" }
            let words = facts.words == .off ? "no" : yes(true)
            let texts = [.live, .stored].contains(facts.words) ? yes(allowed.wordTexts) : "no"
            return [
                who, roleClass.isProtected ? "yes" : "no", yes(true), yes(allowed.voiceScores), yes(allowed.sentiment),
                words,
                texts, yes(true), yes(allowed.visibleScores), yes(allowed.facePoints),
            ]
        }
        return Self.table(
            [
                "role", "protected", "floor and voice metrics", "voice in the score", "sentiment, activation",
                "words counted¹", "words as a text¹", "camera²", "camera in the score²", "outline of the face³",
            ], rows)
    }

    private var retention: String { Self.table(["what", "for how long"], facts.retention.map { [$0.what, $0.time] }) }
    private var ways: String { Self.table(["by", "to whom"], facts.ways.map { [$0.what, $0.who] }) }

    /// What is computed of whom, where it goes and how long it stays.
    var processing: String {
        """
        # What is computed of whom

        Profile `\(facts.profile)`, notice `\(facts.noticeID)`, attune \(version). Made from the configuration; no legal advice.

        Of whoever has not agreed nothing is computed but whether somebody speaks, on which the turns of others depend\
        \(facts.settings.policy.noticeID == nil ? ", and without a notice of its own nobody in a session is measured" : "").

        \(ofWhom)

        ¹ of who agreed to `words`. ² of who agreed to `face`, where pictures come. ³ the same, where it was
        asked for as well; to who asks for `face.points` by name, kept nowhere.

        Not computed of anybody: identity, gender, age, health, discrete emotions; nothing is compared between people, and
        nothing is carried from call to call.

        ## Where it goes

        \(ways)

        ## How long it is kept

        \(retention)

        """
    }

    // MARK: Impact assessment

    private var isReachable: Bool { facts.settings.sockets.http.map { !$0.isLoopback } ?? false }

    private var risks: [[String]] {
        var rows = [
            [
                "measured without knowing",
                "no tick without a notice id; the overlay, `attune top` and reports say who is measured",
                "the wording is given by people: [how]",
            ],
            [
                "consent under pressure", "consent per person and per lane, taken back at any time, with forgetting",
                "[why saying no has no consequences here]",
            ],
            [
                "figures taken for what they are not",
                "every score has an interval, is made of named parts, and abstains", "[who explains them]",
            ],
            [
                "error that differs by group",
                "model-card.md has error and bias by group; `attune audit` measures it on your own",
                "[which groups, when, what limit]",
            ],
            [
                "used to judge or rank people", "no ranking, no sums over people, no profile over calls",
                "[who may not use it, and for what]",
            ],
        ]
        rows.append(
            facts.whom(\.sentiment) == .everybody
                ? [
                    "affect of people at work or in education", "profile `\(facts.profile)` scores it of everybody",
                    "**choose `eu-work`, `us-work` or `eu-education` if this is used there**",
                ]
                : [
                    "affect of people at work or in education",
                    "not computed of protected roles under `\(facts.profile)`, whatever they agree to",
                    "roles must be declared truly",
                ])
        if let days = facts.storedDays {
            rows.append([
                "what is stored is read by others",
                "no sound; of who agreed alone; deleted after \(days) days; `attune forget`",
                "[encryption of the disk, who has access]",
            ])
        }
        if facts.words == .live || facts.words == .stored {
            rows.append([
                "words are told or kept as a text", "only of who agreed to `words`; long numbers and addresses masked",
                "[who reads them]",
            ])
        }
        if facts.settings.sockets.http != nil {
            rows.append([
                "a page shows figures to who should not see them",
                "tokens, that end; \(isReachable ? "TLS" : "loopback only")", "[who gets tokens]",
            ])
        }
        return rows
    }

    /// A draft of a data protection impact assessment.
    var assessment: String {
        """
        # Data protection impact assessment: draft

        Made by attune \(version) from the configuration (profile `\(facts.profile)`, notice `\(facts.noticeID)`). What it
        can't know stands in brackets. It is a draft for who is responsible, and no legal advice.

        ## What is done

        Calls of [whom] are measured for [which purpose], on the ground of [legal basis]. processing.md says what is computed
        of whom.

        \(ofWhom)

        ## Why it is needed

        [Why the purpose needs it, and why less would not do.] Of what is not needed, leave out: words (`words.language: off`,
        now \(facts.words == .off ? "off" : "on")), the store (`store.path`, now \(facts.storedDays == nil ? "off" : "on")), affect (`policy.profile`).

        ## Who gets it

        \(ways)

        No sound, no picture and no figure is sent to anybody else; the program opens only what it is told to.

        ## How long it is kept

        \(retention)

        ## Risks and measures

        \(Self.table(["risk", "measure of the program", "yours"], risks))

        ## Rights

        Whoever is measured can see the same figures (event socket, overlay), take consent back (`attune consent`), and have what
        is stored deleted (`attune forget`). [How people ask for that.]

        ## Views of the people concerned, and of the data protection officer

        [...]

        """
    }

    // MARK: Figures

    /// The measured figures of the model card.
    static func figures(version: String) -> String {
        let tables = modelCardFigures.map { "## \($0.title)\n\n\($0.markdown)\n" }
        return
            "# Model card: figures\n\nMeasured with attune \(version) by `make evaluate`, good or bad; what they mean, and how "
            + "they were measured, stands in docs/model-card.md.\n\n" + tables.joined(separator: "\n")
    }
}

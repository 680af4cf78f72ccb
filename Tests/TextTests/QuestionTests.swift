import Testing

@testable import Text

/// What is asked, by marks and by form.
@Suite struct QuestionTests {
    /// Where people set the marks, each is one.
    @Test(arguments: [
        ("Really? You think so?", 2), ("What?! No way!", 1), ("It costs 3.5? No. 3.6.", 1), ("", 0), ("?", 1),
        ("He asked what it costs.", 0), ("Why not", 0), ("\u{061F}", 1),
    ]) func marksOfPeopleAreTakenAtTheirWord(text: String, count: Int) {
        #expect(Questions(text, trustsMarks: true).count == count)
    }

    /// What the recogniser marks counts where it has the form, too.
    @Test(arguments: [
        ("What do you think?", 1, false), ("So, how much does it cost?", 1, false), ("Could you send it?", 1, false),
        ("It works, doesn't it?", 1, false), ("You sent it, right?", 1, false),
        ("If it rains, what do we do?", 1, false),
        ("Which folder should I save the message to?", 1, false), ("Okay, um, is that all?", 1, false),
        ("The red one?", 0, true), ("Mailbox?", 0, true), ("I have sent it? Good.", 0, false),
        ("You want it tomorrow?", 0, true), ("That is what I said.", 0, false), ("", 0, false),
        ("What is it? And when do you need it?", 2, false),
    ]) func marksOfTheRecogniserNeedTheForm(text: String, count: Int, isOpen: Bool) {
        let questions = Questions(text, trustsMarks: false)
        #expect(questions.count == count && questions.isLastOpen == isOpen)
    }

    /// Without any mark only what is plainly a question is one.
    @Test(arguments: [
        ("do you have time tomorrow", 1), ("so what do you think", 1), ("how much does it cost", 1),
        ("what's the price of it", 1), ("what kind of plan are you on", 0), ("what kind of plan is it", 0),
        ("what plan are you on", 1), ("what I mean is that it works", 0), ("when we met it was fine", 0),
        ("is that so", 1), ("do it", 0), ("that is what you said", 0), ("was ich meine ist gut", 0), ("it is", 0),
        ("have a nice day", 0), ("will do it", 0), ("do the first one", 0), ("have you seen it", 1),
    ]) func withoutMarksTheFormHasToBePlain(text: String, count: Int) {
        for trusts in [true, false] { #expect(Questions(text, trustsMarks: trusts).count == count) }
    }
}

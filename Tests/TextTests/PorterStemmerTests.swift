import Testing

@testable import Text

/// Word forms against the examples of Porter (1980), run through all steps.
@Suite struct PorterStemmerTests {
    @Test(arguments: [
        ("caresses", "caress"), ("ponies", "poni"), ("ties", "ti"), ("caress", "caress"), ("cats", "cat"),
        ("feed", "feed"), ("agreed", "agre"), ("plastered", "plaster"), ("bled", "bled"), ("motoring", "motor"),
        ("sing", "sing"), ("conflated", "conflat"), ("troubled", "troubl"), ("sized", "size"), ("hopping", "hop"),
        ("tanned", "tan"), ("falling", "fall"), ("hissing", "hiss"), ("fizzed", "fizz"), ("failing", "fail"),
        ("filing", "file"), ("happy", "happi"), ("sky", "sky"), ("relational", "relat"), ("conditional", "condit"),
        ("rational", "ration"), ("valenci", "valenc"), ("hesitanci", "hesit"), ("digitizer", "digit"),
        ("radicalli", "radic"), ("differentli", "differ"), ("vileli", "vile"), ("analogousli", "analog"),
        ("vietnamization", "vietnam"), ("predication", "predic"), ("operator", "oper"), ("feudalism", "feudal"),
        ("decisiveness", "decis"), ("hopefulness", "hope"), ("callousness", "callous"), ("formaliti", "formal"),
        ("sensitiviti", "sensit"), ("sensibiliti", "sensibl"), ("triplicate", "triplic"), ("formative", "form"),
        ("formalize", "formal"), ("electriciti", "electr"), ("electrical", "electr"), ("hopeful", "hope"),
        ("goodness", "good"), ("revival", "reviv"), ("allowance", "allow"), ("inference", "infer"),
        ("airliner", "airlin"), ("gyroscopic", "gyroscop"), ("adjustable", "adjust"), ("defensible", "defens"),
        ("irritant", "irrit"), ("replacement", "replac"), ("adjustment", "adjust"), ("dependent", "depend"),
        ("adoption", "adopt"), ("homologou", "homolog"), ("communism", "commun"), ("activate", "activ"),
        ("angulariti", "angular"), ("homologous", "homolog"), ("effective", "effect"), ("bowdlerize", "bowdler"),
        ("probate", "probat"), ("rate", "rate"), ("cease", "ceas"), ("controll", "control"), ("roll", "roll"),
        ("generalizations", "gener"), ("oscillators", "oscil"),
    ])
    func theExamplesOfThePaperComeOutAsThere(word: String, stem: String) {
        #expect(PorterStemmer.stem(word) == stem)
    }

    @Test(arguments: ["", "a", "is", "s", "'", "'s", "ion", "sion", "ed", "ing", "ies", "y", "yyyy", "zs", "é", "4th"])
    func shortAndOddWordsAreBorne(word: String) {
        #expect(PorterStemmer.stem(word).count <= word.count)
    }

    @Test func formsOfAWordAreOne() {
        for forms in [
            ["price", "prices", "priced", "pricing", "price's", "prices'"],
            ["integrate", "integration", "integrates", "integrating"],
            ["cancel", "cancels", "cancelled", "cancellation"],
        ] {
            #expect(Set(forms.map(PorterStemmer.stem)).count == 1, "\(forms.map(PorterStemmer.stem))")
        }
        #expect(PorterStemmer.stem("größe") == "größe" && PorterStemmer.stem("b2b") == "b2b")
    }

    @Test func whatIsTooLongForAWordStays() {
        let long = String(repeating: "y", count: 20_000) + "ing"
        #expect(PorterStemmer.stem(long) == long)
    }
}

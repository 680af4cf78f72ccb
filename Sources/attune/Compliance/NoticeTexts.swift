/// The sentences of a notice in one language. `%` stands for roles or a number.
struct NoticeTexts: Sendable {
    let language: String
    let title, measured, ownVoiceOnly, score, comparison: String
    let sentimentOfAll, sentimentOfNobody, sentimentOf: String
    let wordsCounted, wordsLive, wordsStored, wordsCountedOf: String
    let camera, cameraNoScore, contours, contoursOf: String
    let notStored, stored, overBus: String
    let whoSees, decision, withdrawal, fillIn: String

    /// The languages of the overlay.
    static let all = [english, german, spanish, french]

    private static let english = NoticeTexts(
        language: "en",
        title: "This call is measured",
        measured: """
            A program on [whose] computer measures who speaks when and for how long, how quickly people answer, how \
            loud and at which pitch they speak and how fast, and how often people speak at once.
            """,
        ownVoiceOnly: """
            Only the voice of who is named with the role 'self' is measured; of all others it tells no more than \
            whether somebody speaks.
            """,
        score: "It makes a score from 0 to 100 of how each person takes part.",
        comparison: """
            The score compares a person with the same person earlier in this call, and with nobody else. Nobody is \
            recognised.
            """,
        sentimentOfAll: "It also scores whether the words that are used are positive or negative.",
        sentimentOfNobody: "Whether somebody sounds or speaks positively or negatively is not scored, of nobody.",
        sentimentOf: """
            Whether words are positive or negative, and how the voice sounds, is scored of these roles alone: %.
            """,
        wordsCounted: """
            If you agree to that as well, a program on that computer writes down what you say in order to count \
            words and questions; no text is kept or passed on.
            """,
        wordsLive: """
            If you agree to that as well, what you say is written down and shown while the call runs; it is not \
            kept.
            """,
        wordsStored: """
            If you agree to that as well, what you say is written down, shown, and kept for % days; long numbers and \
            addresses are masked.
            """,
        wordsCountedOf: """
            What is said is shown or kept as a text of these roles alone: %. Of all others it is counted only.
            """,
        camera: """
            If you agree to that as well, and where pictures come, it looks at whether a face is there, where it \
            turns, nods, and whether the mouth moves. No picture is kept, nobody is recognised, and no feeling is \
            read from a face.
            """,
        cameraNoScore: "What a camera shows moves no score but of these roles: %.",
        contours: """
            Where that was asked for when the picture was connected, the outline of your face is drawn while the call \
            runs, without the picture; it is not kept.
            """,
        contoursOf: "Outlines are drawn of these roles alone: %.",
        notStored: """
            The sound is not kept and does not leave that computer. The measurements are gone when the call is over.
            """,
        stored: "The sound is not kept and does not leave that computer. The measurements are kept for % days.",
        overBus: "The measurements, not the sound, are handed on to other computers of [whom] while the call runs.",
        whoSees: """
            [Who] sees the measurements, for [what purpose], on the ground of [legal basis]. You can see what is \
            measured of you at any time: ask [whom].
            """,
        decision: """
            You decide. Without your agreement nothing is measured of you; the program then only tells whether \
            somebody speaks. Saying no has no consequences.
            """,
        withdrawal: """
            You can take your agreement back at any time in the call, for the voice, the words or the picture; what \
            was measured of you is then forgotten.
            """,
        fillIn: """
            Fill in the brackets, and strike what is not true in your case. This is a draft made from the \
            configuration, and no legal advice.
            """)

    private static let german = NoticeTexts(
        language: "de",
        title: "In diesem Gespräch wird gemessen",
        measured: """
            Ein Programm auf dem Rechner von [wem] misst, wer wann und wie lange spricht, wie schnell geantwortet \
            wird, wie laut, in welcher Tonhöhe und wie schnell gesprochen wird und wie oft mehrere zugleich \
            sprechen.
            """,
        ownVoiceOnly: """
            Gemessen wird nur die Stimme mit der Rolle 'self'; von allen anderen wird nur erkannt, ob gerade jemand \
            spricht.
            """,
        score: "Daraus macht es einen Wert von 0 bis 100 dafür, wie sich jemand beteiligt.",
        comparison: """
            Der Wert vergleicht einen Menschen mit sich selbst früher in diesem Gespräch und mit niemandem sonst. \
            Niemand wird wiedererkannt.
            """,
        sentimentOfAll: "Bewertet wird auch, ob die gebrauchten Wörter positiv oder negativ sind.",
        sentimentOfNobody: "Ob jemand positiv oder negativ klingt oder spricht, wird bei niemandem bewertet.",
        sentimentOf: """
            Ob Wörter positiv oder negativ sind und wie die Stimme klingt, wird nur bei diesen Rollen bewertet: %.
            """,
        wordsCounted: """
            Wenn Sie auch dem zustimmen, schreibt ein Programm auf diesem Rechner mit, was Sie sagen, um Wörter und \
            Fragen zu zählen; kein Text wird aufbewahrt oder weitergegeben.
            """,
        wordsLive: """
            Wenn Sie auch dem zustimmen, wird mitgeschrieben und während des Gesprächs gezeigt, was Sie sagen; es \
            wird nicht aufbewahrt.
            """,
        wordsStored: """
            Wenn Sie auch dem zustimmen, wird mitgeschrieben, gezeigt und % Tage aufbewahrt, was Sie sagen; lange \
            Zahlen und Adressen werden unkenntlich gemacht.
            """,
        wordsCountedOf: """
            Als Text gezeigt oder aufbewahrt wird nur, was diese Rollen sagen: %. Bei allen anderen wird nur \
            gezählt.
            """,
        camera: """
            Wenn Sie auch dem zustimmen und Bilder da sind, sieht es nach, ob ein Gesicht da ist, wohin es sich \
            wendet, ob es nickt und ob sich der Mund bewegt. Kein Bild wird aufbewahrt, niemand wird erkannt, und \
            aus keinem Gesicht wird ein Gefühl gelesen.
            """,
        cameraNoScore: "Was eine Kamera zeigt, ändert nur bei diesen Rollen einen Wert: %.",
        contours: """
            Wo das beim Anschließen des Bildes verlangt wurde, wird im Gespräch der Umriss Ihres Gesichts gezeichnet, \
            ohne das Bild; er wird nicht aufbewahrt.
            """,
        contoursOf: "Umrisse werden nur von diesen Rollen gezeichnet: %.",
        notStored: """
            Der Ton wird nicht aufbewahrt und verlässt diesen Rechner nicht. Die Messwerte sind mit dem Gespräch \
            weg.
            """,
        stored: """
            Der Ton wird nicht aufbewahrt und verlässt diesen Rechner nicht. Die Messwerte werden % Tage aufbewahrt.
            """,
        overBus: """
            Die Messwerte, nicht der Ton, werden während des Gesprächs an andere Rechner von [wem] weitergegeben.
            """,
        whoSees: """
            [Wer] sieht die Messwerte, zu [welchem Zweck], auf der Grundlage von [Rechtsgrundlage]. Was von Ihnen \
            gemessen wird, können Sie jederzeit sehen: fragen Sie [wen].
            """,
        decision: """
            Sie entscheiden. Ohne Ihre Zustimmung wird von Ihnen nichts gemessen; das Programm erkennt dann nur, ob \
            gerade jemand spricht. Ein Nein hat keine Folgen.
            """,
        withdrawal: """
            Sie können Ihre Zustimmung im Gespräch jederzeit zurücknehmen, für die Stimme, die Wörter oder das Bild; \
            was von Ihnen gemessen wurde, wird dann vergessen.
            """,
        fillIn: """
            Füllen Sie die Klammern aus und streichen Sie, was bei Ihnen nicht stimmt. Dies ist ein Entwurf nach der \
            Konfiguration und keine Rechtsberatung.
            """)

    private static let spanish = NoticeTexts(
        language: "es",
        title: "En esta llamada se hacen mediciones",
        measured: """
            Un programa en el ordenador de [quién] mide quién habla, cuándo y cuánto tiempo, con qué rapidez se \
            responde, el volumen, el tono y la velocidad con que se habla y cuántas veces hablan varias personas a \
            la vez.
            """,
        ownVoiceOnly: "Solo se mide la voz con el papel 'self'; de las demás solo se reconoce si alguien habla.",
        score: "Con ello calcula un valor de 0 a 100 sobre cómo participa cada persona.",
        comparison: """
            El valor compara a una persona consigo misma antes en esta llamada, y con nadie más. No se identifica a \
            nadie.
            """,
        sentimentOfAll: "También valora si las palabras usadas son positivas o negativas.",
        sentimentOfNobody: "No se valora, de nadie, si suena o habla de forma positiva o negativa.",
        sentimentOf: """
            Si las palabras son positivas o negativas y cómo suena la voz se valora solo en estos papeles: %.
            """,
        wordsCounted: """
            Si también lo acepta, un programa en ese ordenador transcribe lo que dice para contar palabras y \
            preguntas; ningún texto se guarda ni se transmite.
            """,
        wordsLive: "Si también lo acepta, lo que dice se transcribe y se muestra durante la llamada; no se guarda.",
        wordsStored: """
            Si también lo acepta, lo que dice se transcribe, se muestra y se guarda % días; los números largos y las \
            direcciones se ocultan.
            """,
        wordsCountedOf: """
            Solo se muestra o guarda como texto lo que dicen estos papeles: %. De los demás solo se cuenta.
            """,
        camera: """
            Si también lo acepta, y donde hay imagen, observa si hay una cara, hacia dónde se vuelve, si asiente y \
            si se mueve la boca. No se guarda ninguna imagen, no se identifica a nadie y no se lee ningún \
            sentimiento en una cara.
            """,
        cameraNoScore: "Lo que muestra una cámara solo cambia un valor en estos papeles: %.",
        contours: """
            Donde se pidió al conectar la imagen, se dibuja el contorno de su cara durante la llamada, sin la imagen; \
            no se guarda.
            """,
        contoursOf: "Solo se dibujan contornos de estos papeles: %.",
        notStored: """
            El sonido no se guarda ni sale de ese ordenador. Las mediciones desaparecen al terminar la llamada.
            """,
        stored: "El sonido no se guarda ni sale de ese ordenador. Las mediciones se guardan % días.",
        overBus: "Las mediciones, no el sonido, pasan durante la llamada a otros ordenadores de [quién].",
        whoSees: """
            [Quién] ve las mediciones, para [qué fin], sobre la base de [base jurídica]. Puede ver en todo momento \
            lo que se mide de usted: pregunte a [quién].
            """,
        decision: """
            Usted decide. Sin su acuerdo no se mide nada de usted; el programa solo reconoce entonces si alguien \
            habla. Decir que no no tiene consecuencias.
            """,
        withdrawal: """
            Puede retirar su acuerdo en cualquier momento de la llamada, para la voz, las palabras o la imagen; lo \
            que se midió de usted se olvida entonces.
            """,
        fillIn: """
            Complete los corchetes y tache lo que no sea cierto en su caso. Es un borrador hecho de la \
            configuración, y no asesoramiento jurídico.
            """)

    private static let french = NoticeTexts(
        language: "fr",
        title: "Des mesures sont faites pendant cet appel",
        measured: """
            Un programme sur l’ordinateur de [qui] mesure qui parle, quand et combien de temps, avec quelle rapidité \
            on répond, le volume, la hauteur et le débit des voix, et combien de fois plusieurs personnes parlent en \
            même temps.
            """,
        ownVoiceOnly: """
            Seule la voix du rôle 'self' est mesurée ; des autres, on reconnaît seulement si quelqu’un parle.
            """,
        score: "Il en tire une valeur de 0 à 100 sur la façon dont chaque personne participe.",
        comparison: """
            La valeur compare une personne à elle-même plus tôt dans cet appel, et à personne d’autre. Personne \
            n’est identifié.
            """,
        sentimentOfAll: "Il évalue aussi si les mots employés sont positifs ou négatifs.",
        sentimentOfNobody: "Que quelqu’un parle ou paraisse positif ou négatif n’est évalué pour personne.",
        sentimentOf: """
            Si les mots sont positifs ou négatifs et comment sonne la voix n’est évalué que pour ces rôles : %.
            """,
        wordsCounted: """
            Si vous acceptez cela aussi, un programme sur cet ordinateur transcrit ce que vous dites pour compter \
            les mots et les questions ; aucun texte n’est conservé ni transmis.
            """,
        wordsLive: """
            Si vous acceptez cela aussi, ce que vous dites est transcrit et affiché pendant l’appel ; ce n’est pas \
            conservé.
            """,
        wordsStored: """
            Si vous acceptez cela aussi, ce que vous dites est transcrit, affiché et conservé % jours ; les longs \
            nombres et les adresses sont masqués.
            """,
        wordsCountedOf: """
            N’est affiché ou conservé comme texte que ce que disent ces rôles : %. Pour les autres, on ne fait que \
            compter.
            """,
        camera: """
            Si vous acceptez cela aussi, et là où il y a une image, il regarde si un visage est là, où il se tourne, \
            s’il fait oui de la tête et si la bouche bouge. Aucune image n’est conservée, personne n’est identifié \
            et aucun sentiment n’est lu sur un visage.
            """,
        cameraNoScore: "Ce que montre une caméra ne change une valeur que pour ces rôles : %.",
        contours: """
            Là où cela a été demandé en raccordant l’image, le contour de votre visage est dessiné pendant l’appel, \
            sans l’image ; il n’est pas conservé.
            """,
        contoursOf: "Seuls sont dessinés les contours de ces rôles : %.",
        notStored: "Le son n’est pas conservé et ne quitte pas cet ordinateur. Les mesures disparaissent avec l’appel.",
        stored: "Le son n’est pas conservé et ne quitte pas cet ordinateur. Les mesures sont conservées % jours.",
        overBus: "Les mesures, non le son, sont transmises pendant l’appel à d’autres ordinateurs de [qui].",
        whoSees: """
            [Qui] voit les mesures, dans [quel but], sur le fondement de [base légale]. Vous pouvez voir à tout \
            moment ce qui est mesuré de vous : demandez à [qui].
            """,
        decision: """
            Vous décidez. Sans votre accord rien n’est mesuré de vous ; le programme reconnaît alors seulement si \
            quelqu’un parle. Dire non est sans conséquence.
            """,
        withdrawal: """
            Vous pouvez retirer votre accord à tout moment de l’appel, pour la voix, les mots ou l’image ; ce qui a \
            été mesuré de vous est alors oublié.
            """,
        fillIn: """
            Complétez les crochets et rayez ce qui n’est pas vrai dans votre cas. C’est un projet tiré de la \
            configuration, et non un conseil juridique.
            """)
}

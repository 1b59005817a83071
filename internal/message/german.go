package message

// german addresses readers as Sie.
var german = dictionary{
	words: map[string]string{
		LabelUser:       "Benutzer",
		labelRoles:      "Rollen",
		labelResources:  "Ressourcen",
		labelIncomplete: "Nicht angezeigt",
		labelReason:     "Begründung",
		labelCluster:    "Cluster",
		labelReviewers:  "Vorgeschlagene Prüfer",
		labelLeftOut:    "Nicht benachrichtigt",
		labelKind:       "Zugriff",
		labelDuration:   "Zugriffsdauer",
		labelStarts:     "Zugriff beginnt",
		labelEnds:       "Zugriff endet",
		labelExpires:    "Anfrage läuft ab",
		labelList:       "Zugriffsliste",
		labelLists:      "Zugriffslisten",

		LabelStatusReason: "Begründung der Entscheidung",
		LabelReviews:      "Prüfungen",
		LabelCommands:     "Genehmigen oder ablehnen mit",
		LabelRequest:      "Anfrage",
		LabelMore:         "Weiteres",

		NoTitle:  "Zugriffsanfrage",
		NoStatus: "Unbekannt",
		NoLabel:  "Details",
		NoAuthor: "unbekannt",

		titleResources: "Ressourcenanfrage",
		titleRoles:     "Rollenanfrage",

		titleReceived:  "Ihre Anfrage ist eingegangen",
		titleOwn:       "Ihre Anfrage",
		statusEndsSoon: "Der Zugriff endet bald",
		statusEnded:    "Der Zugriff ist beendet",

		titleLists:   "Prüfung von Zugriffslisten",
		statusLists:  "%[1]d Zugriffslisten zu prüfen",
		dueBy:        "zu prüfen bis",
		overdueSince: "überfällig seit",

		titleTrial:      "Test",
		statusTrial:     "Dies ist ein Test, es gibt nichts zu entscheiden",
		statusTrialDone: "Test bestanden: Nachrichten kommen hier an und lassen sich bearbeiten",
		labelSender:     "Gesendet von",

		fromWords:      "%[1]s von %[2]s",
		labelledWords:  "%[1]s: %[2]s",
		headingWords:   "%[1]s:",
		requestWords:   "Anfrage %[1]s",
		limitedWords:   "%[1]s, %[2]s",
		limitedToWords: "%[1]s, %[2]s %[3]s",

		approvedBy:   "Genehmigt von %[1]s",
		deniedBy:     "Abgelehnt von %[1]s",
		promotedBy:   "In eine Zugriffsliste überführt von %[1]s",
		reviewedBy:   "Geprüft von %[1]s",
		throughWords: "%[1]s, über %[2]s",

		approvedByRule: "Automatisch genehmigt durch eine Regel von Teleport",
		deniedByRule:   "Automatisch abgelehnt durch eine Regel von Teleport",
		promotedByRule: "Automatisch überführt durch eine Regel von Teleport",
		reviewedByRule: "Automatisch geprüft durch eine Regel von Teleport",

		idWords:      "ID",
		withLogin:    "mit dem Login",
		withLogins:   "mit den Logins",
		traitLogins:  "und denen aus den Traits des Benutzers",
		limitRole:    "nur die AWS-Rolle",
		limitRoles:   "nur die AWS-Rollen",
		limitLogin:   "nur der Login",
		limitLogins:  "nur die Logins",
		limitUnknown: "auf eine Weise beschränkt, die diese Version nicht kennt",

		statusPending:  "Ausstehend",
		statusProgress: "Ausstehend, %[2]d von %[1]d Genehmigungen",
		statusApproved: "Genehmigt",
		statusDenied:   "Abgelehnt",
		statusPromoted: "In eine Zugriffsliste überführt",
		statusExpired:  "Abgelaufen",
		statusRemoved:  "Aus Teleport entfernt, bevor eine Entscheidung bekannt wurde",
		statusGone:     "Nicht mehr in Teleport, der Ausgang ist nicht bekannt",

		stillPending: "Noch immer ausstehend, Wartezeit: %[1]s",

		kindTemporary: "Befristet",
		kindPermanent: "Dauerhaft",

		incompleteWords:        "Die Anfrage enthält mehr, als diese Version anzeigen kann",
		incompletePendingWords: "Die Anfrage enthält mehr, als diese Version anzeigen kann, bitte sehen Sie vor der Entscheidung in Teleport nach",

		linkReview:          "In Teleport prüfen",
		linkOpen:            "In Teleport öffnen",
		linkReviewElsewhere: "Anfrage prüfen",
		linkOpenElsewhere:   "Anfrage öffnen",

		earlierWords: "%[1]d frühere Prüfungen",
		moreWords:    "und %[1]d weitere",
		leftOutWords: "%[1]d weitere vorgeschlagene Prüfer",
		cutWords:     "… (%[1]d weitere Zeichen)",

		daysWords:      "%[1]d Tage",
		hoursWords:     "%[1]d Stunden",
		minutesWords:   "%[1]d Minuten",
		lessThanMinute: "weniger als eine Minute",
		twoUnits:       "%[1]s %[2]s",
		timeLayout:     "02.01.2006, 15:04 MST",
	},
	singular: map[string]string{
		statusProgress: "Ausstehend, %[2]d von %[1]d Genehmigung",
		statusLists:    "%[1]d Zugriffsliste zu prüfen",
		earlierWords:   "%[1]d frühere Prüfung",
		moreWords:      "und %[1]d weiterer Eintrag",
		leftOutWords:   "%[1]d weiterer vorgeschlagener Prüfer",
		cutWords:       "… (%[1]d weiteres Zeichen)",
		daysWords:      "%[1]d Tag",
		hoursWords:     "%[1]d Stunde",
		minutesWords:   "%[1]d Minute",
	},
}

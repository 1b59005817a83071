package message

// french addresses readers as vous. A colon follows a space that does not break.
var french = dictionary{
	words: map[string]string{
		LabelUser:       "Utilisateur",
		labelRoles:      "Rôles",
		labelResources:  "Ressources",
		labelIncomplete: "Non affiché",
		labelReason:     "Motif",
		labelCluster:    "Cluster",
		labelReviewers:  "Réviseurs suggérés",
		labelLeftOut:    "Non notifiés",
		labelKind:       "Accès",
		labelDuration:   "Durée de l’accès",
		labelStarts:     "Début de l’accès",
		labelEnds:       "Fin de l’accès",
		labelExpires:    "Expiration de la demande",
		labelList:       "Liste d’accès",
		labelLists:      "Listes d’accès",

		LabelStatusReason: "Motif de la décision",
		LabelReviews:      "Avis",
		LabelCommands:     "Approuver ou refuser avec",
		LabelRequest:      "Demande",
		LabelMore:         "Autres informations",

		NoTitle:  "Demande d’accès",
		NoStatus: "État inconnu",
		NoLabel:  "Détails",
		NoAuthor: "un réviseur inconnu",

		titleResources: "Demande de ressources",
		titleRoles:     "Demande de rôles",

		titleReceived:  "Votre demande a été reçue",
		titleOwn:       "Votre demande",
		statusEndsSoon: "L’accès prend bientôt fin",
		statusEnded:    "L’accès a pris fin",

		titleLists:   "Examen de listes d’accès",
		statusLists:  "%[1]d listes d’accès à examiner",
		dueBy:        "à examiner avant le",
		overdueSince: "en retard depuis le",

		titleTrial:      "Test",
		statusTrial:     "Ceci est un test, vous n’avez rien à décider",
		statusTrialDone: "Test réussi\u00a0: les messages arrivent ici et peuvent être modifiés",
		labelSender:     "Envoyé par",

		fromWords:      "%[1]s de %[2]s",
		labelledWords:  "%[1]s\u00a0: %[2]s",
		headingWords:   "%[1]s\u00a0:",
		requestWords:   "Demande %[1]s",
		limitedWords:   "%[1]s, %[2]s",
		limitedToWords: "%[1]s, %[2]s %[3]s",

		approvedBy:   "Approuvée par %[1]s",
		deniedBy:     "Refusée par %[1]s",
		promotedBy:   "Promue en liste d’accès par %[1]s",
		reviewedBy:   "Examinée par %[1]s",
		throughWords: "%[1]s, via %[2]s",

		approvedByRule: "Approuvée automatiquement par une règle de Teleport",
		deniedByRule:   "Refusée automatiquement par une règle de Teleport",
		promotedByRule: "Promue automatiquement par une règle de Teleport",
		reviewedByRule: "Examinée automatiquement par une règle de Teleport",

		idWords:      "ID",
		withLogin:    "avec l’identifiant",
		withLogins:   "avec les identifiants",
		traitLogins:  "et ceux des traits de l’utilisateur",
		limitRole:    "uniquement le rôle AWS",
		limitRoles:   "uniquement les rôles AWS",
		limitLogin:   "uniquement l’identifiant",
		limitLogins:  "uniquement les identifiants",
		limitUnknown: "avec une restriction que cette version ne connaît pas",

		statusPending:  "En attente",
		statusProgress: "En attente, %[2]d sur %[1]d approbations",
		statusApproved: "Approuvée",
		statusDenied:   "Refusée",
		statusPromoted: "Promue en liste d’accès",
		statusExpired:  "Expirée",
		statusRemoved:  "Supprimée de Teleport avant qu’une décision ne soit connue",
		statusGone:     "N’est plus dans Teleport, son issue est inconnue",

		stillPending: "Toujours en attente après %[1]s",

		kindTemporary: "Temporaire",
		kindPermanent: "Permanent",

		incompleteWords:        "La demande contient des éléments que cette version ne peut pas afficher",
		incompletePendingWords: "La demande contient des éléments que cette version ne peut pas afficher, veuillez consulter Teleport avant de décider",

		linkReview:          "Examiner dans Teleport",
		linkOpen:            "Ouvrir dans Teleport",
		linkReviewElsewhere: "Examiner la demande",
		linkOpenElsewhere:   "Ouvrir la demande",

		earlierWords: "%[1]d avis antérieurs",
		moreWords:    "et %[1]d autres",
		leftOutWords: "%[1]d autres réviseurs suggérés",
		cutWords:     "… (%[1]d caractères de plus)",

		daysWords:      "%[1]d jours",
		hoursWords:     "%[1]d heures",
		minutesWords:   "%[1]d minutes",
		lessThanMinute: "moins d’une minute",
		twoUnits:       "%[1]s %[2]s",
		timeLayout:     "02/01/2006 15:04 MST",
	},
	singular: map[string]string{
		statusProgress: "En attente, %[2]d sur %[1]d approbation",
		statusLists:    "%[1]d liste d’accès à examiner",
		earlierWords:   "%[1]d avis antérieur",
		moreWords:      "et %[1]d autre",
		leftOutWords:   "%[1]d autre réviseur suggéré",
		cutWords:       "… (%[1]d caractère de plus)",
		daysWords:      "%[1]d jour",
		hoursWords:     "%[1]d heure",
		minutesWords:   "%[1]d minute",
	},
}

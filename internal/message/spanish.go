package message

// spanish addresses readers as usted.
var spanish = dictionary{
	words: map[string]string{
		LabelUser:       "Usuario",
		labelRoles:      "Roles",
		labelResources:  "Recursos",
		labelIncomplete: "No se muestra",
		labelReason:     "Motivo",
		labelCluster:    "Clúster",
		labelReviewers:  "Revisores sugeridos",
		labelLeftOut:    "No notificados",
		labelKind:       "Acceso",
		labelDuration:   "Duración del acceso",
		labelStarts:     "Inicio del acceso",
		labelEnds:       "Fin del acceso",
		labelExpires:    "Caducidad de la solicitud",
		labelList:       "Lista de acceso",
		labelLists:      "Listas de acceso",

		LabelStatusReason: "Motivo de la decisión",
		LabelReviews:      "Revisiones",
		LabelCommands:     "Aprobar o denegar con",
		LabelRequest:      "Solicitud",
		LabelMore:         "Más información",

		NoTitle:  "Solicitud de acceso",
		NoStatus: "Estado desconocido",
		NoLabel:  "Detalles",
		NoAuthor: "un revisor desconocido",

		titleResources: "Solicitud de recursos",
		titleRoles:     "Solicitud de roles",

		titleReceived:  "Su solicitud se ha recibido",
		titleOwn:       "Su solicitud",
		statusEndsSoon: "El acceso termina pronto",
		statusEnded:    "El acceso ha terminado",

		titleLists:   "Revisión de listas de acceso",
		statusLists:  "%[1]d listas de acceso por revisar",
		dueBy:        "por revisar hasta el",
		overdueSince: "vencida desde el",

		titleTrial:      "Prueba",
		statusTrial:     "Esto es una prueba, no tiene que decidir nada",
		statusTrialDone: "Prueba superada: los mensajes llegan aquí y se pueden editar",
		labelSender:     "Enviado por",

		fromWords:      "%[1]s de %[2]s",
		labelledWords:  "%[1]s: %[2]s",
		headingWords:   "%[1]s:",
		requestWords:   "Solicitud %[1]s",
		limitedWords:   "%[1]s, %[2]s",
		limitedToWords: "%[1]s, %[2]s %[3]s",

		approvedBy:   "Aprobada por %[1]s",
		deniedBy:     "Denegada por %[1]s",
		promotedBy:   "Promovida a una lista de acceso por %[1]s",
		reviewedBy:   "Revisada por %[1]s",
		throughWords: "%[1]s, a través de %[2]s",

		approvedByRule: "Aprobada automáticamente por una regla de Teleport",
		deniedByRule:   "Denegada automáticamente por una regla de Teleport",
		promotedByRule: "Promovida automáticamente por una regla de Teleport",
		reviewedByRule: "Revisada automáticamente por una regla de Teleport",

		idWords:      "ID",
		withLogin:    "con el inicio de sesión",
		withLogins:   "con los inicios de sesión",
		traitLogins:  "y los de los traits del usuario",
		limitRole:    "solo el rol de AWS",
		limitRoles:   "solo los roles de AWS",
		limitLogin:   "solo el inicio de sesión",
		limitLogins:  "solo los inicios de sesión",
		limitUnknown: "con una limitación que esta versión no conoce",

		statusPending:  "Pendiente",
		statusProgress: "Pendiente, %[2]d de %[1]d aprobaciones",
		statusApproved: "Aprobada",
		statusDenied:   "Denegada",
		statusPromoted: "Promovida a una lista de acceso",
		statusExpired:  "Caducada",
		statusRemoved:  "Eliminada de Teleport antes de que se conociera una decisión",
		statusGone:     "Ya no está en Teleport, no se sabe cómo terminó",

		stillPending: "Sigue pendiente después de %[1]s",

		kindTemporary: "Temporal",
		kindPermanent: "Permanente",

		incompleteWords:        "La solicitud contiene más de lo que esta versión puede mostrar",
		incompletePendingWords: "La solicitud contiene más de lo que esta versión puede mostrar, consulte Teleport antes de decidir",

		linkReview:          "Revisar en Teleport",
		linkOpen:            "Abrir en Teleport",
		linkReviewElsewhere: "Revisar la solicitud",
		linkOpenElsewhere:   "Abrir la solicitud",

		earlierWords: "%[1]d revisiones anteriores",
		moreWords:    "y %[1]d más",
		leftOutWords: "%[1]d revisores sugeridos más",
		cutWords:     "… (%[1]d caracteres más)",

		daysWords:      "%[1]d días",
		hoursWords:     "%[1]d horas",
		minutesWords:   "%[1]d minutos",
		lessThanMinute: "menos de un minuto",
		twoUnits:       "%[1]s %[2]s",
		timeLayout:     "02/01/2006, 15:04 MST",
	},
	singular: map[string]string{
		statusProgress: "Pendiente, %[2]d de %[1]d aprobación",
		statusLists:    "%[1]d lista de acceso por revisar",
		earlierWords:   "%[1]d revisión anterior",
		moreWords:      "y %[1]d más",
		leftOutWords:   "%[1]d revisor sugerido más",
		cutWords:       "… (%[1]d carácter más)",
		daysWords:      "%[1]d día",
		hoursWords:     "%[1]d hora",
		minutesWords:   "%[1]d minuto",
	},
}

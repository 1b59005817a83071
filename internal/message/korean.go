package message

// korean is in the polite form of written notices (합니다체); labels are nouns.
var korean = dictionary{words: map[string]string{
	LabelUser:       "사용자",
	labelRoles:      "역할",
	labelResources:  "리소스",
	labelIncomplete: "표시되지 않은 내용",
	labelReason:     "사유",
	labelCluster:    "클러스터",
	labelReviewers:  "추천 검토자",
	labelLeftOut:    "알림 제외",
	labelKind:       "액세스",
	labelDuration:   "액세스 기간",
	labelStarts:     "액세스 시작",
	labelEnds:       "액세스 종료",
	labelExpires:    "요청 만료",
	labelList:       "액세스 목록",
	labelLists:      "액세스 목록",

	LabelStatusReason: "결정 사유",
	LabelReviews:      "검토",
	LabelCommands:     "승인 또는 거부 명령",
	LabelRequest:      "요청",
	LabelMore:         "그 밖의 내용",

	NoTitle:  "액세스 요청",
	NoStatus: "알 수 없음",
	NoLabel:  "세부 정보",
	NoAuthor: "알 수 없는 검토자",

	titleResources: "리소스 요청",
	titleRoles:     "역할 요청",

	titleReceived:  "요청이 접수되었습니다",
	titleOwn:       "내 요청",
	statusEndsSoon: "액세스가 곧 종료됩니다",
	statusEnded:    "액세스가 종료되었습니다",

	titleLists:   "액세스 목록 검토",
	statusLists:  "검토할 액세스 목록 %[1]d개",
	dueBy:        "검토 기한",
	overdueSince: "기한 경과, 기한일",

	titleTrial:      "테스트",
	statusTrial:     "테스트 메시지이므로 결정할 내용이 없습니다",
	statusTrialDone: "테스트 성공: 메시지가 이곳에 도착하며 수정할 수 있습니다",
	labelSender:     "보낸 곳",

	fromWords:      "%[2]s 님의 %[1]s",
	labelledWords:  "%[1]s: %[2]s",
	headingWords:   "%[1]s:",
	requestWords:   "요청 %[1]s",
	limitedWords:   "%[1]s, %[2]s",
	limitedToWords: "%[1]s, %[2]s: %[3]s",

	approvedBy:   "%[1]s 님이 승인했습니다",
	deniedBy:     "%[1]s 님이 거부했습니다",
	promotedBy:   "%[1]s 님이 액세스 목록으로 승격했습니다",
	reviewedBy:   "%[1]s 님이 검토했습니다",
	throughWords: "%[1]s (%[2]s 경유)",

	approvedByRule: "Teleport 규칙에 따라 자동으로 승인되었습니다",
	deniedByRule:   "Teleport 규칙에 따라 자동으로 거부되었습니다",
	promotedByRule: "Teleport 규칙에 따라 자동으로 승격되었습니다",
	reviewedByRule: "Teleport 규칙에 따라 자동으로 검토되었습니다",

	idWords:      "ID",
	withLogin:    "다음 로그인 허용",
	withLogins:   "다음 로그인 허용",
	traitLogins:  "사용자 traits의 로그인도 허용",
	limitRole:    "다음 AWS 역할만",
	limitRoles:   "다음 AWS 역할만",
	limitLogin:   "다음 로그인만",
	limitLogins:  "다음 로그인만",
	limitUnknown: "이 버전에서 알 수 없는 방식으로 제한됨",

	statusPending:  "대기 중",
	statusProgress: "대기 중, 필요한 승인 %[1]d건 중 %[2]d건",
	statusApproved: "승인됨",
	statusDenied:   "거부됨",
	statusPromoted: "액세스 목록으로 승격됨",
	statusExpired:  "만료됨",
	statusRemoved:  "결정이 확인되기 전에 Teleport에서 삭제되었습니다",
	statusGone:     "Teleport에 더 이상 없으며 결과를 알 수 없습니다",

	stillPending: "%[1]s이 지났지만 아직 대기 중입니다",

	kindTemporary: "임시",
	kindPermanent: "영구",

	incompleteWords:        "요청에 이 버전에서 표시할 수 없는 내용이 더 있습니다",
	incompletePendingWords: "요청에 이 버전에서 표시할 수 없는 내용이 더 있으니 결정하기 전에 Teleport에서 확인하시기 바랍니다",

	linkReview:          "Teleport에서 검토",
	linkOpen:            "Teleport에서 열기",
	linkReviewElsewhere: "요청 검토",
	linkOpenElsewhere:   "요청 열기",

	earlierWords: "이전 검토 %[1]d건",
	moreWords:    "외 %[1]d개",
	leftOutWords: "그 밖의 추천 검토자 %[1]d명",
	cutWords:     "… (%[1]d자 더 있음)",

	daysWords:      "%[1]d일",
	hoursWords:     "%[1]d시간",
	minutesWords:   "%[1]d분",
	lessThanMinute: "1분 미만",
	twoUnits:       "%[1]s %[2]s",
	timeLayout:     "2006년 1월 2일 15:04 MST",
}}

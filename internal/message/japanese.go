package message

// japanese is polite (です・ます); labels and states are nouns.
var japanese = dictionary{words: map[string]string{
	LabelUser:       "ユーザー",
	labelRoles:      "ロール",
	labelResources:  "リソース",
	labelIncomplete: "表示されていない内容",
	labelReason:     "理由",
	labelCluster:    "クラスター",
	labelReviewers:  "推奨レビュアー",
	labelLeftOut:    "通知対象外",
	labelKind:       "アクセス",
	labelDuration:   "アクセス期間",
	labelStarts:     "アクセス開始",
	labelEnds:       "アクセス終了",
	labelExpires:    "リクエストの期限",
	labelList:       "アクセスリスト",
	labelLists:      "アクセスリスト",

	LabelStatusReason: "決定の理由",
	LabelReviews:      "レビュー",
	LabelCommands:     "承認または却下のコマンド",
	LabelRequest:      "リクエスト",
	LabelMore:         "その他",

	NoTitle:  "アクセスリクエスト",
	NoStatus: "不明",
	NoLabel:  "詳細",
	NoAuthor: "不明なレビュアー",

	titleResources: "リソースリクエスト",
	titleRoles:     "ロールリクエスト",

	titleReceived:  "リクエストを受け付けました",
	titleOwn:       "あなたのリクエスト",
	statusEndsSoon: "アクセスはまもなく終了します",
	statusEnded:    "アクセスは終了しました",

	titleLists:   "アクセスリストのレビュー",
	statusLists:  "レビューが必要なアクセスリスト %[1]d 件",
	dueBy:        "レビュー期限",
	overdueSince: "期限超過、期限日",

	titleTrial:      "テスト",
	statusTrial:     "これはテストです。判断の必要はありません",
	statusTrialDone: "テスト成功：メッセージはここに届き、編集できます",
	labelSender:     "送信元",

	fromWords:      "%[2]s さんからの%[1]s",
	labelledWords:  "%[1]s：%[2]s",
	headingWords:   "%[1]s：",
	requestWords:   "リクエスト %[1]s",
	limitedWords:   "%[1]s、%[2]s",
	limitedToWords: "%[1]s、%[2]s：%[3]s",

	approvedBy:   "%[1]s さんが承認しました",
	deniedBy:     "%[1]s さんが却下しました",
	promotedBy:   "%[1]s さんがアクセスリストに昇格させました",
	reviewedBy:   "%[1]s さんがレビューしました",
	throughWords: "%[1]s（%[2]s 経由）",

	approvedByRule: "Teleport のルールにより自動的に承認されました",
	deniedByRule:   "Teleport のルールにより自動的に却下されました",
	promotedByRule: "Teleport のルールにより自動的に昇格されました",
	reviewedByRule: "Teleport のルールにより自動的にレビューされました",

	idWords:      "ID",
	withLogin:    "次のログイン名を許可",
	withLogins:   "次のログイン名を許可",
	traitLogins:  "ユーザーの traits によるログイン名も許可",
	limitRole:    "次の AWS ロールのみ",
	limitRoles:   "次の AWS ロールのみ",
	limitLogin:   "次のログイン名のみ",
	limitLogins:  "次のログイン名のみ",
	limitUnknown: "このバージョンでは不明な方法で制限されています",

	statusPending:  "承認待ち",
	statusProgress: "承認待ち、必要な承認 %[1]d 件中 %[2]d 件",
	statusApproved: "承認済み",
	statusDenied:   "却下済み",
	statusPromoted: "アクセスリストに昇格済み",
	statusExpired:  "期限切れ",
	statusRemoved:  "決定が確認される前に Teleport から削除されました",
	statusGone:     "Teleport にはもうありません。結果は不明です",

	stillPending: "%[1]s経過後も承認待ちです",

	kindTemporary: "一時的",
	kindPermanent: "永続的",

	incompleteWords:        "このリクエストには、このバージョンでは表示できない内容があります",
	incompletePendingWords: "このリクエストには、このバージョンでは表示できない内容があります。判断する前に Teleport で確認してください",

	linkReview:          "Teleport でレビュー",
	linkOpen:            "Teleport で開く",
	linkReviewElsewhere: "リクエストをレビュー",
	linkOpenElsewhere:   "リクエストを開く",

	earlierWords: "以前のレビュー %[1]d 件",
	moreWords:    "ほか %[1]d 件",
	leftOutWords: "ほかの推奨レビュアー %[1]d 人",
	cutWords:     "…（残り %[1]d 文字）",

	daysWords:      "%[1]d日",
	hoursWords:     "%[1]d時間",
	minutesWords:   "%[1]d分",
	lessThanMinute: "1分未満",
	twoUnits:       "%[1]s%[2]s",
	timeLayout:     "2006年1月2日 15:04 MST",
}}

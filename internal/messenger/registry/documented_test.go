package registry_test

import (
	"io"
	"log"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

var discard = log.New(io.Discard, "", 0)

// action is what a bot does.
type action int

const (
	check action = iota
	post
	edit
	resolve
)

// call is a call of a bot, and codes that are documented for it.
type call struct {
	action action
	// recipient is what is resolved.
	recipient string
	// route is the call's name in the simulation.
	route string
	// status is what the codes come with; 0 for that of the simulation.
	status int
	codes  string
}

// documented are the codes of the services' own documentation and sources: of Slack from the
// methods' pages below https://docs.slack.dev/reference/methods, of Discord from
// https://discord.com/developers/docs/topics/opcodes-and-status-codes, of Google Chat those of
// google/rpc/code.proto and google/api/error_reason.proto, and of
// https://developers.google.com/identity/protocols/oauth2/service-account#error-codes, of Mattermost from the
// source of its server and what a server of version 6.7.2 answered. A webhook's are HTTP's, and those of
// mail SMTP's.
var documented = map[v1alpha1.MessengerType][]call{
	v1alpha1.MessengerSlack: {
		{check, "", "auth.test", 0, "not_authed invalid_auth account_inactive token_revoked token_expired not_allowed_token_type " +
			"two_factor_setup_required no_permission access_denied team_access_not_granted is_bot enterprise_is_restricted accesslimited " +
			"method_deprecated deprecated_endpoint unknown_method request_timeout service_unavailable internal_error fatal_error " +
			"team_added_to_org org_login_required ratelimited invalid_form_data invalid_charset invalid_post_type missing_post_type " +
			"invalid_arg_name invalid_array_arg missing_argument"},
		{post, "", "chat.postMessage", 0, "missing_scope metadata_must_be_sent_from_app channel_not_found not_in_channel is_archived no_permission " +
			"access_denied ekm_access_denied restricted_action restricted_action_thread_only_channel restricted_action_read_only_channel " +
			"restricted_action_thread_locked restricted_action_non_threadable_channel posting_to_general_channel_denied team_not_found " +
			"team_access_not_granted app_access_restricted messages_tab_disabled no_text invalid_arguments invalid_blocks invalid_blocks_format " +
			"invalid_metadata_format invalid_metadata_schema metadata_too_large msg_blocks_too_long msg_too_long markdown_text_conflict " +
			"attachment_payload_limit_exceeded too_many_attachments invalid_attachments cannot_reply_to_message thread_not_found " +
			"invalid_thread_ts rate_limited message_limit_exceeded channel_is_limited_access"},
		{edit, "", "chat.update", 0, "message_not_found is_inactive block_mismatch edit_window_closed cant_update_message update_failed " +
			"external_channel_migrating streaming_state_conflict"},
		{resolve, "alice@example.com", "users.lookupByEmail", 0, "users_not_found missing_scope enterprise_is_restricted invalid_arguments"},
		{resolve, "U0123456789", "conversations.open", 0, "user_not_found user_not_visible user_disabled cannot_dm_bot " +
			"method_not_supported_for_channel_type invalid_user_combination not_enough_users too_many_users users_list_not_supplied app_cannot_join_channel"},
		{resolve, "general", "conversations.list", 0, "invalid_cursor"},
	},
	v1alpha1.MessengerDiscord: {
		{check, "", "GET /users/@me", 400, "40001 40002 40012 40333 50014 50025 50026 50041 50178 40006 130000"},
		{post, "", "POST /channels/{channel}/messages", 400, "10003 10004 10007 10013 20001 40007 40058 50001 50003 50007 50008 50009 50013 " +
			"50024 50033 50055 50083 50095 50278 60003 160002 160005 160006 160007 20009 40005 50006 50035 50109 200000 240000 50021 " +
			"20016 20028 20029 40003 40062 40004 110001"},
		{edit, "", "PATCH /channels/{channel}/messages/{message}", 400, "10008 50005 50068 50162 520003 160005 20022 30046"},
	},
	v1alpha1.MessengerGoogleChat: {
		{check, "", "oauth2.token", 0, "invalid_grant invalid_client deleted_client disabled_client unauthorized_client " +
			"admin_policy_enforced org_internal access_denied invalid_scope invalid_request unsupported_grant_type"},
		{check, "", "spaces.list", 0, "UNAUTHENTICATED ACCESS_TOKEN_EXPIRED ACCESS_TOKEN_SCOPE_INSUFFICIENT ACCESS_TOKEN_TYPE_UNSUPPORTED " +
			"CREDENTIALS_MISSING ACCOUNT_STATE_INVALID SERVICE_DISABLED NOT_FOUND PERMISSION_DENIED BILLING_DISABLED CONSUMER_INVALID " +
			"CONSUMER_SUSPENDED USER_PROJECT_DENIED ORG_RESTRICTION_VIOLATION SECURITY_POLICY_VIOLATED INTERNAL UNAVAILABLE DEADLINE_EXCEEDED UNKNOWN"},
		{post, "", "spaces.messages.create", 0, "PERMISSION_DENIED NOT_FOUND FAILED_PRECONDITION INVALID_ARGUMENT OUT_OF_RANGE " +
			"RESOURCE_EXHAUSTED RATE_LIMIT_EXCEEDED RESOURCE_QUOTA_EXCEEDED ABORTED CANCELLED ALREADY_EXISTS"},
		{edit, "", "spaces.messages.patch", 0, "NOT_FOUND PERMISSION_DENIED FAILED_PRECONDITION"},
		{resolve, "alice@example.com", "spaces.findDirectMessage", 0, "NOT_FOUND PERMISSION_DENIED INVALID_ARGUMENT"},
		{resolve, "spaces/AAAAAAAAAAA", "spaces.get", 0, "NOT_FOUND PERMISSION_DENIED"},
	},
	v1alpha1.MessengerMattermost: {
		{check, "", "GET /users/me", 401, "api.context.session_expired.app_error api.context.token_provided.app_error api.context.mfa_required.app_error"},
		{post, "", "POST /posts", 403, "api.context.permissions.app_error api.user.view_archived_channels.get_posts_for_channel.app_error " +
			"app.post.cloud.get.app_error"},
		{post, "", "POST /posts", 400, "api.context.invalid_param.app_error api.post.create_post.can_not_post_to_deleted.error " +
			"api.post.create_post.can_not_post_in_restricted_dm.error app.post.create_post.shared_dm_or_gm.app_error " +
			"api.context.invalid_body_param.app_error model.post.is_valid.msg.app_error plugin.message_will_be_posted.dismiss_post " +
			"api.post.create_post.root_id.app_error api.post.create_post.channel_root_id.app_error api.post.create_post.burn_on_read.license.app_error"},
		{post, "", "POST /posts", 413, "api.context.request_body_too_large.app_error"},
		{edit, "", "PUT /posts/{post}/patch", 403, "api.context.permissions.app_error"},
		{edit, "", "PUT /posts/{post}/patch", 404, "app.post.get.app_error app.channel.get.existing.app_error"},
		{edit, "", "PUT /posts/{post}/patch", 400, "api.post.update_post.permissions_time_limit.app_error api.post.update_post.find.app_error " +
			"api.post.update_post.permissions_details.app_error api.post.update_post.system_message.app_error " +
			"api.post.update_post.can_not_update_post_in_deleted.error api.post.patch_post.can_not_update_post_in_deleted.error " +
			"api.post.update_post.can_not_update_post_in_restricted_dm.error api.post.patch_post.can_not_update_post_in_restricted_dm.error " +
			"api.post.update_post.burn_on_read.app_error"},
		{resolve, "alice@example.com", "GET /users/email/{email}", 404, "app.user.missing_account.const"},
		{resolve, "alice@example.com", "GET /users/email/{email}", 400, "api.context.invalid_url_param.app_error"},
		{resolve, "alice@example.com", "GET /users/email/{email}", 403, "api.user.get_user_by_email.permissions.app_error " +
			"api.channel.create_channel.direct_channel.team_restricted_error api.channel.create_channel.direct_channel.remote_restricted.app_error"},
		{resolve, "alice@example.com", "GET /users/email/{email}", 414, "basic_security_check.url.too_long_error"},
		{resolve, "main/ops", "GET /teams/name/{team}/channels/name/{channel}", 404, "app.team.get_by_name.app_error api.context.404.app_error " +
			"app.channel.get_member.missing.app_error"},
		{resolve, "main/ops", "GET /teams/name/{team}/channels/name/{channel}", 400, "api.channel.create_direct_channel.invalid_user.app_error"},
	},
	// Of https://developer.pagerduty.com/docs/events-api-v2-overview, but for the first two, which
	// are ours: a refusal with status 400 has sentences.
	v1alpha1.MessengerPagerDuty: {
		{check, "", "check", 0, "invalid_routing_key"},
		{post, "", "enqueue", 0, "invalid_event 403 408 413 429"},
	},
	// Of the connector from https://learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability, of
	// Microsoft Entra from https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
	v1alpha1.MessengerTeams: {
		{check, "", "token", 0, "AADSTS7000215 AADSTS7000222 AADSTS7000216 AADSTS700016 AADSTS7000229 AADSTS7000112 AADSTS90002 " +
			"AADSTS900023 AADSTS53003 AADSTS500011 AADSTS50196 AADSTS90033 AADSTS700027 AADSTS50012 AADSTS700021 AADSTS700023 AADSTS700024"},
		{post, "", "create conversation", 0, "BotNotRegistered Unauthorized BotDisabledByAdmin InvalidBotApiHost BotNotInConversationRoster " +
			"ConversationBlockedByUser MessageWritesBlocked NotEnoughPermissions ConversationNotFound BadArgument BadSyntax MessageSizeTooBig " +
			"PreconditionFailed Throttled"},
		{edit, "", "update activity", 0, "ActivityNotFoundInConversation ConversationNotFound NotEnoughPermissions"},
		{resolve, "alice@example.com", "list users", 0, "Authorization_RequestDenied Request_BadRequest BadRequest Request_UnsupportedQuery " +
			"InvalidAuthenticationToken"},
		{resolve, "01234567-89ab-cdef-0123-456789abcdef", "get user", 0, "Request_ResourceNotFound"},
	},
	// What the triggers of workflows answer, by code or by status.
	v1alpha1.MessengerTeamsWorkflow: {
		{post, "", "invoke", 0, "DirectApiAuthorizationRequired DirectApiInvalidAuthorizationScheme AuthorizationFailed 401 403 WorkflowNotFound 410 " +
			"WorkflowDisabled WorkflowTriggerIsNotEnabled WorkflowTriggerNotFound TriggerInputSchemaMismatch RequestEntityTooLarge 413 400 408 429"},
	},
	// Those of HTTP, by RFC 9110, 6585 and 8470, as Standard Webhooks uses them.
	v1alpha1.MessengerWebhook: {
		{check, "", "ping", 0, "401 403 400 410 413 415 422"},
		{post, "", "event", 0, "400 408 410 413 415 422 425 429"},
	},
	// Replies to the end of a mail, by RFC 5321, 4954 and 7504. What they mean at other steps, and
	// what enhanced status codes do, the package lists.
	v1alpha1.MessengerEmail: {
		{post, "", "mail", 0, "421 432 450 451 452 454 500 523 525 530 534 535 538 550 551 552 553 554"},
	},
}

// A message as its service's client frames it: who wrote it, what it says, what
// it said before, and the thread below it.
import { tell } from "./clicks.js";
import { clock, el } from "./dom.js";
import { render as renderDiscord } from "./discord.js";
import { render as renderEmail } from "./email.js";
import { render as renderGoogleChat } from "./googlechat.js";
import { render as renderMattermost } from "./mattermost.js";
import { render as renderPagerDuty } from "./pagerduty.js";
import { render as renderSlack } from "./slack.js";
import { render as renderTeams } from "./teams.js";
import { render as renderWebhook } from "./webhook.js";

// services are how the clients differ. render draws a message as the service
// keeps it, and gist finds in a text of it where the request stands.
const services = {
  slack: { render: renderSlack, sign: "S", bot: "APP", time: clock, gist: ([first]) => first },
  discord: {
    render: renderDiscord, sign: "D", bot: "APP", time: (at) => `Today at ${clock(at)}`,
    gist: ([, title, ...rest]) => [title, rest.find((line) => line.startsWith("**"))].filter(Boolean).join(": ").replaceAll("**", ""),
  },
  googlechat: {
    render: renderGoogleChat, sign: "G", bot: "App", time: clock,
    gist: ([first, state]) => [first, state].filter(Boolean).join(": "),
  },
  mattermost: {
    render: renderMattermost, sign: "M", bot: "BOT", time: clock,
    gist: ([first]) => first.replaceAll("**", "").replaceAll("`", ""),
  },
  pagerduty: { render: renderPagerDuty, sign: "PD", bot: "ALERT", time: clock, gist: ([, status]) => status },
  teams: { render: renderTeams, sign: "T", bot: "APP", time: clock, gist: ([, title, status]) => [title, status].filter(Boolean).join(": ") },
  teamsworkflow: { render: renderTeams, sign: "TW", bot: "Workflow", time: clock, gist: ([title, status]) => [title, status].filter(Boolean).join(": ") },
  webhook: { render: renderWebhook, sign: "{}", bot: "POST", time: clock, gist: ([title, status]) => `${title}: ${status}` },
  email: { render: renderEmail, sign: "@", bot: "MAIL", time: clock, gist: ([, head]) => head },
};

// sign is a service's tile in the switch of workspaces.
export function sign(service) {
  return el("span", { class: "sign", "data-service": service, "aria-hidden": "true" }, services[service]?.sign ?? "?");
}

// message draws a message with the replies to it.
export function message(post, replies, historyOpen = false) {
  const element = el("article", {
    class: "message", tabindex: "-1", "data-service": post.service, "data-channel": post.channel, "data-message": post.id,
    "data-reader": post.direct ? post.user : undefined,
  }, appIcon(), byline(post), body(post));
  if (post.mentions?.length) {
    element.append(el("p", { class: "pinged" }, `This message pinged: ${post.mentions.join(", ")}`));
  }
  if (post.revisions > 1) {
    element.append(history(post, historyOpen));
  }
  if (replies.length > 0) {
    element.append(thread(replies));
  }
  tell(element);
  return element;
}

// repliesTo picks the messages in a message's thread.
export function repliesTo(post, posts) {
  return posts.filter((p) => p.threadOf === post.id && p.channel === post.channel && p.service === post.service);
}

function body(post) {
  const content = services[post.service]?.render(post.raw) ?? [el("div", { class: "text" }, post.text)];
  return el("div", { class: `body ${post.service}` }, ...content);
}

function appIcon() {
  return el("img", { class: "app", src: "mark.svg", alt: "", width: "36", height: "36" });
}

function byline(post) {
  const { bot, time } = services[post.service] ?? services.slack;
  return el("p", { class: "byline" },
    el("strong", {}, "Access Notifier"), el("span", { class: "bot" }, bot),
    el("time", { datetime: post.created }, time(post.created)));
}

// history lists what the message said before.
function history(post, isOpen) {
  const revisions = post.history.map((text) => {
    const lines = text.split("\n");
    const gist = services[post.service]?.gist(lines) || lines[0];
    return el("li", {}, el("details", {}, el("summary", {}, gist), el("pre", {}, text)));
  });
  return el("details", { class: "history", open: isOpen },
    el("summary", {}, `(edited) ${post.revisions} versions`), el("ol", {}, ...revisions));
}

function thread(replies) {
  const title = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  return el("div", { class: "thread", role: "group", "aria-label": "Thread" },
    el("h3", {}, title),
    ...replies.map((reply) => el("article", { class: "reply" }, appIcon(), byline(reply), body(reply))));
}

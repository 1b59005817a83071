// Draws a post of Mattermost from the message and attachments that the API was
// given, the way Mattermost's own client does.
import { el } from "./dom.js";
import { link, markdown, scan } from "./markup.js";

// render returns the elements of one message.
export function render(raw) {
  const parts = (raw.props?.attachments ?? []).map(attachment);
  if (raw.message) {
    parts.unshift(el("div", { class: "content" }, ...markdown(raw.message, markup, true)));
  }
  return parts;
}

function attachment(a) {
  const box = el("div", { class: "attachment" });
  if (/^#[0-9a-f]{6}$/i.test(a.color)) {
    box.style.setProperty("--bar", a.color);
  }
  if (a.title) {
    box.append(el("h3", {}, a.title_link ? link(a.title_link, a.title) : a.title));
  }
  if (a.text) {
    box.append(...markdown(a.text, markup, true));
  }
  if (a.fields?.length) {
    box.append(el("div", { class: "fields" }, ...a.fields.map(field)));
  }
  if (a.actions?.length) {
    box.append(el("div", { class: "buttons" }, ...a.actions.map(button)));
  }
  return box;
}

// button draws what a reviewer can press. What a press says, the server knows alone.
function button(b) {
  const style = { good: "primary", danger: "danger" }[b.style] ?? "";
  return el("button", { type: "button", class: `press ${style}`, "data-press": b.id.startsWith("approve") ? "approve" : "deny" }, b.name);
}

function field(f) {
  return el("div", { class: f.short ? "field short" : "field" },
    el("h4", {}, ...markup(f.title)), el("div", {}, ...markdown(String(f.value ?? ""), markup, true)));
}

const tokens = new RegExp([
  "(?<ticks>`+)(?<code>[^`](?:[^\\n]*?[^`])??)\\k<ticks>(?!`)",
  "\\\\(?<escaped>[!-/:-@[-`{-~])",
  "!?\\[(?<label>[^\\[\\]]+)\\]\\((?<target>https?://[^\\s()]+)\\)",
  "<(?<angle>https?://[^\\s<>]+)>",
  "(?<url>(?:https?://|www\\.)[^\\s<]+)",
  "(?<![A-Za-z0-9])(?<mention>[@~#][A-Za-z0-9][\\w.-]*)",
  "(?<emoji>:[\\w+-]+:)",
  "\\*\\*(?<bold>[^*\\n]+)\\*\\*",
  "\\*(?<italic>[^*\\s][^*\\n]*)\\*",
  "(?<!\\w)_(?<slanted>[^_\\n]+)_(?!\\w)",
  "~~(?<strike>[^~\\n]+)~~",
].join("|"), "g");

// markup reads Mattermost's markdown within a line.
export function markup(source) {
  return scan(source, tokens, token);
}

function token(found, whole) {
  if (found.code) return el("code", {}, found.code);
  if (found.escaped) return found.escaped;
  if (found.label) return link(found.target, found.label);
  if (found.angle) return link(found.angle, found.angle);
  if (found.url) return link(found.url.startsWith("www.") ? `http://${found.url}` : found.url, found.url);
  if (found.mention) return el("span", { class: "mention" }, whole);
  if (found.emoji) return el("span", { class: "mention", title: "An emoji" }, whole);
  if (found.bold) return el("strong", {}, ...markup(found.bold));
  if (found.strike) return el("s", {}, ...markup(found.strike));
  return el("em", {}, ...markup(found.italic ?? found.slanted));
}

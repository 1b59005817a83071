// Draws a message of Slack from the blocks that the API was given, the way
// Slack's own client does.
import { clock, el } from "./dom.js";
import { link, scan } from "./markup.js";

// render returns the elements of one message.
export function render(raw) {
  if (!raw.blocks) {
    return [el("div", { class: "text" }, ...markup(raw.text ?? ""))];
  }
  return raw.blocks.map(block);
}

function block(b) {
  switch (b.type) {
    case "header":
      return el("h3", {}, b.text.text);
    case "section":
      return section(b);
    case "context":
      return el("p", { class: "context" }, ...b.elements.flatMap(text));
    case "rich_text":
      return el("div", { class: "section" }, ...b.elements.map(richPart));
    case "actions":
      return el("div", { class: "buttons" }, ...b.elements.map(button));
    case "divider":
      return el("hr");
    default:
      return el("p", { class: "unknown" }, `A block of type ${b.type}, which this page cannot draw`);
  }
}

// button draws what a reviewer can press, with what a press says.
function button(b) {
  return el("button", { type: "button", class: `press ${b.style ?? ""}`, "data-press": b.action_id, "data-value": b.value }, b.text.text);
}

function section(b) {
  const parts = [];
  if (b.text) {
    parts.push(el("div", { class: "text" }, ...text(b.text)));
  }
  if (b.fields) {
    parts.push(el("div", { class: "fields" }, ...b.fields.map((field) => el("div", {}, ...text(field)))));
  }
  return el("div", { class: "section" }, ...parts);
}

// richPart draws a part of rich text, in which nothing is markup.
function richPart(part) {
  const elements = part.elements.map(richElement);
  switch (part.type) {
    case "rich_text_quote":
      return el("blockquote", { class: "text" }, ...elements);
    case "rich_text_preformatted":
      return el("pre", {}, ...elements);
    case "rich_text_list":
      return el("div", {}, ...part.elements.map((item) => el("p", { class: "bullet" }, ...item.elements.map(richElement))));
    default:
      return el("div", { class: "text" }, ...elements);
  }
}

function richElement(e) {
  if (e.type === "link") return link(e.url, e.text ?? e.url);
  if (e.type !== "text") {
    return el("span", { class: "mention" }, `@${e.user_id ?? e.usergroup_id ?? e.range ?? e.channel_id ?? e.name ?? e.type}`);
  }
  if (e.style?.code) return el("code", {}, e.text);
  if (e.style?.bold) return el("strong", {}, e.text);
  return e.text;
}

function text(object) {
  return object.type === "mrkdwn" ? markup(object.text) : [object.text];
}

const tokens = new RegExp([
  "```(?<pre>[\\s\\S]+?)```",
  "`(?<code>[^`\\n]+)`",
  "<(?<angle>[^<>\\n]+)>",
  "(?<![\\w*])\\*(?<bold>[^*\\n\\s](?:[^*\\n]*[^*\\n\\s])?)\\*(?![\\w*])",
  "(?<!\\w)_(?<italic>[^_\\n\\s](?:[^_\\n]*[^_\\n\\s])?)_(?!\\w)",
  "(?<![\\w~])~(?<strike>[^~\\n\\s](?:[^~\\n]*[^~\\n\\s])?)~(?![\\w~])",
].join("|"), "g");

// markup reads Slack's mrkdwn.
export function markup(source) {
  return scan(source, tokens, token, decode);
}

function token(found) {
  if (found.pre) return el("pre", {}, decode(found.pre));
  if (found.code) return el("code", {}, decode(found.code));
  if (found.bold) return el("strong", {}, ...markup(found.bold));
  if (found.italic) return el("em", {}, ...markup(found.italic));
  if (found.strike) return el("s", {}, ...markup(found.strike));
  return angle(found.angle);
}

// angle reads what stands between angle brackets: a link, a mention or a date.
function angle(source) {
  const bar = source.indexOf("|");
  const target = bar < 0 ? source : source.slice(0, bar);
  const label = bar < 0 ? "" : source.slice(bar + 1);
  if (target.startsWith("!date^")) {
    return date(target, label);
  }
  if (/^[!@#]/.test(target)) {
    const sign = target.startsWith("#") ? "#" : "@";
    return el("span", { class: "mention" }, sign + decode(label || target.slice(1)));
  }
  if (/^(https?|mailto):/.test(target)) {
    return link(decode(target), decode(label || target));
  }
  return decode(`<${source}>`);
}

function decode(source) {
  return source.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

// date shows "!date^UNIX^FORMAT^LINK" in the reader's own time zone.
function date(target, fallback) {
  const [, seconds, format] = target.split("^");
  const time = new Date(Number(seconds) * 1000);
  if (!format || Number.isNaN(time.getTime())) {
    return decode(fallback);
  }
  const shown = format.replaceAll(/\{(\w+)\}/g, (whole, name) => dateToken(time, name) ?? whole);
  return el("time", { datetime: time.toISOString(), title: decode(fallback) }, sentence(shown));
}

// sentence begins with a capital, as Slack's "Today at" does.
function sentence(shown) {
  return shown.charAt(0).toUpperCase() + shown.slice(1);
}

function dateToken(time, name) {
  const format = (options) => new Intl.DateTimeFormat(undefined, options).format(time);
  const pretty = name.endsWith("_pretty") ? nearby(time) : undefined;
  switch (name.replace("_pretty", "")) {
    case "time":
      return clock(time);
    case "time_secs":
      return clock(time, true);
    case "date_num":
      return time.toISOString().slice(0, 10);
    case "date":
      return pretty ?? format({ year: "numeric", month: "long", day: "numeric" });
    case "date_short":
      return pretty ?? format({ year: "numeric", month: "short", day: "numeric" });
    case "date_long":
      return pretty ?? format({ weekday: "long", year: "numeric", month: "long", day: "numeric" });
    default:
      return undefined;
  }
}

function nearby(time) {
  const day = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[day(time) - day(new Date())];
}

// Draws a message of Discord from the content, embeds and buttons that the API was given,
// the way Discord's own client does.
import { el } from "./dom.js";
import { link, markdown, scan } from "./markup.js";

// render returns the elements of one message.
export function render(raw) {
  const parts = raw.embeds.map(embed);
  if (raw.content) {
    parts.unshift(el("div", { class: "content" }, ...markdown(raw.content, markup)));
  }
  for (const buttons of raw.components ?? []) {
    parts.push(el("div", { class: "buttons" }, ...buttons.components.map(button)));
  }
  return parts;
}

// button draws what a reviewer can press, with what a press says.
function button(b) {
  const [press, ...value] = (b.custom_id ?? "").split(":");
  const style = { 3: "primary", 4: "danger" }[b.style] ?? "";
  return el("button", { type: "button", class: `press ${style}`, "data-press": press, "data-value": value.join(":") }, b.label);
}

function embed(e) {
  const box = el("div", { class: "embed" });
  box.style.setProperty("--bar", `#${(e.color ?? 0x1e1f22).toString(16).padStart(6, "0")}`);
  if (e.title) {
    const title = markup(e.title);
    box.append(el("h3", {}, ...(e.url ? [link(e.url, ...title)] : title)));
  }
  if (e.description) {
    box.append(el("div", { class: "description" }, ...markdown(e.description, markup)));
  }
  if (e.fields?.length) {
    box.append(el("div", { class: "fields" }, ...rows(e.fields).flatMap(row)));
  }
  if (e.footer?.text) {
    box.append(el("p", { class: "footer" }, e.footer.text));
  }
  return box;
}

// rows puts up to three neighbours side by side that are inline.
function rows(fields) {
  const all = [];
  for (const field of fields) {
    const last = all.at(-1);
    if (field.inline && last?.[0].inline && last.length < 3) {
      last.push(field);
    } else {
      all.push([field]);
    }
  }
  return all;
}

function row(fields) {
  return fields.map((field) => el("div", { class: `field of-${fields.length}` },
    el("h4", {}, ...markup(field.name)), el("div", {}, ...markdown(field.value, markup))));
}

const tokens = new RegExp([
  "\\\\(?<escaped>[!-/:-@[-`{-~])",
  "(?<ticks>`+)(?<code>[^`](?:[\\s\\S]*?[^`])??)\\k<ticks>(?!`)",
  "<t:(?<time>-?\\d{1,12})(?::(?<style>[tTdDfFR]))?>",
  "(?<mention><@[!&]?\\d+>|<#\\d+>|@everyone|@here)",
  "(?<emoji><a?:\\w+:\\d+>|:\\w+:)",
  "<(?<angle>https?://[^\\s<>]+)>",
  "\\[(?<label>[^\\[\\]\\\\]+)\\]\\((?<target>https?://[^\\s()]+)\\)",
  "(?<url>https?://[^\\s<]+)",
  "\\*\\*(?<bold>(?:\\\\.|[^\\\\*])+)\\*\\*",
  "__(?<underline>(?:\\\\.|[^\\\\_])+)__",
  "\\*(?<italic>(?:\\\\.|[^\\\\*\\s])(?:\\\\.|[^\\\\*])*)\\*",
  "(?<!\\w)_(?<slanted>(?:\\\\.|[^\\\\_])+)_(?!\\w)",
  "~~(?<strike>(?:\\\\.|[^\\\\~])+)~~",
  "\\|\\|(?<spoiler>(?:\\\\.|[^\\\\|])+)\\|\\|",
].join("|"), "g");

// markup reads Discord's markdown within a line.
export function markup(source) {
  return scan(source, tokens, token);
}

function token(found, whole) {
  if (found.escaped) return found.escaped;
  if (found.code) return el("code", {}, found.code);
  if (found.time) return timestamp(Number(found.time), found.style ?? "f") ?? whole;
  if (found.mention) return el("span", { class: "mention" }, whole);
  if (found.emoji) return el("span", { class: "mention", title: "An emoji" }, whole);
  if (found.angle ?? found.url) return link(found.angle ?? found.url, found.angle ?? found.url);
  if (found.label) return link(found.target, found.label);
  if (found.bold) return el("strong", {}, ...markup(found.bold));
  if (found.underline) return el("u", {}, ...markup(found.underline));
  if (found.italic ?? found.slanted) return el("em", {}, ...markup(found.italic ?? found.slanted));
  if (found.strike) return el("s", {}, ...markup(found.strike));
  return el("span", { class: "spoiler" }, ...markup(found.spoiler));
}

const styles = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};

// timestamp shows a time in the reader's own time zone, or its distance.
function timestamp(seconds, style) {
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) {
    return undefined;
  }
  const exact = new Intl.DateTimeFormat(undefined, styles[style] ?? styles.F).format(time);
  return el("time", { datetime: time.toISOString(), title: exact }, style === "R" ? distance(time) : exact);
}

const units = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];

function distance(time) {
  const seconds = Math.round((time - Date.now()) / 1000);
  // Rounded up to the next unit where little is missing, as Discord does.
  const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s * 0.95) ?? units.at(-1);
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

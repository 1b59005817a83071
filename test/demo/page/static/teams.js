// Draws an activity of Microsoft Teams from its Adaptive Card, the way Teams' own client does.
import { el } from "./dom.js";
import { link } from "./markup.js";

// render returns the elements of one message.
export function render(raw) {
  const parts = (raw.attachments ?? []).map((attachment) => card(attachment.content ?? {}));
  if (raw.text) {
    parts.unshift(el("div", { class: "text" }, raw.text));
  }
  return parts;
}

function card(content) {
  const actions = (content.actions ?? []).map((action) => link(action.url, action.title ?? action.url));
  return el("div", { class: "card" }, ...(content.body ?? []).map(element),
    ...(actions.length > 0 ? [el("p", { class: "actions" }, ...actions)] : []));
}

const styles = ["default", "emphasis", "good", "attention", "warning", "accent"];
const spacings = ["None", "Small", "Medium", "Large"];

function element(e) {
  const space = spacings.includes(e.spacing) ? `space-${e.spacing.toLowerCase()}` : "space-default";
  switch (e.type) {
    case "Container":
      return el("div", { class: `container ${styles.includes(e.style) ? e.style : "default"} ${e.bleed ? "bleed" : ""} ${space}` },
        ...(e.items ?? []).map(element));
    case "RichTextBlock":
      return el("p", { class: `text ${space}` }, ...(e.inlines ?? []).map(run));
    case "TextBlock":
      return el("p", { class: `text ${space}` }, ...mentions(e.text ?? ""));
    default:
      return el("p", { class: "unknown" }, `Unknown element: ${e.type}`);
  }
}

function run(r) {
  const classes = [
    r.weight === "Bolder" && "bolder", r.size === "Medium" && "medium", r.size === "Small" && "small",
    r.isSubtle && "subtle",
  ].filter(Boolean).join(" ");
  const text = r.selectAction ? link(r.selectAction.url, r.text) : r.text;
  return el(r.fontType === "Monospace" ? "code" : "span", { class: classes || null }, text);
}

// mentions draws the names of whom a card mentions.
function mentions(text) {
  return text.split(/<at>([^<>]*)<\/at>/).map((part, i) => i % 2 ? el("span", { class: "mention" }, part) : part);
}

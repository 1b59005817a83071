// Draws a message of Google Chat from the text and the card that the API was given, the way
// Google Chat's own client does.
import { el } from "./dom.js";
import { link, scan } from "./markup.js";

// render returns the elements of one message.
export function render(raw) {
  const parts = (raw.cardsV2 ?? []).map(({ card }) => drawCard(card));
  if (raw.text) {
    parts.unshift(el("div", { class: "content text" }, ...scan(raw.text, textTokens, textToken)));
  }
  return parts;
}

function drawCard(card) {
  const title = card.header?.title;
  return el("div", { class: "card" }, ...(title ? [el("h3", {}, title)] : []),
    ...(card.sections ?? []).map((section) => el("div", { class: "section" }, ...(section.widgets ?? []).map(drawWidget))));
}

function drawWidget({ decoratedText, textParagraph, buttonList }) {
  if (decoratedText) {
    return el("div", { class: "field" }, el("h4", {}, decoratedText.topLabel), el("div", { class: "text" }, ...markup(decoratedText.text)));
  }
  if (textParagraph) return el("div", { class: "field text" }, ...markup(textParagraph.text));
  return el("div", { class: "buttons" }, ...(buttonList?.buttons ?? []).map((b) => link(b.onClick?.openLink?.url, b.text)));
}

// In a text Google Chat reads its own markup, and in a card a part of HTML.
const textTokens = new RegExp([
  "`(?<code>[^`\\n]+)`",
  "<(?<target>https?://[^\\s<>|]+)\\|(?<label>[^<>]+)>",
  "<(?<angle>https?://[^\\s<>]+)>",
  "<users/(?<mention>[^\\s<>]+)>",
  "(?<url>https?://[^\\s<]+)",
  "\\*(?<bold>[^*\\n]+)\\*",
  "(?<!\\w)_(?<slanted>[^_\\n]+)_(?!\\w)",
  "~(?<strike>[^~\\n]+)~",
].join("|"), "g");

function textToken(found) {
  if (found.code) return el("code", {}, found.code);
  if (found.label) return link(found.target, found.label);
  if (found.angle ?? found.url) return link(found.angle ?? found.url, found.angle ?? found.url);
  if (found.mention) return el("span", { class: "mention" }, `@${found.mention}`);
  if (found.bold) return el("strong", {}, found.bold);
  if (found.strike) return el("s", {}, found.strike);
  return el("em", {}, found.slanted);
}

const cardTokens = new RegExp([
  "<a href=[\"'](?<target>[^\"']*)[\"']>(?<label>[^<]*)</a>",
  "<(?<tag>b|i|u|s|strike)>(?<inner>[\\s\\S]*?)</\\k<tag>>",
  "(?<line><br ?/?>)",
  "(?<other></?[A-Za-z][^<>]*>)",
].join("|"), "g");

// markup reads a text of a card.
function markup(source) {
  return scan(source ?? "", cardTokens, cardToken, unescaped);
}

function cardToken(found) {
  if (found.target) return link(unescaped(found.target), unescaped(found.label));
  if (found.tag) return el({ b: "strong", i: "em", u: "u", s: "s", strike: "s" }[found.tag], {}, ...markup(found.inner));
  return found.line ? "\n" : "";
}

const entities = { "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&#39;": "'", "&amp;": "&" };

function unescaped(text) {
  return text.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity]);
}

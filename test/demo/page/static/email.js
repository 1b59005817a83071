// Draws a mail as a client shows its plain part: the subject, who it is for, and the text.
import { el } from "./dom.js";
import { link } from "./markup.js";

// render returns the elements of one mail.
export function render(raw) {
  return [
    el("p", { class: "subject" }, raw.subject),
    el("p", { class: "envelope" }, `From ${raw.from} to ${raw.to}`),
    el("pre", { tabindex: "0" }, ...raw.plain.trim().split("\n").flatMap((line) => [line === raw.url ? link(raw.url, raw.url) : line, "\n"])),
  ];
}

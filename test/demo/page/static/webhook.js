// Draws an event as its receiver gets it: the type, what it says for people, and the JSON.
import { el } from "./dom.js";
import { link } from "./markup.js";

// render returns the elements of one event.
export function render(raw) {
  return [
    el("p", { class: "type" }, el("code", {}, raw.type)),
    el("p", {}, `${raw.title}: ${raw.status}`),
    ...(raw.url ? [el("p", {}, link(raw.url, raw.url))] : []),
    el("pre", { tabindex: "0" }, JSON.stringify(raw, null, 2)),
  ];
}

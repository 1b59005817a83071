// Draws an alert as its incident: where it stands, its title, its details and its links.
import { el } from "./dom.js";
import { link } from "./markup.js";

const states = { trigger: "Triggered", acknowledge: "Acknowledged", resolve: "Resolved" };

// render returns the elements of one alert.
export function render(raw) {
  const { summary, severity, source, group, custom_details: details = {} } = raw.payload;
  const state = states[raw.event_action];
  return [
    el("div", { class: "incident", "data-state": state },
      el("p", { class: "state" }, `${state} · ${severity} · ${group} · ${source}`),
      el("p", {}, el("strong", {}, summary)),
      el("dl", {}, ...Object.entries(details).flatMap(([label, text]) => [el("dt", {}, label), el("dd", {}, text)])),
      ...(raw.links ?? []).map(({ href, text }) => el("p", {}, link(href, text)))),
  ];
}

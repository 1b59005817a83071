// The status of the AccessNotifiers, as "kubectl describe" would tell it.
import { byID, el } from "./dom.js";

// warnings are the conditions that are there only while something is amiss.
const warnings = ["Reconciling", "Stalled"];

let known = [];
let service = "";

export function show(notifiers) {
  known = notifiers;
  draw();
}

// focus opens the AccessNotifier of a service and closes the others.
export function focus(name) {
  service = name;
  draw();
}

function draw() {
  byID("notifiers-where").textContent = [...new Set(known.map((n) => n.namespace))].map((n) => `in namespace ${n}`).join(", ");
  byID("notifiers").replaceChildren(...known.map(card));
}

function card(notifier) {
  const conditions = notifier.conditions ?? [];
  const ready = conditions.find((c) => c.type === "Ready");
  const isReady = ready?.status === "True";
  const figures = `${notifier.openRequests ?? "?"} open, ${notifier.undelivered ?? "?"} undelivered`;
  return el("details", { open: notifier.service === service },
    el("summary", {},
      el("strong", {}, notifier.name), el("span", { class: "figures" }, figures),
      el("span", { class: "pill", "data-state": isReady ? "APPROVED" : "PENDING" }, isReady ? "Ready" : ready?.reason ?? "Unknown")),
    el("ul", {}, ...conditions.filter((c) => c.type !== "Ready").map(condition)),
    el("p", { class: "figures" }, ready?.message ?? ""));
}

function condition(c) {
  const status = warnings.includes(c.type) ? "Unknown" : c.status;
  return el("li", { "data-status": status, title: `${c.reason}: ${c.message}` },
    el("span", { class: "visually-hidden" }, `${c.status}: `), c.type);
}

// The AccessNotifier's status, as "kubectl describe" would tell it.
import { byID, el } from "./dom.js";

// warnings are the conditions that are there only while something is amiss.
const warnings = ["Reconciling", "Stalled"];

export function show(notifier) {
  if (!notifier) {
    return;
  }
  byID("notifier-name").textContent = `${notifier.namespace}/${notifier.name}`;
  const conditions = notifier.conditions ?? [];
  const ready = conditions.find((c) => c.type === "Ready");
  const pill = byID("notifier-ready");
  pill.textContent = ready?.status === "True" ? "Ready" : ready?.reason ?? "Unknown";
  pill.dataset.state = ready?.status === "True" ? "APPROVED" : "PENDING";
  byID("conditions").replaceChildren(...conditions.filter((c) => c.type !== "Ready").map(condition));
  const figures = `${notifier.openRequests ?? "?"} open, ${notifier.undelivered ?? "?"} undelivered`;
  byID("notifier-figures").textContent = [figures, ready?.message].filter(Boolean).join(" · ");
}

function condition(c) {
  const status = warnings.includes(c.type) ? "Unknown" : c.status;
  return el("li", { "data-status": status, title: `${c.reason}: ${c.message}` },
    el("span", { class: "visually-hidden" }, `${c.status}: `), c.type);
}

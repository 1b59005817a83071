// The AccessNotifier's status, as "kubectl describe" would tell it.
import { byID, el } from "./dom.js";

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
  byID("notifier-figures").textContent =
    `${notifier.openRequests ?? "?"} open, ${notifier.undelivered ?? "?"} undelivered. ${ready?.message ?? ""}`;
}

function condition(c) {
  return el("li", { "data-status": c.status, title: `${c.reason}: ${c.message}` },
    el("span", { class: "visually-hidden" }, `${c.status}: `), c.type);
}

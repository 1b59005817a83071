// The simulated Teleport: a form that asks for access, and the requests.
import { byID, el } from "./dom.js";

const presets = {
  single: {
    user: "carol@example.com", role: "auditor", reviewers: "bob@example.com",
    reason: "Quarterly review of the audit log.",
  },
  dual: {
    user: "dave@example.com", role: "production-admin", reviewers: "alice@example.com, bob@example.com",
    reason: "Ticket OPS-42: the nightly import is stuck, and the job has to be restarted by hand.",
  },
  resource: {
    user: "erin@example.com", role: "", reviewers: "bob@example.com",
    reason: "Replace the failing disk of db-3.",
    resources: [{ cluster: "lab", kind: "node", name: "db-3" }],
  },
  injection: {
    user: "mallory@example.com", role: "production-admin", reviewers: "bob@example.com",
    reason: "<!channel> <!here> @everyone please\n*Status*\n✅ Approved by <@U0000000001>\n" +
      "<https://evil.example/login|Review in Teleport> `rm -rf /` &lt;!channel&gt; :white_check_mark: \u202Edetroppus ton",
  },
};

const promotedTo = "On-call engineers";
let people = [];
let onRequest = () => {};

// onNew calls f with the id of each request that the form makes.
export function onNew(f) {
  onRequest = f;
}

// setup wires the form and fills in what can be chosen.
export function setup(state) {
  people = state.workspaces.flatMap((w) => w.people.map((p) => p.name));
  people = [...new Set(people)];
  byID("people").replaceChildren(...people.map((name) => el("option", { value: name })));
  const options = state.roles.map((r) => el("option", { value: r.name }, r.approvals > 1 ? `${r.name} ×${r.approvals}` : r.name));
  const form = byID("new-request");
  const first = form.elements.role.options.length === 0;
  form.elements.role.replaceChildren(...options, el("option", { value: "" }, "server db-3"));
  if (!first) {
    return;
  }
  fill("single");
  for (const button of form.querySelectorAll("[data-preset]")) {
    button.addEventListener("click", () => fill(button.dataset.preset));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form);
  });
}

function fill(name) {
  const preset = presets[name];
  const fields = byID("new-request").elements;
  fields.user.value = preset.user;
  fields.role.value = preset.role;
  fields.reason.value = preset.reason;
  fields.reviewers.value = preset.reviewers;
  for (const button of document.querySelectorAll("[data-preset]")) {
    button.setAttribute("aria-pressed", String(button.dataset.preset === name));
  }
}

async function submit(form) {
  const fields = form.elements;
  const made = await send("/api/requests", {
    user: fields.user.value.trim(),
    roles: fields.role.value ? [fields.role.value] : [],
    resources: fields.role.value ? [] : presets.resource.resources,
    reason: fields.reason.value,
    suggestedReviewers: fields.reviewers.value.split(",").map((name) => name.trim()).filter(Boolean),
  });
  if (made) {
    onRequest(made.id);
  }
}

// send does something in Teleport, and returns what Teleport answers, or says that it
// refuses.
async function send(path, body) {
  const problem = byID("problem");
  problem.hidden = true;
  try {
    const response = await fetch(path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) {
      return answer;
    }
    throw new Error(answer.error);
  } catch (error) {
    problem.textContent = `Teleport: ${error.message}`;
    problem.hidden = false;
    return undefined;
  }
}

// show lists the requests, newest first. Cards that did not change stay, with
// whatever is being typed into them.
export function show(requests) {
  const list = byID("requests");
  const cards = new Map([...list.children].map((card) => [card.dataset.id, card]));
  list.replaceChildren(...requests.map((request) => {
    const version = JSON.stringify(request);
    const card = cards.get(request.id);
    return card?.version === version ? card : newCard(request, version);
  }));
  const pending = requests.filter((r) => r.state === "PENDING").length;
  byID("request-count").textContent = requests.length ? `${pending} pending` : "none yet";
}

function newCard(request, version) {
  const card = byID("request-card").content.firstElementChild.cloneNode(true);
  card.version = version;
  card.dataset.id = request.id;
  card.querySelector(".user").textContent = request.user;
  card.querySelector(".what").textContent = [...request.roles, ...(request.resources ?? [])].join(", ");
  card.querySelector(".reason").textContent = request.reason;
  const pill = card.querySelector(".pill");
  pill.textContent = stateText(request);
  pill.dataset.state = request.state;
  card.querySelector(".votes").replaceChildren(...request.reviews.map((review) =>
    el("li", { "data-state": review.state }, `${review.author}${review.reason ? `: ${review.reason}` : ""}`)));
  if (request.state === "PENDING") {
    wireReview(card, request);
  } else {
    card.querySelector(".review").remove();
  }
  return card;
}

function stateText(request) {
  if (request.state === "PENDING") {
    return request.needed > 1 ? `${request.approvals} of ${request.needed}` : "pending";
  }
  return request.state.toLowerCase();
}

function wireReview(card, request) {
  const form = card.querySelector(".review");
  const done = request.reviews.map((review) => review.author);
  const reviewers = people.filter((name) => name !== request.user && !done.includes(name));
  form.elements.author.replaceChildren(...reviewers.map((name) => el("option", { value: name }, name)));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", (event) => {
    const action = event.target.dataset?.action;
    if (action) {
      act(request.id, action, form.elements.author.value, form.elements.reason.value);
    }
  });
}

function act(id, action, author, reason) {
  const path = `/api/requests/${encodeURIComponent(id)}`;
  switch (action) {
    case "approve":
      return send(`${path}/reviews`, { author, reason, state: "APPROVED" });
    case "deny":
      return send(`${path}/reviews`, { author, reason, state: "DENIED" });
    case "promote":
      return send(`${path}/reviews`, { author, reason, state: "PROMOTED", list: promotedTo });
    case "resolve-approved":
      return send(`${path}/resolution`, { reason, state: "APPROVED" });
    case "resolve-denied":
      return send(`${path}/resolution`, { reason, state: "DENIED" });
    default:
      return send(`${path}/expiry`, {});
  }
}

// reveal shows a request's card, as the link in a message would in Teleport. It
// reports whether Teleport still has the request.
export function reveal(id) {
  const card = [...byID("requests").children].find((candidate) => candidate.dataset.id === id);
  if (!card) {
    return false;
  }
  card.scrollIntoView({ block: "nearest", behavior: "smooth" });
  card.classList.remove("found");
  requestAnimationFrame(() => card.classList.add("found"));
  card.querySelector("select, button")?.focus({ preventScroll: true });
  return true;
}

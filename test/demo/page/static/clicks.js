// Presses of the buttons below messages: as whom, the form that asks for a reason, and what only
// the one who has pressed is told.
import { byID, el } from "./dom.js";

// clicks are the latest of each account, mine those that were made on this page, and asked those of
// them that have opened a form.
let clicks = [];
const mine = new Set();
const asked = new Set();
let workspaces = [];
let busy = false;

// setup fills in as whom buttons can be pressed.
export function setup(state) {
  workspaces = state.workspaces;
  const picker = byID("presser");
  if (picker.options.length === 0) {
    picker.append(...state.pressers.map((p) => el("option", { value: p.name }, `${p.name}, ${p.about}`)));
    picker.addEventListener("change", refresh);
    document.addEventListener("click", pressed);
  }
  show(state.clicks);
}

// show takes what came of the presses.
export function show(all) {
  clicks = all;
  refresh();
  ask();
}

// works reports whether the messages of a service have buttons.
export function works(service) {
  return accounts(service).length > 0;
}

function accounts(service) {
  return workspaces.find((w) => w.service === service)?.pressers ?? [];
}

// presser is who presses below a message: the one who reads it in a chat of their own, or else
// who is chosen.
function presser(data) {
  const workspace = workspaces.find((w) => w.service === data.service);
  if (data.reader) {
    return [...workspace.people, ...workspace.pressers].find((p) => p.id === data.reader);
  }
  return workspace?.pressers.find((p) => p.name === byID("presser").value);
}

// refresh draws what people were told, below all messages.
function refresh() {
  document.querySelectorAll("article.message").forEach(tell);
}

// tell draws below a message what only the one who presses there is told.
export function tell(article) {
  const who = presser(article.dataset);
  const click = clicks.find((c) => c.account === who?.id && isAbout(c, article.dataset));
  const text = click?.answers.at(-1) ?? "";
  say(article, text && `Only ${who.name} sees this`, text, mine.has(click?.id));
}

function isAbout(click, data) {
  return click.service === data.service && click.channel === data.channel && click.message === data.message;
}

// current is a message as it is drawn now.
function current(data) {
  return [...document.querySelectorAll("article.message")].find((a) => isAbout(data, a.dataset));
}

// say draws a private answer, unless it is there already, and has it seen if it was waited for.
function say(article, title, text, awaited) {
  const before = article.querySelector(":scope > .private");
  if (before?.textContent === title + text) {
    return;
  }
  before?.remove();
  if (text) {
    const after = el("p", { class: "private" }, el("strong", {}, title), text);
    article.querySelector(":scope > .body").after(after);
    if (awaited) {
      after.scrollIntoView({ block: "nearest" });
    }
  }
}

// pressed presses the button that was clicked on.
async function pressed(event) {
  const button = event.target.closest?.("[data-press]");
  if (!button || busy) {
    return;
  }
  const article = button.closest("article.message");
  const { service, channel, message } = article.dataset;
  const who = presser(article.dataset);
  busy = true;
  try {
    const made = await post("/api/clicks", { service, channel, message, account: who.id, approve: button.dataset.press === "approve" });
    mine.add(made.id);
    ask();
    // The answer may have come before that of the press.
    current(article.dataset)?.querySelector(":scope > .private")?.scrollIntoView({ block: "nearest" });
  } catch (error) {
    say(article, "The service says that it has failed", error.message, true);
  } finally {
    busy = false;
  }
}

async function post(path, body) {
  const response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(answer.error);
  }
  return answer;
}

// ask opens the form of a press that was made here, once.
function ask() {
  const click = clicks.find((c) => c.form && c.answers.length === 0 && mine.has(c.id) && !asked.has(c.id));
  if (!click) {
    return;
  }
  asked.add(click.id);
  const { title, label, send, cancel, max } = click.form;
  const reason = el("textarea", { rows: "3", required: true, maxlength: max });
  const problem = el("p", { class: "problem", role: "alert", hidden: true });
  const close = el("button", { type: "button" }, cancel || "Cancel");
  const form = el("form", {}, el("h2", { id: "form-title" }, title), el("label", {}, label, reason), problem,
    el("p", { class: "choice" }, close, el("button", { type: "submit", class: "primary" }, send || "Submit")));
  const dialog = el("dialog", { "aria-labelledby": "form-title", "data-service": click.service }, form);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    // The message may have been drawn anew meanwhile, and the button that had the focus be gone.
    if (document.activeElement === document.body) {
      focus(click);
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await post("/api/forms", { service: click.service, account: click.account, reason: reason.value });
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  });
  document.body.append(dialog);
  dialog.showModal();
}

// keepingFocus draws messages anew, and leaves the focus on the button that had it: on its message
// if that has none any more.
export function keepingFocus(draw) {
  const focused = document.activeElement;
  const before = focused?.closest?.("article.message");
  draw();
  if (!before || focused.isConnected) {
    return;
  }
  focus(before.dataset, focused.dataset.press);
}

// focus moves to a button of a message, or to the message.
function focus(data, press) {
  const article = current(data);
  (article?.querySelector(`[data-press="${press}"]`) ?? article)?.focus();
}

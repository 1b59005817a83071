// The chat client: a switch between the services, the places of one of them, and
// the messages of one place.
import { keepingFocus, works } from "./clicks.js";
import { byID, el } from "./dom.js";
import { message, repliesTo, sign } from "./messages.js";

const posts = new Map();
const drawn = new Map();
const unread = new Map();
// last is the place that was open last in each service.
const last = new Map();
let workspaces = [];
let current = "";
let onSwitch = () => {};

// onService calls f with the name of each service that is switched to.
export function onService(f) {
  onSwitch = f;
}

// reset shows a whole state, such as after the connection was lost.
export function reset(state) {
  workspaces = state.workspaces;
  posts.clear();
  for (const post of state.posts) {
    posts.set(postKey(post), post);
  }
  if (!workspaces.flatMap(placesOf).includes(current)) {
    const wanted = workspaces.find((w) => w.service === location.hash.slice(1)) ?? workspaces[0];
    current = firstOf(wanted);
  }
  open(current);
}

function placesOf(workspace) {
  return [...workspace.channels, ...workspace.people].map((p) => placeKey(workspace.service, p.id));
}

// update shows a message that is new or changed.
export function update(post) {
  const known = posts.get(postKey(post));
  if (known && known.revisions > post.revisions) {
    return;
  }
  posts.set(postKey(post), post);
  if (placeOf(post) === current) {
    drawMessage(rootOf(post));
    return;
  }
  if (!known) {
    unread.set(placeOf(post), (unread.get(placeOf(post)) ?? 0) + 1);
    drawRail();
    drawPlaces();
  }
}

// follow shows the message of a request that was just made: in the place that is open, if
// it comes there, or else in a channel where it comes.
export function follow(request) {
  setTimeout(() => showRequest(request), 700);
}

function showRequest(request) {
  const service = byID("chat").dataset.service;
  const found = [...posts.values()].filter((p) => p.service === service && p.request === request);
  if (found.length > 0 && !found.some((p) => placeOf(p) === current)) {
    open(placeOf(found.find((p) => !p.direct) ?? found[0]));
  }
}

function open(place) {
  const workspace = workspaces.find((w) => placesOf(w).includes(place));
  current = place;
  last.set(workspace.service, place);
  unread.delete(place);
  byID("chat").dataset.service = workspace.service;
  history.replaceState(null, "", `#${workspace.service}`);
  drawRail();
  drawPlaces();
  onSwitch(workspace.service);
  const list = byID("messages");
  list.replaceChildren();
  drawn.clear();
  const { name, about } = describe(place);
  byID("room-name").textContent = name;
  byID("room-about").textContent = about;
  byID("presser").parentElement.hidden = !works(workspace.service) || !workspace.channels.some((c) => placeKey(workspace.service, c.id) === place);
  const roots = rootsIn(place);
  if (roots.length === 0) {
    list.append(el("p", { class: "empty" }, "No messages yet. Make an access request in Teleport."));
  }
  for (const post of roots) {
    drawMessage(post);
  }
  showLatest();
}

function rootsIn(place) {
  return [...posts.values()].filter((p) => placeOf(p) === place && !p.threadOf);
}

// firstOf is the place of a service that is opened first: one with a message.
function firstOf(workspace) {
  const places = placesOf(workspace);
  return places.find((place) => rootsIn(place).length > 0) ?? places[0] ?? "";
}

// showLatest scrolls to the end of the latest message, or to its beginning if there is no
// room for all of it.
function showLatest() {
  const list = byID("messages");
  const latest = list.lastElementChild;
  list.scrollTop = latest.offsetHeight > list.clientHeight ? latest.offsetTop - list.offsetTop : list.scrollHeight;
}

function describe(place) {
  for (const w of workspaces) {
    const channel = w.channels.find((c) => placeKey(w.service, c.id) === place);
    if (channel) return { name: `# ${channel.name}`, about: `${w.title} channel` };
    const person = w.people.find((p) => placeKey(w.service, p.id) === place);
    if (person) return { name: person.name, about: `Direct messages, as ${person.name} sees them` };
  }
  return { name: "", about: "" };
}

// drawRail draws the switch between the services.
function drawRail() {
  const service = byID("chat").dataset.service;
  byID("rail").replaceChildren(...workspaces.map((w) => {
    const fresh = placesOf(w).reduce((sum, place) => sum + (unread.get(place) ?? 0), 0);
    const button = el("button", { type: "button", "aria-current": w.service === service ? "true" : undefined },
      sign(w.service), el("span", { class: "name" }, w.title));
    if (fresh) {
      button.append(badge(fresh));
    }
    button.addEventListener("click", () => {
      open(last.get(w.service) ?? firstOf(w));
      byID("rail").querySelector("[aria-current]")?.focus();
    });
    return button;
  }));
}

function badge(fresh) {
  return el("span", { class: "badge", "aria-label": `${fresh} unread` }, String(fresh));
}

function drawPlaces() {
  const w = workspaces.find((each) => each.service === byID("chat").dataset.service);
  byID("places").replaceChildren(
    el("p", { class: "workspace" }, w.title, el("span", {}, "simulated")),
    ...group(w, "Channels", w.channels, () => el("span", { class: "hash", "aria-hidden": "true" }, "#")),
    ...group(w, "Direct messages", w.people, (p) => avatar(p.name)));
}

function group(w, title, places, icon) {
  if (places.length === 0) {
    return [];
  }
  const items = places.map((p) => {
    const key = placeKey(w.service, p.id);
    const fresh = unread.get(key);
    const button = el("button", { type: "button", "aria-current": key === current ? "true" : undefined, class: fresh ? "fresh" : undefined },
      icon(p), el("span", { class: "name" }, p.name));
    if (fresh) {
      button.append(badge(fresh));
    }
    button.addEventListener("click", () => {
      open(key);
      byID("places").querySelector("[aria-current]")?.focus();
    });
    return el("li", {}, button);
  });
  return [el("h2", {}, title), el("ul", {}, ...items)];
}

// avatar shows a person's initial in one of six colours.
function avatar(name) {
  const hue = [...name].reduce((sum, c) => sum + c.codePointAt(0), 0) % 6;
  return el("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, name.charAt(0).toUpperCase());
}

// drawMessage draws a message with its thread, in the place of what was there.
function drawMessage(post) {
  const list = byID("messages");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const before = drawn.get(post.id);
  const historyOpen = before?.querySelector("details.history")?.open ?? false;
  const after = message(post, repliesTo(post, [...posts.values()]), historyOpen);
  if (before) {
    after.classList.add("changed");
    keepingFocus(() => before.replaceWith(after));
  } else {
    list.querySelector(".empty")?.remove();
    list.append(after);
  }
  drawn.set(post.id, after);
  if (atEnd) {
    showLatest();
  }
}

function rootOf(post) {
  return post.threadOf ? posts.get(`${post.service}/${post.channel}/${post.threadOf}`) ?? post : post;
}

function postKey(post) {
  return `${post.service}/${post.channel}/${post.id}`;
}

function placeOf(post) {
  return placeKey(post.service, post.direct ? post.user : post.channel);
}

function placeKey(service, id) {
  return `${service}/${id}`;
}

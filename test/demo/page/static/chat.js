// The chat client: places on the left, the messages of one of them on the right.
import { byID, clock, el } from "./dom.js";
import { render as renderSlack } from "./slack.js";

// renderers draw the raw messages of a service. Without one, the text is shown
// as the simulator flattens it.
const renderers = { slack: renderSlack };

const posts = new Map();
const drawn = new Map();
const unread = new Map();
let workspaces = [];
let current = "";

// reset shows a whole state, such as after the connection was lost.
export function reset(state) {
  workspaces = state.workspaces;
  posts.clear();
  for (const post of state.posts) {
    posts.set(postKey(post), post);
  }
  const places = workspaces.flatMap((w) => [...w.channels, ...w.people].map((p) => placeKey(w.service, p.id)));
  if (!places.includes(current)) {
    current = places[0] ?? "";
  }
  open(current);
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
    drawPlaces();
  }
}

function open(place) {
  current = place;
  unread.delete(place);
  drawPlaces();
  const list = byID("messages");
  list.replaceChildren();
  drawn.clear();
  const { name, about } = describe(place);
  byID("room-name").textContent = name;
  byID("room-about").textContent = about;
  const roots = [...posts.values()].filter((p) => placeOf(p) === place && !p.threadOf);
  if (roots.length === 0) {
    list.append(el("p", { class: "empty" }, "No messages yet. Make an access request in Teleport, on the right."));
  }
  for (const post of roots) {
    drawMessage(post);
  }
  list.scrollTop = list.scrollHeight;
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

function drawPlaces() {
  byID("places").replaceChildren(...workspaces.flatMap((w) => [
    el("p", { class: "workspace" }, w.title, el("span", {}, "simulated")),
    ...group(w, "Channels", w.channels, () => el("span", { class: "hash", "aria-hidden": "true" }, "#")),
    ...group(w, "Direct messages", w.people, (p) => avatar(p.name)),
  ]));
}

function group(w, title, places, icon) {
  const items = places.map((p) => {
    const key = placeKey(w.service, p.id);
    const fresh = unread.get(key);
    const button = el("button", { type: "button", "aria-current": key === current ? "true" : undefined, class: fresh ? "fresh" : undefined },
      icon(p), el("span", { class: "name" }, p.name));
    if (fresh) {
      button.append(el("span", { class: "badge", "aria-label": `${fresh} unread` }, String(fresh)));
    }
    button.addEventListener("click", () => {
      open(key);
      byID("places").querySelector("[aria-current]")?.focus();
    });
    return el("li", {}, button);
  });
  return [el("h3", {}, title), el("ul", {}, ...items)];
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
  const history = before?.querySelector("details.history")?.open ?? false;
  const after = messageElement(post, history);
  if (before) {
    after.classList.add("changed");
    before.replaceWith(after);
  } else {
    list.querySelector(".empty")?.remove();
    list.append(after);
  }
  drawn.set(post.id, after);
  if (atEnd) {
    list.scrollTop = list.scrollHeight;
  }
}

function messageElement(post, historyOpen) {
  const element = el("article", { class: "message" }, appIcon(), byline(post), body(post));
  if (post.mentions?.length) {
    element.append(el("p", { class: "pinged" }, `This message pinged: ${post.mentions.join(", ")}`));
  }
  if (post.revisions > 1) {
    element.append(history(post, historyOpen));
  }
  const replies = [...posts.values()].filter((p) => p.threadOf === post.id && p.channel === post.channel);
  if (replies.length > 0) {
    element.append(thread(replies));
  }
  return element;
}

function body(post) {
  const renderer = renderers[post.service];
  const content = renderer ? renderer(post.raw) : [el("div", { class: "text" }, post.text)];
  return el("div", { class: "body" }, ...content);
}

function appIcon() {
  return el("img", { class: "app", src: "mark.svg", alt: "", width: "36", height: "36" });
}

function byline(post) {
  return el("p", { class: "byline" },
    el("strong", {}, "Access Notifier"), el("span", { class: "bot" }, "APP"),
    el("time", { datetime: post.created }, clock(post.created)));
}

// history lists what the message said before, by its first line.
function history(post, isOpen) {
  const revisions = post.history.map((text) => {
    const [first] = text.split("\n", 1);
    return el("li", {}, el("details", {}, el("summary", {}, first), el("pre", {}, text)));
  });
  return el("details", { class: "history", open: isOpen },
    el("summary", {}, `(edited) ${post.revisions} versions`), el("ol", {}, ...revisions));
}

function thread(replies) {
  const title = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  return el("section", { class: "thread", "aria-label": "Thread" },
    el("h5", {}, title),
    ...replies.map((reply) => el("article", { class: "reply" }, appIcon(), byline(reply), body(reply))));
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

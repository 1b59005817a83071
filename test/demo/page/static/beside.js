// One request's message in every service, side by side.
import * as clicks from "./clicks.js";
import { byID, el } from "./dom.js";
import { message, repliesTo, sign } from "./messages.js";
import { listen, requestBehind } from "./stream.js";
import "./theme.js";

const posts = new Map();
let workspaces = [];
let requests = [];
// chosen is the request that the reader picked; without one the newest is shown.
let chosen = new URLSearchParams(location.search).get("request");

listen({
  state(state) {
    workspaces = state.workspaces;
    requests = state.requests;
    posts.clear();
    state.posts.forEach(keep);
    clicks.setup(state);
    draw();
  },
  post(post) {
    keep(post);
    drawColumns();
  },
  clicks: clicks.show,
  requests(current) {
    requests = current;
    draw();
  },
});

function keep(post) {
  const key = `${post.service}/${post.channel}/${post.id}`;
  if ((posts.get(key)?.revisions ?? 0) <= post.revisions) {
    posts.set(key, post);
  }
}

function draw() {
  drawPicker();
  drawColumns();
}

// shown is the request on the page. One that Teleport no longer has can still be
// picked by its id.
function shown() {
  return chosen ?? requests[0]?.id;
}

function drawPicker() {
  const picker = byID("picker");
  if (document.activeElement === picker && picker.options.length === requests.length) {
    return;
  }
  picker.replaceChildren(...requests.map((r) =>
    el("option", { value: r.id, selected: r.id === shown() }, [r.user, what(r), r.state.toLowerCase()].join(" · "))));
}

function what(request) {
  return [...request.roles, ...(request.resources ?? [])].join(", ");
}

function drawColumns() {
  clicks.keepingFocus(() => byID("columns").replaceChildren(...workspaces.map(column)));
}

function column(workspace) {
  const all = [...posts.values()].filter((p) => p.service === workspace.service);
  const about = all.filter((p) => p.request === shown() && !p.threadOf);
  const post = about.find((p) => !p.direct) ?? about[0];
  return el("section", { class: "card column", "data-service": workspace.service, "aria-label": workspace.title },
    el("header", {}, sign(workspace.service), el("h2", {}, workspace.title),
      el("p", {}, post ? places(post, about.length - 1) : "")),
    post ? message(post, repliesTo(post, all)) : el("p", { class: "empty" }, "No message about this request."));
}

function places(post, others) {
  const first = post.direct ? "a direct message" : `# ${post.channelName}`;
  return others > 0 ? `${first} and ${others} more` : first;
}

byID("picker").addEventListener("change", (event) => {
  chosen = event.target.value;
  const address = new URL(location.href);
  address.searchParams.set("request", chosen);
  history.replaceState(null, "", address);
  drawColumns();
});

// Links to the simulated Teleport lead to its panel on the other page.
byID("columns").addEventListener("click", (event) => {
  const id = requestBehind(event);
  if (id && requests.some((r) => r.id === id)) {
    event.preventDefault();
    const address = new URL(location.href);
    address.pathname = "/";
    address.searchParams.set("request", id);
    location.assign(address);
  }
});

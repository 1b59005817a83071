// Keeps the page current with the stream of events. Every stream begins with
// the whole state, so that a lost connection loses nothing.
import * as chat from "./chat.js";
import { byID } from "./dom.js";
import * as notifier from "./notifier.js";
import * as teleport from "./teleport.js";

const handlers = {
  state(state) {
    teleport.setup(state);
    teleport.show(state.requests);
    notifier.show(state.notifier);
    chat.reset(state);
  },
  post: chat.update,
  requests: teleport.show,
  notifier: notifier.show,
};

function live(state, text) {
  const element = byID("live");
  element.dataset.state = state;
  element.textContent = text;
}

const stream = new EventSource("/api/events");
stream.addEventListener("open", () => live("open", "Live"));
stream.addEventListener("error", () => live("lost", "The demo has ended, or is being restarted"));
for (const [name, handle] of Object.entries(handlers)) {
  stream.addEventListener(name, (event) => handle(JSON.parse(event.data)));
}

// Links to the simulated Teleport lead to its panel on this page.
byID("messages").addEventListener("click", (event) => {
  const id = event.target.closest?.("a")?.pathname.match(/^\/web\/requests\/([\w-]+)$/)?.[1];
  if (id && teleport.reveal(id)) {
    event.preventDefault();
  }
});

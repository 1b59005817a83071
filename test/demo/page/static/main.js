// The page to play on: chat, status and Teleport.
import * as chat from "./chat.js";
import * as clicks from "./clicks.js";
import { byID } from "./dom.js";
import * as notifiers from "./notifiers.js";
import { listen, requestBehind } from "./stream.js";
import * as teleport from "./teleport.js";
import "./theme.js";

let asked = new URLSearchParams(location.search).get("request");

chat.onService(notifiers.focus);
teleport.onNew(chat.follow);
listen({
  state(state) {
    teleport.setup(state);
    teleport.show(state.requests);
    notifiers.show(state.notifiers);
    clicks.setup(state);
    chat.reset(state);
    if (asked) {
      teleport.reveal(asked);
      asked = null;
    }
  },
  post: chat.update,
  clicks: clicks.show,
  requests: teleport.show,
  notifiers: notifiers.show,
});

// Links to the simulated Teleport lead to its panel on this page.
byID("messages").addEventListener("click", (event) => {
  const id = requestBehind(event);
  if (id && teleport.reveal(id)) {
    event.preventDefault();
  }
});

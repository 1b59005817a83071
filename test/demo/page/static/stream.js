// Keeps a page current with the stream of events. Every stream begins with the
// whole state, so that a lost connection loses nothing.
import { byID } from "./dom.js";

// listen calls the handler that has the name of each event.
export function listen(handlers) {
  const stream = new EventSource("/api/events");
  stream.addEventListener("open", () => live("open", "Live"));
  stream.addEventListener("error", () => live("lost", "The demo has ended, or is being restarted"));
  for (const [name, handle] of Object.entries(handlers)) {
    stream.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  }
}

function live(state, text) {
  const element = byID("live");
  element.dataset.state = state;
  element.textContent = text;
}

// requestBehind is the id of the request that a click on a link to Teleport is
// about.
export function requestBehind(event) {
  return event.target.closest?.("a")?.pathname.match(/^\/web\/requests\/([\w-]+)$/)?.[1];
}

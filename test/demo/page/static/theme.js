// The choice between light and dark: the reader's own unless the address says
// theme=light or theme=dark.
import { byID, el } from "./dom.js";

const themes = { auto: "Auto", light: "Light", dark: "Dark" };

function choose(theme) {
  const address = new URL(location.href);
  if (theme === "auto") {
    address.searchParams.delete("theme");
  } else {
    address.searchParams.set("theme", theme);
  }
  history.replaceState(null, "", address);
  show(theme);
}

function show(theme) {
  document.documentElement.dataset.theme = theme;
  for (const a of document.querySelectorAll("a[data-keeps-theme]")) {
    a.search = theme === "auto" ? "" : `?theme=${theme}`;
  }
  byID("theme").replaceChildren(...Object.entries(themes).map(([name, label]) => {
    const button = el("button", { type: "button", "aria-pressed": String(name === theme) }, label);
    button.addEventListener("click", () => {
      choose(name);
      byID("theme").querySelector("[aria-pressed=true]").focus();
    });
    return button;
  }));
}

const asked = new URLSearchParams(location.search).get("theme");
show(asked in themes ? asked : "auto");

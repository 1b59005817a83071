// What the services' markups have in common.
import { el } from "./dom.js";

// scan reads a text in which the pattern, with named groups, finds what is
// markup. token draws a find from its groups, plain what is between finds.
export function scan(source, pattern, token, plain = (text) => text) {
  const nodes = [];
  let end = 0;
  for (const match of source.matchAll(pattern)) {
    nodes.push(plain(source.slice(end, match.index)), token(match.groups, match[0]));
    end = match.index + match[0].length;
  }
  nodes.push(plain(source.slice(end)));
  return nodes.filter((node) => node !== "");
}

const blocks = [
  [/^(#{1,3}) +(\S.*)$/, ([, signs, rest], inline) => el(`h${signs.length + 2}`, {}, ...inline(rest))],
  [/^>{1,3} (.*)$/, ([, rest], inline) => el("blockquote", {}, ...inline(rest))],
  [/^ *[-*+] +(\S.*)$/, ([, rest], inline) => el("p", { class: "bullet" }, ...inline(rest))],
];

// markdown reads code blocks, headings, quotes and lists, and leaves the rest
// of each line to inline.
export function markdown(source, inline) {
  return source.split(/```([\s\S]+?)```/).flatMap((part, i) =>
    i % 2 ? [el("pre", {}, part.replace(/^\n/, ""))] : lines(part, inline));
}

function lines(source, inline) {
  const nodes = [];
  let text = [];
  const flush = () => {
    if (text.some((line) => line !== "")) nodes.push(el("div", { class: "text" }, ...inline(text.join("\n"))));
    text = [];
  };
  for (const line of source.split("\n")) {
    const block = blockOf(line, inline);
    if (block) {
      flush();
      nodes.push(block);
    } else {
      text.push(line);
    }
  }
  flush();
  return nodes;
}

function blockOf(line, inline) {
  for (const [pattern, draw] of blocks) {
    const match = pattern.exec(line);
    if (match) return draw(match, inline);
  }
  return undefined;
}

// link is a link, unless its target is something else than a page or an address.
export function link(target, ...label) {
  if (!/^(https?|mailto):/.test(target)) {
    return el("span", {}, ...label);
  }
  return el("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, ...label);
}

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
  [/^ *[-*+] +(\S.*)$/, ([, rest], inline) => el("p", { class: "bullet" }, ...inline(rest))],
];

// markdown reads code blocks, headings, quotes and lists, and leaves the rest
// of each line to inline. Where quotes are lazy, they reach up to an empty line.
export function markdown(source, inline, lazy = false) {
  return source.split(/```([\s\S]+?)```/).flatMap((part, i) =>
    i % 2 ? [el("pre", {}, part.replace(/^\n/, ""))] : lines(part, inline, lazy));
}

function lines(source, inline, lazy) {
  const nodes = [];
  let text = [];
  let quote = [];
  const flush = () => {
    if (text.some((line) => line !== "")) nodes.push(el("div", { class: "text" }, ...inline(text.join("\n"))));
    if (quote.length > 0) nodes.push(el("blockquote", { class: "text" }, ...inline(quote.join("\n"))));
    text = [];
    quote = [];
  };
  for (const line of source.split("\n")) {
    const quoted = /^>{1,3} (.*)$/.exec(line)?.[1] ?? (lazy && quote.length > 0 && line !== "" ? line : undefined);
    const block = quoted === undefined ? blockOf(line, inline) : undefined;
    if (block || (quoted === undefined) !== (quote.length === 0)) {
      flush();
    }
    if (block) {
      nodes.push(block);
    } else if (quoted !== undefined) {
      quote.push(quoted);
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

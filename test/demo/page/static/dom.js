// Small helpers for making elements. Text always becomes a text node: nothing
// that a person typed is ever read as markup.

// el makes an element. Children are nodes or strings.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children);
  return element;
}

export function byID(id) {
  return document.getElementById(id);
}

// clock is a time of day in the reader's own zone and language.
export function clock(time, withSeconds = false) {
  return new Intl.DateTimeFormat(undefined, {
    hour: "numeric", minute: "2-digit", second: withSeconds ? "2-digit" : undefined,
  }).format(new Date(time));
}

// Elements from plain values. Text only ever becomes a text node, so no name can be markup.

/** An HTML element: `on…` properties are listeners, `class` and `aria-…` are attributes, others are properties. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** A drop-down list of [value, words]. */
export function choice(label, options, value, changed) {
  const list = h("select", {"aria-label": label, title: label, onchange: () => changed(list.value)},
    options.map(([key, words]) => h("option", {value: key, selected: String(key) === String(value)}, words)));
  return list;
}

/** A number with so many significant digits, thousands parted; a dash for what is not known. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en");
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) return value.toExponential(1).replace("e-", "e−");
  return value.toLocaleString("en", {maximumSignificantDigits: size >= 100 ? Math.max(digits, 4) : digits});
}

/** A share in per cent. */
export function percent(share) {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  const value = share * 100;
  if (value > 0 && value < 0.05) return "<0.1 %";
  return `${value.toFixed(value < 10 && value > 0 ? 1 : 0)} %`;
}

/** Runs only what was asked for last: answers that arrive late are dropped. */
export function latest(work, done, failed) {
  let asked = 0;
  return async (...values) => {
    const mine = ++asked;
    try {
      const answer = await work(...values);
      if (mine === asked) done(answer, ...values);
    } catch (error) {
      if (mine === asked) failed(error);
    }
  };
}

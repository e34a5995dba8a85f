// Makes elements of the page. Data only ever becomes text, never markup.

/**
 * An element with its attributes and children. `on` maps events to listeners; an attribute that is null or false is
 * left out, and one that is true has no value. Children are nodes or texts; null is left out.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? '' : value);
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** An element of a drawing, with its attributes. */
export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Gives an element a text, and touches it only if it had another one. */
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Pairs of what something is and how it is, as a list of descriptions. Pairs whose value is null are left out. */
export function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined);
  return element('dl', { class: 'facts' }, known.map(([name, value]) =>
    element('div', {}, element('dt', {}, name), element('dd', {}, value))));
}

/** A word with a sign before it that says how good that is: `good`, `poor`, `bad` or `unknown`. */
export function verdict(kind, text) {
  const signs = { good: '✓', poor: '!', bad: '✕', unknown: '?' };
  return element('span', { class: `verdict ${kind}` },
    element('span', { class: 'sign', 'aria-hidden': 'true' }, signs[kind] ?? '?'), text);
}

/** A choice among named values. */
export function choice(attributes, options, chosen) {
  return element('select', attributes, options.map(([value, name]) =>
    element('option', { value, selected: value === chosen }, name)));
}

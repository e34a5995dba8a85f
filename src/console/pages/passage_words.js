// A passage in words: what people at the gate call what the event has.

import { element, verdict } from './elements.js';
import { noPlate, plateDrawing } from './plates.js';
import { sayName } from './texts.js';
import { percent } from './times.js';

/** The passage's plate, drawn, or the place of one that nobody could read. */
export const plateOf = ({ plate }, size) => (plate ? plateDrawing(plate, size) : noPlate(size));

/** Which way the vehicle went, or null. */
export function way({ direction }) {
  const arrows = { in: '→', out: '←', turned_back: '↩' };
  return direction ? `${arrows[direction] ?? ''} ${sayName('direction', direction)}` : null;
}

/** What the declared list says of the plate, or null where there is no list. */
export function declaredMark({ declared }) {
  if (!declared || declared.match === 'no_list') return null;
  const kinds = { exact: 'good', likely: 'poor', ambiguous: 'poor', none: 'bad' };
  return verdict(kinds[declared.match] ?? 'unknown', sayName('declared', declared.match));
}

/** The operator's lists that the plate is on. */
export function listMarks({ lists = [] }) {
  return lists.map(({ list, kind }) =>
    element('span', { class: `list ${kind}` }, `${sayName('list', kind)}: ${list}`));
}

/** How sure the plate is, or why there is none. */
export const sureOf = ({ plate, no_read_reason: reason }) =>
  (plate ? percent(plate.confidence) : reason ? sayName('reason', reason) : null);

/** Where the detail of a passage is. */
export const detailAddress = ({ event_id: event }) => `#/passages/${encodeURIComponent(event)}`;

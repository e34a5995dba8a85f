// Plates as they look, and how sure each of their characters is.

import { element } from './elements.js';
import { say } from './texts.js';
import { percent } from './times.js';

const GROUNDS = ['white', 'yellow', 'blue', 'green', 'yellow_green', 'black', 'red'];

/** From which confidence on a character counts as sure, and from which as likely. */
const SURE = 0.9;
const LIKELY = 0.7;

/** A plate, drawn in its colour and on its lines; `size` is `small`, `middle` or `large`. */
export function plateDrawing(plate, size) {
  const ground = GROUNDS.includes(plate.colour) ? plate.colour : 'white';
  return element('span', { class: `plate ${size} ground-${ground}`, translate: 'no' },
    lines(plate).map((line) => element('span', { class: 'line' }, line, ' ')));
}

/** The place of a plate that nobody could read. */
export const noPlate = (size) => element('span', { class: `plate ${size} unread` }, element('span', { class: 'line' }, say('plate.unread')));

/** What is on each line: the text that people write parts at its first separator. */
function lines({ display, text, layout }) {
  const written = display ?? text;
  const parting = /^([^-·]+)[-·](.+)$/u.exec(written);
  return layout === 'two_lines' && parting ? [parting[1], parting[2]] : [written];
}

/** How sure something is, as a class of its look. */
export const sureness = (confidence) => (confidence >= SURE ? 'good' : confidence >= LIKELY ? 'poor' : 'bad');

/** A bar under each character: how sure the reader was of it. */
export function characterBars({ text, per_character: shares }) {
  return element('ol', { class: 'characters' }, Array.from(text).map((character, index) => {
    const share = shares[index] ?? 0;
    const bar = element('span', { class: 'bar' });
    bar.style.setProperty('--share', String(share));
    return element('li', { class: sureness(share) }, element('span', { class: 'character', translate: 'no' }, character),
      element('span', { class: 'well', 'aria-hidden': 'true' }, bar), element('span', { class: 'share' }, percent(share)));
  }));
}

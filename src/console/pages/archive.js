// Looks for passages in what the gate has kept, and exports them.

import { address, get } from './api.js';
import { choice, element, write } from './elements.js';
import { declaredMark, detailAddress, listMarks, plateOf, sureOf, way } from './passage_words.js';
import { say, sayName } from './texts.js';
import { moment, shortTime, zoneName } from './times.js';

const AT_ONCE = 100;

/** What was asked last: coming back from a passage, or changing the language, keeps it. */
let asked = { plate: '', lane: '', from: '', to: '', declared: '', status: '' };

/** The form, and what was found for it. */
export async function showArchive(main, { session }, signal) {
  const rows = element('tbody');
  const said = element('p', { role: 'status', class: 'said' });
  const more = element('button', { type: 'button', hidden: true }, say('archive.more'));
  const table = element('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': say('archive.found'), hidden: true },
    element('table', {}, head(), rows));
  const csv = element('a', { class: 'button', download: true }, say('archive.csv'));
  const jsonLines = element('a', { class: 'button', download: true }, say('archive.json_lines'));
  let next = null;

  const find = async (after) => {
    const { passages, next: following } = await get(address('/api/archive', { ...wanted(), limit: AT_ONCE, after }), signal);
    next = following;
    rows.append(...passages.map(row));
    more.hidden = next === null;
    table.hidden = rows.childElementCount === 0;
    const count = rows.childElementCount;
    write(said, count === 0 ? say('archive.nothing') : say(next === null ? 'archive.count' : 'archive.count_more', { count }));
    csv.href = address('/api/archive/export.csv', wanted());
    jsonLines.href = address('/api/archive/export.jsonl', wanted());
  };
  const look = async (after) => {
    try {
      await find(after);
    } catch (error) {
      if (!signal.aborted) write(said, error.status ? error.message : say('connection.lost'));
    }
  };
  const submit = (event) => {
    event.preventDefault();
    asked = Object.fromEntries(new FormData(event.target));
    rows.replaceChildren();
    write(said, say('archive.looking'));
    void look(null);
  };
  more.addEventListener('click', () => void look(next));
  main.append(form(session, submit), said, table, element('p', { class: 'form-line' }, more, csv, jsonLines));
  await find(null);
}

/** The question as the gate wants it. */
const wanted = () => ({ ...asked, from: moment(asked.from), to: moment(asked.to) });

function form({ lanes }, submit) {
  const line = (name, field) => element('p', {}, element('label', { for: `archive-${name}` }, say(`archive.${name}`)), field);
  const input = (name, attributes) => line(name, element('input', { id: `archive-${name}`, name, value: asked[name], ...attributes }));
  const select = (name, options) => line(name, choice({ id: `archive-${name}`, name }, [['', say('archive.any')], ...options], asked[name]));
  const named = (group, names) => names.map((name) => [name, sayName(group, name)]);
  return element('form', { class: 'archive', role: 'search', on: { submit } },
    input('plate', { autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', maxlength: '32', 'aria-describedby': 'archive-hint' }),
    select('lane', lanes.map(({ name }) => [name, name])),
    input('from', { type: 'datetime-local' }), input('to', { type: 'datetime-local' }),
    select('declared', named('declared', ['exact', 'likely', 'ambiguous', 'none', 'no_list'])),
    select('status', named('status', ['provisional', 'final', 'amended'])),
    element('p', { class: 'hint faint', id: 'archive-hint' }, say('archive.hint', { zone: zoneName() })),
    element('p', {}, element('button', { type: 'submit', class: 'main' }, say('archive.find'))));
}

function head() {
  const titles = ['archive.plate', 'archive.time', 'archive.lane', 'archive.way', 'archive.sure', 'archive.declared'];
  return element('thead', {}, element('tr', {}, titles.map((title) =>
    element('th', { scope: 'col' }, title === 'archive.time' ? say(title, { zone: zoneName() }) : say(title)))));
}

function row(passage) {
  return element('tr', {},
    element('td', {}, element('a', { href: detailAddress(passage) }, plateOf(passage, 'small'))),
    element('td', {}, shortTime(passage.last_seen)),
    element('td', {}, passage.lane),
    element('td', {}, way(passage) ?? ''),
    element('td', {}, sureOf(passage) ?? ''),
    element('td', {}, element('span', { class: 'marks' }, declaredMark(passage), listMarks(passage))));
}

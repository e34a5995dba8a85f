// The last passages, newest first.

import { address, get, passing, repeat } from './api.js';
import { choice, element, write } from './elements.js';
import { declaredMark, detailAddress, listMarks, plateOf, sureOf, way } from './passage_words.js';
import { say, sayName } from './texts.js';
import { shortTime } from './times.js';

const EVERY_MS = 2_000;
const AT_ONCE = 50;

/** The lane that was chosen, or none: coming back from a passage keeps it. */
let lane = '';

/** The list, which grows at its top while the reader is there, and waits while he reads further down. */
export async function showPassages(main, { session, again }, signal) {
  const list = element('ol', { class: 'passages' });
  const fresh = element('button', { type: 'button', class: 'fresh', hidden: true });
  const more = element('button', { type: 'button', hidden: true }, say('passages.more'));
  const empty = element('p', { class: 'notice', hidden: true }, say('passages.none'));
  const state = { shown: new Map(), waiting: [], next: null };

  const showWaiting = () => {
    for (const passage of state.waiting) place(list, state.shown, passage);
    state.waiting = [];
    fresh.hidden = true;
  };
  const load = async () => {
    const answer = await get(address('/api/passages', { limit: AT_ONCE, lane }), signal);
    state.waiting = answer.passages.toReversed();
    state.next = answer.next_before_seq;
    showWaiting();
    more.hidden = state.next === null;
    empty.hidden = state.shown.size > 0;
  };
  const look = async () => {
    if (document.hidden) return;
    const { passages } = await get(address('/api/passages', { limit: AT_ONCE, lane }), signal);
    state.waiting = passages.filter((passage) => isNews(state.shown, passage)).toReversed();
    if (window.scrollY < 80) showWaiting();
    fresh.hidden = state.waiting.length === 0;
    write(fresh, say('passages.fresh', { count: state.waiting.length }));
    empty.hidden = state.shown.size > 0 || state.waiting.length > 0;
  };
  const goOn = async () => {
    const answer = await get(address('/api/passages', { limit: AT_ONCE, lane, before_seq: state.next }), signal);
    for (const passage of answer.passages) {
      if (!state.shown.has(passage.event_id)) append(list, state.shown, passage);
    }
    state.next = answer.next_before_seq;
    more.hidden = state.next === null;
  };

  fresh.addEventListener('click', () => { showWaiting(); window.scrollTo(0, 0); });
  more.addEventListener('click', () => void goOn().catch(passing));
  main.append(laneChoice(session, again), fresh, empty, list, more);
  await load();
  void repeat(EVERY_MS, signal, look);
}

function laneChoice({ lanes }, again) {
  const options = [['', say('passages.all_lanes')], ...lanes.map(({ name }) => [name, name])];
  const select = choice({ id: 'lane' }, options, lane);
  select.addEventListener('change', () => { lane = select.value; again(); });
  return element('p', { class: 'form-line' }, element('label', { for: 'lane' }, say('passages.lane')), select);
}

const isNews = (shown, passage) => shown.get(passage.event_id)?.revision !== passage.revision;

/** Puts a passage at the top, or in the place of its earlier revision. */
function place(list, shown, passage) {
  const before = shown.get(passage.event_id);
  const row = passageRow(passage);
  if (before) before.row.replaceWith(row);
  else list.prepend(row);
  shown.set(passage.event_id, { revision: passage.revision, row });
}

function append(list, shown, passage) {
  const row = passageRow(passage);
  list.append(row);
  shown.set(passage.event_id, { revision: passage.revision, row });
}

function passageRow(passage) {
  const { pictures, last_seen: seen, lane, plate, status } = passage;
  const crop = pictures?.plate
    ? element('img', { src: pictures.plate, alt: '', loading: 'lazy' })
    : element('span', { class: 'no-picture' }, say('passages.no_picture'));
  const words = [shortTime(seen), lane, way(passage), plate ? null : sureOf(passage)].filter(Boolean).join(' · ');
  return element('li', {},
    element('a', { href: detailAddress(passage) },
      element('span', { class: 'crop' }, crop), plateOf(passage, 'middle'),
      element('span', { class: 'words' }, words),
      element('span', { class: 'marks' }, declaredMark(passage), listMarks(passage),
        status === 'final' ? null : element('span', { class: 'status' }, sayName('status', status)))));
}

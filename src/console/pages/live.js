// What each lane's camera sees now, and what is read on it.

import { get, picture, repeat } from './api.js';
import { element, facts, verdict, write } from './elements.js';
import { drawLane } from './overlay.js';
import { noPlate, plateDrawing } from './plates.js';
import { say, sayName } from './texts.js';
import { duration, number, percent, shortTime } from './times.js';

const EVERY_MS = 500;
/** Where no newer picture has come for so long, the page says so. */
const OLD_S = 3;
const WIDTH_PX = 960;

/** A card for each lane; those out of sight are not asked for. */
export function showLive(main, { session }, signal) {
  if (session.lanes.length === 0) main.append(element('p', { class: 'notice' }, say('live.no_lanes')));
  const visible = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) visible[isIntersecting ? 'add' : 'delete'](target);
  });
  signal.addEventListener('abort', () => watch.disconnect());
  const cards = session.lanes.map((lane) => {
    const card = laneCard(lane);
    watch.observe(card.place);
    void repeat(EVERY_MS, signal, async () => {
      if (!document.hidden && visible.has(card.place)) await refresh(lane, card, signal);
    });
    return card.place;
  });
  main.append(element('div', { class: 'lanes' }, cards));
}

function laneCard({ name, camera }) {
  const canvas = element('canvas', { role: 'img', 'aria-label': say('live.picture', { lane: name }), width: '16', height: '9' });
  const state = element('p', { class: 'over' }, say('live.waiting'));
  const readings = element('ul', { class: 'readings' });
  const traffic = element('div', { class: 'traffic' });
  const place = element('article', { class: 'lane' },
    element('h2', {}, name, ' ', element('small', {}, say('live.camera', { camera }))),
    element('div', { class: 'screen' }, canvas, state),
    element('h3', { class: 'unseen' }, say('live.in_view')), readings,
    element('h3', { class: 'unseen' }, say('live.traffic')), traffic);
  return { place, canvas, state, readings, traffic };
}

async function refresh({ name, camera }, card, signal) {
  const path = `/api/lanes/${encodeURIComponent(name)}/live`;
  const live = await get(path, signal);
  showReadings(card.readings, live.tracks);
  showTraffic(card.traffic, live.traffic);
  if (!live.picture) return write(card.state, say('live.no_picture'));
  const shown = await picture(`/api/cameras/${encodeURIComponent(camera)}/picture.jpg?width=${WIDTH_PX}`, signal);
  drawLane(card.canvas, shown, live);
  shown.close();
  write(card.state, age(card, live.picture.captured_at));
}

/** When the picture was taken, or for how long none has come: by the page's own watch, which agrees with itself at least. */
function age(card, captured) {
  if (captured !== card.captured) {
    card.captured = captured;
    card.since = performance.now();
  }
  const seconds = (performance.now() - card.since) / 1000;
  return seconds > OLD_S ? say('live.old', { age: duration(seconds) }) : shortTime(captured);
}

function showReadings(place, tracks) {
  const rows = tracks.map((track) => element('li', {},
    track.text === null ? noPlate('small') : plateDrawing({ ...track, colour: null, layout: 'one_line' }, 'small'),
    element('span', {}, reading(track))));
  place.replaceChildren(...(rows.length ? rows : [element('li', { class: 'faint' }, say('live.nothing'))]));
}

function reading({ confidence, reads, height_px: height, settled }) {
  const told = [
    confidence === null ? null : percent(confidence),
    say('live.reads', { count: number(reads) }),
    say('live.height', { height: number(height) }),
    settled ? say('live.settled') : null,
  ];
  return told.filter((part) => part !== null).join(' · ');
}

function showTraffic(place, traffic) {
  if (!traffic) return place.replaceChildren();
  if (traffic.quality === 'blind') return place.replaceChildren(verdict('bad', sayName('quality', 'blind')));
  const count = (value) => (value === null ? null : number(value));
  place.replaceChildren(facts([
    [say('live.density'), traffic.density === null ? null : sayName('density', traffic.density)],
    [say('live.vehicles'), count(traffic.vehicles_in_view)],
    [say('live.queue'), count(traffic.queue_length)],
    [say('live.longest_wait'), traffic.oldest_wait_s ? duration(traffic.oldest_wait_s) : null],
    [say('live.arrivals'), count(traffic.arrivals_5m)],
    [say('live.quality'), traffic.quality === 'good' ? null : sayName('quality', traffic.quality)],
  ]));
}

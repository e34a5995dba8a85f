// Whether a lane's camera stands well: are plates large, sharp and bright enough, and what is to be changed.

import { get, repeat } from './api.js';
import { element, verdict } from './elements.js';
import { hasName, say, sayName } from './texts.js';
import { number } from './times.js';

const EVERY_MS = 2_000;

/** The checks of each lane, renewed while somebody turns the camera. */
export async function showSetup(main, { session }, signal) {
  main.append(element('p', {}, say('setup.what')));
  if (session.lanes.length === 0) main.append(element('p', { class: 'notice' }, say('live.no_lanes')));
  await Promise.all(session.lanes.map((lane) => showLane(main, lane, signal)));
}

async function showLane(main, { name, camera }, signal) {
  const list = element('ul', { class: 'checks' });
  main.append(element('section', {}, element('h2', {}, name, ' ', element('small', {}, say('live.camera', { camera }))), list));
  let last = '';
  const look = async () => {
    if (document.hidden) return;
    const { checks } = await get(`/api/lanes/${encodeURIComponent(name)}/setup`, signal);
    const news = JSON.stringify(checks);
    if (news !== last) list.replaceChildren(...checks.map(checkRow));
    last = news;
  };
  await look();
  void repeat(EVERY_MS, signal, look);
}

function checkRow({ check, value, unit, verdict: found, wanted, advice }) {
  const measured = value === null ? say('setup.not_measured')
    : typeof value === 'number' ? `${number(value, 2)}${unit === '°' ? '' : ' '}${unit}`.trim() : sayName('seen', value);
  return element('li', { class: `check ${found}` },
    element('h3', {}, sayName('check', check), ' ', verdict(found, sayName('verdict', found))),
    element('p', {}, element('strong', {}, measured), wanted ? say('setup.wanted', { wanted }) : ''),
    advice && hasName('advice', advice) ? element('p', { class: 'advice' }, sayName('advice', advice)) : null);
}

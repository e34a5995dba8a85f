// How the gate fares, in plain words, and what to do about what is wrong.

import { get, repeat } from './api.js';
import { element, facts, verdict } from './elements.js';
import { hasName, say, sayName } from './texts.js';
import { bytes, duration, fullTime, number, percent } from './times.js';

const EVERY_MS = 2_000;
/** Events that wait longer than this wait for somebody. */
const LONG_S = 60;
/** Less free disk than this is too little, as a share of all. */
const LITTLE_DISK = 0.05;

/** The report, renewed as long as somebody looks. */
export async function showHealth(main, _context, signal) {
  const place = element('div', { class: 'health' });
  main.append(place);
  let last = '';
  const look = async () => {
    const health = await get('/api/health', signal);
    // The page is touched only if there is news, so that a reader's selection stays.
    const news = JSON.stringify(health);
    if (news !== last) place.replaceChildren(...parts(health));
    last = news;
  };
  await look();
  void repeat(EVERY_MS, signal, look);
}

function parts(health) {
  // In its first seconds a gate has no report yet.
  if (!health.cameras) return [summary(health)];
  return [
    summary(health),
    part('health.cameras', ...health.cameras.map(camera)),
    part('health.events', broker(health.outbox), ...(health.destinations ?? []).map(destination)),
    part('health.pictures', evidence(health.evidence)),
    part('health.machine', machine(health)),
    part('health.inbound', inbound(health.inbound)),
  ];
}

const part = (title, ...content) => element('section', {}, element('h2', {}, say(title)), ...content);

function summary({ ready, why_not: reasons, alarms, at }) {
  const state = ready ? verdict('good', say('health.ready')) : verdict('bad', say('health.not_ready'));
  return element('section', { class: 'summary' }, element('p', { class: 'state' }, state),
    reasons.length ? element('ul', { lang: 'en' }, reasons.map((reason) => element('li', {}, reason))) : null,
    element('h2', {}, say('health.alarms')),
    alarms.length ? element('ul', { class: 'alarms' }, alarms.map(alarm)) : element('p', {}, say('health.no_alarms')),
    element('p', { class: 'faint' }, at ? say('health.as_of', { at: fullTime(at) }) : say('health.no_report')));
}

/** An alarm: what it means and what helps in the reader's language, and the gate's own words. */
function alarm({ kind, since, text }) {
  const remedy = hasName('remedy', kind) ? element('p', {}, sayName('remedy', kind)) : null;
  return element('li', { class: 'alarm' },
    element('p', {}, verdict('bad', sayName('alarm', kind)), ' ', element('span', { class: 'faint' }, say('health.since', { at: fullTime(since) }))),
    remedy, element('p', { class: 'own-words', lang: 'en' }, text));
}

function camera(told) {
  const { name, state, view, last_error: error, fps_in: arriving, fps_analysed: analysed, last_frame_age_s: age } = told;
  const delivers = state === 'running' || state === 'ended';
  const seen = view ?? 'good';
  const [kind, words] = delivers && seen !== 'good'
    ? ['poor', sayName('seen', seen)]
    : [delivers ? 'good' : state === 'opening' ? 'unknown' : 'bad', sayName('camera', state)];
  const group = delivers ? 'seen_remedy' : 'camera_remedy';
  const key = delivers ? seen : state;
  return element('article', { class: 'item' },
    element('h3', {}, name, ' ', verdict(kind, words)),
    hasName(group, key) ? element('p', {}, sayName(group, key)) : null,
    error && !delivers ? element('p', { class: 'own-words', lang: 'en' }, error) : null,
    facts([
      [say('health.pictures_in'), say('health.per_second', { count: number(arriving, 1) })],
      [say('health.pictures_analysed'), say('health.per_second', { count: number(analysed, 1) })],
      [say('health.last_picture'), age === null ? null : say('health.ago', { age: duration(age) })],
      [say('health.size'), told.size_px ? `${told.size_px.join(' × ')}${told.codec ? `, ${told.codec}` : ''}` : null],
      [say('health.damaged'), told.damaged + told.lost_packets ? number(told.damaged + told.lost_packets) : null],
      [say('health.reopened'), told.reopened ? number(told.reopened) : null],
    ]));
}

/** How events fare that go somewhere: nothing waits, something does, or has for long. */
function waiting({ depth, oldest_age_s: oldest }) {
  if (depth === 0) return verdict('good', say('health.all_delivered'));
  const kind = (oldest ?? 0) > LONG_S ? 'bad' : 'poor';
  return verdict(kind, say('health.waiting', { count: number(depth), age: duration(oldest ?? 0) }));
}

function broker(outbox) {
  const long = (outbox.oldest_age_s ?? 0) > LONG_S;
  return element('article', { class: 'item' }, element('h3', {}, say('health.broker'), ' ', waiting(outbox)),
    long ? element('p', {}, say('health.broker_remedy')) : null, deliveries(outbox));
}

function destination(told) {
  return element('article', { class: 'item' }, element('h3', {}, sayName('destination', told.name), ' ', waiting(told)),
    told.last_error && told.depth ? element('p', { class: 'own-words', lang: 'en' }, told.last_error) : null, deliveries(told));
}

function deliveries({ delivered, refused, failures }) {
  return facts([
    [say('health.delivered'), number(delivered)],
    [say('health.refused'), refused ? number(refused) : null],
    [say('health.failures'), failures ? number(failures) : null],
  ]);
}

function evidence(told) {
  if (!told) return element('p', {}, say('health.no_pictures_kept'));
  const lost = told.lost + told.undelivered;
  return element('article', { class: 'item' },
    element('p', {}, told.lost ? verdict('poor', say('health.pictures_lost', { count: number(told.lost) })) : verdict('good', say('health.pictures_kept'))),
    facts([
      [say('health.stored'), `${number(told.stored)} (${bytes(told.bytes)})`],
      [say('health.pictures_waiting'), told.waiting ? number(told.waiting) : null],
      [say('health.pictures_not_sent'), lost > told.lost ? number(told.undelivered) : null],
    ]));
}

function machine({ machine: told, recognition, uptime_s: uptime }) {
  const { disk_free_bytes: free, disk_total_bytes: total } = told;
  const low = total ? free / total < LITTLE_DISK : false;
  const disk = total ? say('health.disk_free', { free: bytes(free), total: bytes(total), share: percent(free / total) }) : say('health.unknown');
  return element('article', { class: 'item' },
    element('p', {}, say('health.disk'), ': ', verdict(total ? (low ? 'bad' : 'good') : 'unknown', disk)),
    low ? element('p', {}, say('remedy.disk_full')) : null,
    facts([
      [say('health.memory'), told.rss_bytes === null ? null : bytes(told.rss_bytes)],
      [say('health.temperature'), told.temperature_c === null ? null : `${number(told.temperature_c)} °C`],
      [say('health.frame_time'), recognition.inference_ms_p50 === null ? null
        : say('health.milliseconds', { usual: number(recognition.inference_ms_p50), most: number(recognition.inference_ms_p99) })],
      [say('health.uptime'), duration(uptime)],
    ]));
}

function inbound({ declared_list: list, receipts, command, declared, receipt }) {
  const refusal = [command, declared, receipt].map((topic) => topic.last_refusal).find((text) => text !== null);
  return element('article', { class: 'item' },
    element('p', {}, list.version === null ? verdict('unknown', say('health.no_list'))
      : verdict(list.trouble ? 'poor' : 'good', say('health.list', { entries: number(list.entries), version: list.version, age: duration(list.age_s) }))),
    list.trouble ? element('p', { class: 'own-words', lang: 'en' }, list.trouble) : null,
    facts([
      [say('health.unconfirmed'), receipts ? number(receipts.unconfirmed) : null],
      [say('health.last_refusal'), refusal ? element('span', { lang: 'en' }, refusal) : null],
    ]));
}

// The page's frame: who is here, in which language, which view, and whether the gate answers.

import { connection, get, isLost, passing, pause, repeat, session as askSession, tell, Refused, SignedOut, Unreachable } from './api.js';
import { element, write } from './elements.js';
import { LANGUAGES, begin, choose, language, say } from './texts.js';
import { useZone, zoneName } from './times.js';
import { showArchive } from './archive.js';
import { showHealth } from './health.js';
import { showLive } from './live.js';
import { showPassage } from './passage.js';
import { showPassages } from './passages.js';
import { showSetup } from './setup.js';
import { showSignIn } from './sign_in.js';
import { showZones } from './zones.js';

const VIEWS = [
  ['live', showLive], ['passages', showPassages], ['health', showHealth],
  ['zones', showZones], ['archive', showArchive], ['setup', showSetup],
];
const HEALTH_EVERY_MS = 5_000;

const place = (id) => document.getElementById(id);

let session = null;
let leave = new AbortController();
let failed = false;
let badge = null;

/** Where the page is: the view's name and what follows it. */
function route() {
  const [name, ...rest] = location.hash.replace(/^#\//, '').split('/').map(decodeURIComponent);
  return { name: VIEWS.some(([view]) => view === name) ? name : 'live', rest };
}

async function start() {
  begin();
  connection.addEventListener('lost', showConnection);
  connection.addEventListener('back', () => void back().catch(passing));
  connection.addEventListener('wanted', () => void signedOut());
  window.addEventListener('hashchange', () => void show({ moved: true }));
  await enter();
  void repeat(HEALTH_EVERY_MS, new AbortController().signal, showBadge);
}

/** Learns who is here, and shows the page for it. */
async function enter() {
  const before = session;
  while (true) {
    try {
      session = await askSession();
      break;
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
      await pause(1000);
    }
  }
  if (before === null) begin(session.language);
  useZone(session.time_zone);
  await show({ moved: false });
}

/** Several requests may find at once that the session has ended. */
async function signedOut() {
  if (!session?.signed_in) return;
  session.signed_in = false;
  await enter();
}

/** The gate answers again: perhaps another version of it, whose pages are others, and after a restart without its sessions. */
async function back() {
  showConnection();
  const before = session;
  if (!before) return;
  session = await askSession();
  if (before.version && session.version && session.version !== before.version) return location.reload();
  if (failed || before.signed_in !== session.signed_in) await show({ moved: false });
}

function showConnection() {
  const strip = place('connection');
  strip.hidden = !isLost();
  write(strip, isLost() ? say('connection.lost') : '');
}

async function showBadge() {
  if (!session?.signed_in || document.hidden) return;
  const health = await get('/api/health');
  if (badge) badge.hidden = health.ready && health.alarms.length === 0;
}

function showHeader(current) {
  const titles = session.signed_in
    ? element('nav', { 'aria-label': say('frame.views') }, element('ul', {}, VIEWS.map(([name]) => navigation(name, current))))
    : null;
  const of = session.signed_in ? `${session.site} / ${session.gate}` : '';
  place('header').replaceChildren(
    element('div', { class: 'top' },
      element('p', { class: 'brand' }, element('strong', {}, 'gatelpr'), ' ', element('span', { class: 'gate' }, of)),
      languages(), session.signed_in && session.needs_password ? signOut() : null),
    ...(titles ? [titles] : []));
  write(place('skip'), say('frame.skip'));
  write(place('footer'), session.signed_in ? say('frame.footer', { version: session.version, zone: zoneName() }) : '');
}

function navigation(name, current) {
  const link = element('a', { href: `#/${name}`, 'aria-current': name === current ? 'page' : null }, say(`view.${name}`));
  if (name === 'health') {
    const hidden = badge?.hidden ?? true;
    badge = element('span', { class: 'badge', role: 'img', 'aria-label': say('frame.attention'), hidden }, '!');
    link.append(' ', badge);
  }
  return element('li', {}, link);
}

function languages() {
  const buttons = LANGUAGES.map(([code, name]) => element('button', {
    type: 'button', id: `language-${code}`, lang: code, 'aria-pressed': String(code === language()),
    on: { click: () => { choose(code); showConnection(); void show({ moved: false }); } },
  }, name));
  return element('div', { class: 'languages', role: 'group', 'aria-label': say('frame.language') }, buttons);
}

function signOut() {
  const out = async () => { await tell('DELETE', '/api/session'); await enter(); };
  return element('button', { type: 'button', class: 'quiet', on: { click: () => void out().catch(passing) } }, say('frame.sign_out'));
}

/** Shows the view that the address names; `moved` says that the reader went there just now. */
async function show({ moved }) {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  failed = false;
  const focused = document.activeElement?.id;
  const { name, rest } = route();
  const [title, view] = session.signed_in ? chosenView(name, rest) : [say('sign_in.title'), showSignIn];
  showHeader(session.signed_in ? name : null);
  document.title = `${title} – gatelpr`;
  const main = place('main');
  main.replaceChildren(element('h1', {}, title));
  if (moved) { main.focus({ preventScroll: true }); window.scrollTo(0, 0); }
  try {
    await view(main, { session, rest, enter, again: () => void show({ moved: false }) }, signal);
    // Whoever goes by keyboard stays where he was.
    if (!moved && focused) place(focused)?.focus({ preventScroll: true });
  } catch (error) {
    if (!signal.aborted) showFailure(main, error);
  }
}

function chosenView(name, rest) {
  if (name === 'passages' && rest[0]) return [say('passage.title'), showPassage];
  return [say(`view.${name}`), VIEWS.find(([view]) => view === name)[1]];
}

function showFailure(main, error) {
  if (error instanceof SignedOut) return;
  failed = true;
  const text = error instanceof Unreachable ? say('connection.lost') : error.message;
  main.append(element('div', { class: 'notice bad', role: 'alert' }, element('p', {}, text),
    element('button', { type: 'button', on: { click: () => void show({ moved: false }) } }, say('frame.again'))));
  if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
}

void start();

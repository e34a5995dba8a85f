// Asks the gate. Knows whether it answers, and tells when that changes.

const PATIENCE_MS = 10_000;
const PAUSE_MS = 2_000;

/** What the gate refused, with its own words. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The gate wants a password first. */
export class SignedOut extends Error {}

/** The gate does not answer. */
export class Unreachable extends Error {}

/** Whether the gate answers: `lost` and `back` events; `wanted` when a password is. */
export const connection = new EventTarget();

let csrf = '';
let lost = false;

/** Whether the gate does not answer at the moment. */
export const isLost = () => lost;

/** Waits, or ends at once when the signal says so. */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

/** Does something again and again until the signal says so. What fails is tried again the next time. */
export async function repeat(milliseconds, signal, something) {
  while (!signal.aborted) {
    const next = pause(milliseconds, signal);
    await something().catch(passing);
    await next;
  }
}

/** Lets those faults pass after which the page goes on: the gate is away, refuses for now, or nobody looks any more. */
export function passing(error) {
  const passes = error instanceof Unreachable || error instanceof Refused || error instanceof SignedOut || error.name === 'AbortError';
  if (!passes) throw error;
}

async function ask(path, options, signal) {
  const limit = AbortSignal.timeout(PATIENCE_MS);
  try {
    const answer = await fetch(path, { ...options, signal: signal ? AbortSignal.any([signal, limit]) : limit });
    found();
    return answer;
  } catch (error) {
    if (signal?.aborted) throw error;
    missed();
    throw new Unreachable(path);
  }
}

function found() {
  if (!lost) return;
  lost = false;
  connection.dispatchEvent(new Event('back'));
}

function missed() {
  if (lost) return;
  lost = true;
  connection.dispatchEvent(new Event('lost'));
  void look();
}

/** Looks for the gate until it answers, whether or not anything else asks. */
async function look() {
  while (lost) {
    await pause(PAUSE_MS);
    await session().catch(passing);
  }
}

/** What an answer brings; it may break off half-way. */
async function content(answer, path, take, signal) {
  if (!answer.ok) throw await refusal(answer, path);
  try {
    return await take(answer);
  } catch (error) {
    if (!signal?.aborted) missed();
    throw signal?.aborted ? error : new Unreachable(path);
  }
}

async function refusal(answer, path) {
  if (answer.status === 401 && path !== '/api/session') {
    connection.dispatchEvent(new Event('wanted'));
    return new SignedOut(path);
  }
  const text = await answer.text();
  try {
    return new Refused(answer.status, JSON.parse(text).error ?? text);
  } catch {
    return new Refused(answer.status, text || `${answer.status} ${answer.statusText}`);
  }
}

/** The answer to a question, as JSON. */
export async function get(path, signal) {
  const answer = await ask(path, { cache: 'no-store' }, signal);
  return content(answer, path, (found) => found.json(), signal);
}

/** A picture, ready to be drawn. */
export async function picture(path, signal) {
  const answer = await ask(path, { cache: 'no-store' }, signal);
  return content(answer, path, async (found) => createImageBitmap(await found.blob()), signal);
}

/** Who is here and what this gate is. */
export async function session(signal) {
  const told = await get('/api/session', signal);
  csrf = told.csrf;
  return told;
}

/** Tells the gate something; the answer as JSON, or null if there is none. */
export async function tell(method, path, message, signal) {
  let answer = await send(method, path, message, signal);
  if (answer.status === 403) {
    // After a restart of the gate the page's token is an old one.
    const before = csrf;
    await session(signal);
    if (csrf !== before) answer = await send(method, path, message, signal);
  }
  return content(answer, path, (found) => (found.status === 204 ? null : found.json()), signal);
}

function send(method, path, message, signal) {
  const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf };
  return ask(path, { method, headers, body: message === undefined ? undefined : JSON.stringify(message) }, signal);
}

/** An address with its values, those left out that are empty. */
export function address(path, values) {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '' && value !== null && value !== undefined));
  return query.size ? `${path}?${query}` : path;
}

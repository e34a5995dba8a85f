// Times, numbers and amounts as people write them. Times are those of the gate's clock on the wall, wherever the reader is.

import { locale, say } from './texts.js';

let zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Takes the gate's time zone; the browser's stays if the gate has none that the browser knows. */
export function useZone(name) {
  try {
    zone = new Intl.DateTimeFormat('en', { timeZone: name ?? zone }).resolvedOptions().timeZone;
  } catch {
    // The browser's own zone stays, and is the one that is shown.
  }
}

const format = (options) => new Intl.DateTimeFormat(locale(), { timeZone: zone, hourCycle: 'h23', ...options });

/** The gate's time zone, such as `UTC+7`. */
export function zoneName(at = Date.now()) {
  const minutes = offset(new Date(at).getTime());
  if (minutes === 0) return 'UTC';
  const rest = Math.abs(minutes) % 60;
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
}

/** Date and time to the second, with the zone. */
export const fullTime = (text) =>
  `${format({ dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(text))} ${zoneName(text)}`;

/** The time; with the date where it is another day than today. */
export function shortTime(text) {
  const at = new Date(text);
  const time = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
  const day = format({ dateStyle: 'short' });
  if (day.format(at) === day.format(new Date())) return format(time).format(at);
  return format({ ...time, day: '2-digit', month: '2-digit', year: 'numeric' }).format(at);
}

/** The minutes by which the gate's time is before UTC at some moment. */
function offset(at) {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(at);
  const of = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  const wall = Date.UTC(of.year, of.month - 1, of.day, of.hour, of.minute, of.second);
  return Math.round((wall - at) / 60_000);
}

/** The moment of a date and time on the gate's wall, as the archive wants it; null without one. */
export function moment(wall) {
  if (!wall) return null;
  const asUtc = Date.parse(`${wall}Z`);
  const near = asUtc - offset(asUtc) * 60_000;
  return new Date(asUtc - offset(near) * 60_000).toISOString();
}

/** A number, with at most so many digits after the point. */
export const number = (value, digits = 0) =>
  value.toLocaleString(locale(), { maximumFractionDigits: digits });

/** A share of one as per cent. */
export const percent = (share) =>
  (Math.floor(share * 100) / 100).toLocaleString(locale(), { style: 'percent', maximumFractionDigits: 0 });

/** How long something took or is ago. */
export function duration(seconds) {
  if (seconds < 60) return say('time.seconds', { count: number(seconds, seconds < 10 ? 1 : 0) });
  if (seconds < 3600) return say('time.minutes', { count: number(seconds / 60) });
  if (seconds < 48 * 3600) return say('time.hours', { count: number(seconds / 3600, 1) });
  return say('time.days', { count: number(seconds / 86_400) });
}

/** An amount of storage. */
export function bytes(amount) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = amount;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) { size /= 1000; unit += 1; }
  return `${number(size, size < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

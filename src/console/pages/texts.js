// Says things in the language that was chosen.

import { texts as en } from './texts-en.js';
import { texts as vi } from './texts-vi.js';
import { texts as zh } from './texts-zh.js';

const all = { en, vi, zh };
const KEPT = 'gatelpr-language';

/** The languages, each with its own name. */
export const LANGUAGES = [['en', 'English'], ['vi', 'Tiếng Việt'], ['zh', '中文']];

let chosen = 'en';

/** The language in use. */
export const language = () => chosen;

/** The form in which the language writes numbers and times. */
export const locale = () => ({ en: 'en-GB', vi: 'vi-VN', zh: 'zh-CN' })[chosen];

/** Takes the language that was chosen here before, or else the gate's, or else the browser's. */
export function begin(ofGate) {
  const wishes = [kept(), ofGate, ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())];
  use(wishes.find((wish) => wish in all) ?? 'en');
}

/** Takes a language and keeps it for the next time. */
export function choose(wish) {
  use(wish);
  try {
    localStorage.setItem(KEPT, wish);
  } catch {
    // A browser that keeps nothing asks again the next time.
  }
}

function kept() {
  try {
    return localStorage.getItem(KEPT) ?? undefined;
  } catch {
    return undefined;
  }
}

function use(wish) {
  chosen = wish;
  document.documentElement.lang = wish === 'zh' ? 'zh-CN' : wish;
}

/** A text, with its values in their places. */
export function say(key, values = {}) {
  return all[chosen][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The text for a name that the gate uses, such as a state; the name itself if this page is older than the gate. */
export function sayName(group, name) {
  return all[chosen][`${group}.${name}`] ?? String(name);
}

/** Whether there is a text for a name that the gate uses. */
export const hasName = (group, name) => `${group}.${name}` in all[chosen];

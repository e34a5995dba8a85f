// Every view, on phone and desktop, in every language: it says what it is for, holds what it must, and shuts nobody out.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { LANGUAGES, SIZES, checkPage, goTo, keepPicture, openPage } from './browser.mjs';
import { ROOT } from './gate.mjs';

const texts = Object.fromEntries(await Promise.all(LANGUAGES.map(async (language) =>
  [language, (await import(join(ROOT, `src/console/pages/texts-${language}.js`))).texts])));

/** What each view must show before it counts as shown. */
const SHOWN = {
  live: async (page) => {
    // The canvas takes the picture's size with the first one.
    await page.waitForFunction(() => document.querySelector('.lane canvas').width > 100);
    await page.locator('.traffic dd, .traffic .verdict').first().waitFor();
    await page.locator('.readings .plate:not(.unread)').first().waitFor();
  },
  passages: (page) => page.locator('.passages .plate').first().waitFor(),
  passage: async (page) => {
    await page.locator('.passage .plate.large').waitFor();
    await page.locator('.scene polygon').waitFor({ state: 'attached' });
  },
  health: (page) => page.locator('.item').first().waitFor(),
  zones: async (page) => {
    await page.locator('.handle').nth(2).waitFor();
    await page.locator('.result pre', { hasText: 'zone = ' }).waitFor();
  },
  archive: (page) => page.locator('tbody tr').first().waitFor(),
  setup: (page) => page.locator('.check').first().waitFor(),
};

/** Colours are the same in every language: both schemes are looked at in one of them. */
const SCHEMES = { en: ['light', 'dark'], vi: ['light'], zh: ['dark'] };

/** Views that are as long as what they list. */
const LONG = ['passages', 'archive'];

/** Registers a test per size and language; `running` gives the browser and the gate, `prefix` names its screenshots. */
export function testViews(running, prefix) {
  for (const size of Object.keys(SIZES)) {
    for (const language of LANGUAGES) {
      test(`every_view_on_${size}_in_${language}`, async () => {
        const { browser, gate } = running();
        const page = await openPage(browser, gate, { size, language, path: 'live' });
        const event = await readPassage(gate);
        for (const [view, shown] of Object.entries(SHOWN)) {
          await goTo(page, view === 'passage' ? `passages/${event}` : view);
          const title = texts[language][view === 'passage' ? 'passage.title' : `view.${view}`];
          await page.locator('h1', { hasText: title }).waitFor();
          await shown(page);
          await keepPicture(page, `${prefix}${view}-${size}-${language}`, !LONG.includes(view));
          await checkPage(page, `${view} on ${size} in ${language}`, SCHEMES[language]);
        }
        assert.equal(await page.evaluate(() => document.documentElement.lang), language === 'zh' ? 'zh-CN' : language);
        await page.context().close();
      });
    }
  }
}

/** A passage whose plate was read and that has both pictures. */
export async function readPassage(gate) {
  const { passages } = await gate.json('/api/passages?limit=50');
  const read = passages.find(({ plate, pictures }) => plate && pictures.plate && pictures.scene);
  assert.ok(read, 'a passage with plate and pictures');
  return read.event_id;
}

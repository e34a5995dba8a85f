// The console of a gate that plays the drawn clip: its views, and everything that people do with them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { checkPage, goTo, openPage, startBrowser } from './browser.mjs';
import { alarmKinds, drawnGate, until } from './gate.mjs';
import { readPassage, testViews } from './views.mjs';

let browser;
let gate;

before(async () => {
  [browser, gate] = await Promise.all([startBrowser(), drawnGate()]);
  await gate.passed(3);
});
after(async () => {
  await browser?.close();
  await gate?.stop();
});

testViews(() => ({ browser, gate }), '');

const text = (page, selector) => page.locator(selector).first().textContent();
const closed = (page) => page.context().close();

test('the_language_comes_from_the_config_and_a_choice_is_kept', async () => {
  const page = await openPage(browser, gate);
  assert.equal(await text(page, 'h1'), 'Live');
  await page.getByRole('button', { name: 'Tiếng Việt' }).click();
  await page.locator('h1', { hasText: 'Trực tiếp' }).waitFor();
  await page.reload();
  await page.locator('h1', { hasText: 'Trực tiếp' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Tiếng Việt' }).getAttribute('aria-pressed'), 'true');
  await closed(page);
});

test('the_live_view_draws_the_zone_and_what_is_read', async () => {
  const page = await openPage(browser, gate, { path: 'live' });
  await page.locator('.readings .plate:not(.unread)').first().waitFor();
  // Yellow and green stand on the canvas only if zone and plate were drawn over the picture.
  const seen = () => page.evaluate(() => {
    const canvas = document.querySelector('.lane canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const has = (r, g, b) => {
      for (let at = 0; at < data.length; at += 4) if (data[at] === r && data[at + 1] === g && data[at + 2] === b) return true;
      return false;
    };
    return has(0xff, 0xd4, 0x00) && has(0x35, 0xe0, 0x6f);
  });
  await until('zone and plate on the picture', seen);
  await closed(page);
});

test('a_passage_shows_the_plate_the_declaration_and_the_list', async () => {
  const page = await openPage(browser, gate, { path: 'passages' });
  const row = (plate) => page.locator('.passages li', { hasText: plate }).first();
  await row('12C-123.45').getByText('✓declared').waitFor();
  await row('桂F·12345').getByText('Watched: wanted').waitFor();
  await row('14A').getByText('✕not declared').waitFor();
  await row('12C-123.45').locator('a').click();
  await page.locator('.characters li').nth(7).waitFor();
  assert.equal(await page.locator('.characters li').count(), '12C12345'.length);
  assert.match(await text(page, '.passage'), /D-2026-1187/);
  await closed(page);
});

test('new_passages_wait_for_a_reader_who_is_further_down', async () => {
  const page = await openPage(browser, gate, { size: 'phone', path: 'passages' });
  // A screen so low that three passages are more than it shows.
  await page.setViewportSize({ width: 360, height: 300 });
  await page.locator('.passages li').nth(2).waitFor();
  await page.evaluate(() => window.scrollTo(0, 200));
  const fresh = page.getByRole('button', { name: /Show new passages/ });
  const first = await text(page, '.passages li');
  await fresh.waitFor();
  assert.equal(await text(page, '.passages li'), first, 'nothing moves under the reader');
  await fresh.click();
  await until('the new passage at the top', async () => (await text(page, '.passages li')) !== first);
  await closed(page);
});

test('a_plate_is_corrected_and_a_wrong_one_is_refused_in_words', async () => {
  const event = await readPassage(gate);
  const page = await openPage(browser, gate, { path: `passages/${event}` });
  await page.getByText('Correct the plate').click();
  await page.getByLabel('What is on the plate').fill('?!');
  await page.getByRole('button', { name: 'Send the correction' }).click();
  await until('why it is refused', async () => (await text(page, '.correction .trouble')).length > 5);
  await page.getByLabel('What is on the plate').fill('29C-555.55');
  await page.getByRole('button', { name: 'Send the correction' }).click();
  await page.locator('.history li', { hasText: 'corrected by a person' }).waitFor();
  assert.match(await text(page, '.plate.large'), /29C[- ]555\.55/);
  await checkPage(page, 'a corrected passage');
  const { revisions } = await gate.json(`/api/passages/${event}`);
  const newest = revisions.toSorted((a, b) => b.revision - a.revision)[0];
  assert.deepEqual([newest.status, newest.plate.display], ['amended', '29C-555.55']);
  await closed(page);
});

test('a_zone_is_drawn_with_mouse_and_keyboard_and_saved', async () => {
  const page = await openPage(browser, gate, { path: 'zones' });
  const line = page.locator('.result pre');
  const told = (part) => until(`${part} in the line for the config`, async () => part.test(await line.textContent()));
  await told(/\[0\.15, 0\.4/);
  const handle = page.locator('.handle').first();
  await handle.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowUp');
  await told(/\[0\.155, 0\.35\]/);
  const canvas = await page.locator('.drawable canvas').boundingBox();
  const at = (x, y) => [canvas.x + canvas.width * x, canvas.y + canvas.height * y];
  await page.mouse.move(...at(0.155, 0.35));
  await page.mouse.down();
  await page.mouse.move(...at(0.2, 0.3), { steps: 4 });
  await page.mouse.up();
  await until('the point where it was let go', async () => /Point 1: (19\.9|20\.0|20\.1) %.*(29\.9|30\.0|30\.1) %/.test(await handle.getAttribute('aria-label')));
  await page.mouse.click(...at(0.45, 0.35));
  assert.equal(await page.locator('.handle').count(), 5, 'a click adds a point');
  await page.keyboard.press('Delete');
  assert.equal(await page.locator('.handle').count(), 4, 'Delete removes it');
  await page.getByRole('button', { name: 'Undo' }).click();
  assert.equal(await page.locator('.handle').count(), 5);
  await told(/\[0\.4(49|5|51), 0\.3(49|5|51)\]/);
  await page.getByRole('button', { name: 'Save the zone' }).click();
  await page.getByText('Saved. The gate takes it over.').waitFor();
  assert.match(gate.configText(), /# drawn at the gate\nzone = \[\[(0\.199|0\.2|0\.201)/);
  await until('the zone at the gate', async () => {
    const answer = await fetch(`${gate.address}/api/lanes/in-1/live`).catch(() => null);
    return answer?.ok && (await answer.json()).zone.length === 5;
  });
  await closed(page);
});

test('a_zone_that_crosses_itself_is_told_at_once', async () => {
  const page = await openPage(browser, gate, { path: 'zones' });
  await page.getByRole('button', { name: 'Whole picture' }).click();
  const second = page.locator('.handle').nth(1);
  await second.focus();
  for (let step = 0; step < 21; step += 1) await page.keyboard.press('Shift+ArrowLeft');
  for (let step = 0; step < 21; step += 1) await page.keyboard.press('Shift+ArrowDown');
  await page.locator('.trouble', { hasText: 'crosses itself' }).waitFor();
  await closed(page);
});

test('the_archive_is_searched_and_exported', async () => {
  const page = await openPage(browser, gate, { path: 'archive' });
  await page.getByLabel('Plate', { exact: true }).fill('12C*');
  await page.getByRole('button', { name: 'Find' }).click();
  await until('only what was looked for', async () => {
    const plates = await page.locator('tbody .plate').allTextContents();
    return plates.length > 0 && plates.every((plate) => plate.startsWith('12C'));
  });
  for (const [name, start] of [['Export as CSV', /12C/], ['Export as JSON Lines', /^\{/]]) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
    const lines = await textOf(download);
    assert.match(lines, start, name);
    assert.doesNotMatch(lines, /桂F/, name);
  }
  await page.getByLabel('To').fill('2001-01-01T00:00');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByText('Nothing was found.').waitFor();
  await closed(page);
});

async function textOf(download) {
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('the_page_waits_for_a_gate_that_is_away_and_goes_on_by_itself', async () => {
  const page = await openPage(browser, gate, { path: 'passages' });
  await page.locator('.passages li').first().waitFor();
  await gate.killDaemon();
  await page.locator('#connection', { hasText: 'does not answer' }).waitFor();
  await checkPage(page, 'a gate that is away');
  await goTo(page, 'health');
  await page.getByRole('button', { name: 'Try again' }).waitFor();
  await gate.startDaemon();
  await page.locator('.item').first().waitFor();
  await until('the end of the notice', () => page.locator('#connection').isHidden());
  await closed(page);
});

test('every_alarm_is_told_with_a_remedy', async () => {
  const page = await openPage(browser, gate, { path: 'live', language: 'vi' });
  const at = new Date().toISOString();
  const health = await gate.json('/api/health');
  const kinds = alarmKinds();
  const alarms = kinds.map((kind) => ({ kind, since: at, text: `words of the gate about ${kind}` }));
  const cameras = ['dark', 'blind', 'frozen', 'moved'].map((view) => ({ ...health.cameras[0], name: view, state: 'running', view }));
  cameras.push({ ...health.cameras[0], name: 'lost', state: 'lost', last_error: 'connection refused', last_frame_age_s: null });
  await page.route('**/api/health', (route) => route.fulfill({ json: { ...health, ready: false, why_not: ['camera lost'], alarms, cameras } }));
  await goTo(page, 'health');
  await page.locator('.alarm').nth(kinds.length - 1).waitFor();
  for (const alarm of await page.locator('.alarm').all()) {
    assert.equal(await alarm.locator('p').count(), 3, 'what, what to do, and the gate\'s own words');
  }
  await page.locator('nav .badge').waitFor();
  await checkPage(page, 'every alarm');
  await closed(page);
});

test('times_are_those_of_the_gate_wherever_the_reader_is', async () => {
  const page = await openPage(browser, gate, { path: 'archive', zone: 'America/New_York' });
  await page.locator('th', { hasText: 'Time (UTC+7)' }).waitFor();
  await closed(page);
});

test('what_a_gate_says_is_never_markup', async () => {
  const page = await openPage(browser, gate, { path: 'live' });
  const { passages } = await gate.json('/api/passages?limit=1');
  const evil = '<img src=x onerror=alert(1)>';
  const passage = { ...passages[0], lane: evil, plate: { ...passages[0].plate, display: evil, text: evil } };
  await page.route('**/api/passages?*', (route) => route.fulfill({ json: { passages: [passage], next_before_seq: null } }));
  await goTo(page, 'passages');
  await page.locator('.passages .plate', { hasText: evil }).waitFor();
  assert.equal(await page.locator('.passages img[src="x"]').count(), 0);
  await closed(page);
});

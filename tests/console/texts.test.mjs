// Every language says everything, nothing is said that no page asks for, and every name that the gate uses has its words.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, alarmKinds } from './gate.mjs';

const PAGES = join(ROOT, 'src/console/pages');
const LANGUAGES = ['en', 'vi', 'zh'];
const texts = Object.fromEntries(await Promise.all(LANGUAGES.map(async (language) =>
  [language, (await import(join(PAGES, `texts-${language}.js`))).texts])));
const keys = Object.keys(texts.en);

const sources = readdirSync(PAGES).filter((name) => name.endsWith('.js') && !name.startsWith('texts-'))
  .map((name) => readFileSync(join(PAGES, name), 'utf8')).join('\n');

const schema = (name) => JSON.parse(readFileSync(join(ROOT, `docs/schemas/${name}.schema.json`), 'utf8')).$defs;
const names = (definition) => definition.oneOf.map((one) => one.const);

test('every_language_has_every_text', () => {
  for (const language of LANGUAGES) {
    assert.deepEqual(Object.keys(texts[language]), keys, language);
    for (const [key, text] of Object.entries(texts[language])) assert.ok(text.trim(), `${language}: ${key} is empty`);
  }
});

test('the_same_values_stand_in_every_language', () => {
  const values = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const key of keys) {
    for (const language of LANGUAGES) assert.deepEqual(values(texts[language][key]), values(texts.en[key]), `${language}: ${key}`);
  }
});

test('vietnamese_and_chinese_are_translated', () => {
  // Names of things that are the same everywhere.
  const same = new Set(['health.cameras', 'live.camera', 'frame.footer']);
  for (const key of keys.filter((key) => !same.has(key))) {
    for (const language of ['vi', 'zh']) assert.notEqual(texts[language][key], texts.en[key], `${language}: ${key}`);
  }
});

test('no_text_is_unused_and_none_is_missing', () => {
  const whole = new Set([...sources.matchAll(/'([a-z_]+\.[a-z_]+)'/g)].map(([, key]) => key));
  const begun = [...sources.matchAll(/`([a-z_]+\.[a-z_]*)\$\{/g)].map(([, start]) => start);
  const groups = [...sources.matchAll(/(?:sayName|hasName|named)\('([a-z_]+)'/g)].map(([, group]) => `${group}.`);
  // The two groups between which a camera's remedy is chosen.
  const chosen = [...sources.matchAll(/\? '([a-z_]+_remedy)' : '([a-z_]+_remedy)'/g)].flatMap(([, ...pair]) => pair.map((group) => `${group}.`));
  const starts = [...begun, ...groups, ...chosen];
  const unused = keys.filter((key) => !whole.has(key) && !starts.some((start) => key.startsWith(start)));
  assert.deepEqual(unused, []);
  const said = [...sources.matchAll(/say\('([a-z_.]+)'/g)].map(([, key]) => key);
  assert.deepEqual(said.filter((key) => !keys.includes(key)), []);
});

test('every_name_that_the_gate_uses_has_words', () => {
  const [passage, traffic, health] = ['passage', 'traffic', 'health'].map(schema);
  const alarms = alarmKinds();
  const groups = {
    direction: names(passage.Direction), declared: names(passage.MatchKind), declared_long: names(passage.MatchKind),
    list: names(passage.ListKind), status: names(passage.Status), reason: names(passage.NoReadReason),
    kind: names(passage.PlateKind).filter((kind) => kind !== 'unknown'), colour: names(passage.PlateColour),
    doubt: names(passage.PlateDoubt), role: names(passage.Role), density: names(traffic.TrafficDensity),
    quality: names(traffic.TrafficQuality), camera: names(health.CameraState), seen: names(health.View),
    alarm: alarms, remedy: alarms,
  };
  const missing = Object.entries(groups).flatMap(([group, all]) => all.map((name) => `${group}.${name}`)).filter((key) => !keys.includes(key));
  assert.deepEqual(missing, []);
});

test('pages_need_nothing_from_elsewhere_and_make_no_markup_of_data', () => {
  const markup = readFileSync(join(PAGES, 'index.html'), 'utf8');
  const styles = readdirSync(PAGES).filter((name) => name.endsWith('.css')).map((name) => readFileSync(join(PAGES, name), 'utf8')).join('\n');
  for (const text of [sources, markup, styles]) {
    const outside = [...text.matchAll(/(?:https?:)?\/\/[a-z0-9.-]+\.[a-z]+/g)].map(([address]) => address);
    assert.deepEqual(outside.filter((address) => address !== 'http://www.w3.org'), []);
  }
  assert.doesNotMatch(sources, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/);
  assert.doesNotMatch(markup, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/);
});

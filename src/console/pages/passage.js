// One passage: its pictures, how sure each character is, what is known of the vehicle, and its revisions.

import { get, tell } from './api.js';
import { drawn, element, facts, write } from './elements.js';
import { declaredMark, listMarks, plateOf, sureOf, way } from './passage_words.js';
import { characterBars, plateDrawing } from './plates.js';
import { say, sayName } from './texts.js';
import { duration, fullTime, number, percent } from './times.js';

/** The passage that the address names. */
export async function showPassage(main, { rest: [event] }, signal) {
  const path = `/api/passages/${encodeURIComponent(event)}`;
  const { revisions } = await get(path, signal);
  const place = element('div', { class: 'passage' });
  main.append(element('p', {}, element('a', { href: '#/passages' }, say('passage.back'))), place);
  const show = (all) => place.replaceChildren(...parts(all.toSorted((a, b) => a.revision - b.revision), path, signal, show));
  show(revisions);
}

function parts(revisions, path, signal, show) {
  const newest = revisions.at(-1);
  const corrected = (amended) => show([...revisions, amended]);
  return [
    element('section', { class: 'reading-part' }, plateOf(newest, 'large'),
      element('p', { class: 'marks' }, declaredMark(newest), listMarks(newest)),
      newest.plate ? certainty(newest.plate) : null, correction(newest, path, signal, corrected)),
    element('section', { class: 'picture-part' }, ...pictures(revisions)),
    element('section', {}, element('h2', {}, say('passage.vehicle')), vehicle(newest)),
    element('section', {}, element('h2', {}, say('passage.declared')), declared(newest)),
    element('section', {}, element('h2', {}, say('passage.revisions')), history(revisions)),
  ];
}

/** The newest pictures: a revision without any leaves those of the one before valid. */
function pictures(revisions) {
  const latest = (kind) => revisions.findLast((revision) => revision.pictures?.[kind]);
  const [withPlate, withScene] = [latest('plate'), latest('scene')];
  const shown = [];
  if (withScene) shown.push(scene(withScene));
  if (withPlate) {
    shown.push(element('img', { class: 'plate-picture', src: withPlate.pictures.plate, alt: say('passage.plate_picture') }));
  }
  return shown.length ? shown : [element('p', { class: 'notice' }, say('passage.no_pictures'))];
}

/** The whole picture with the plate's outline. */
function scene({ pictures: { scene: source }, evidence }) {
  const corners = evidence.find(({ kind }) => kind === 'scene')?.corners;
  const image = element('img', { src: source, alt: say('passage.scene_picture') });
  const frame = element('a', { class: 'scene', href: source, target: '_blank', rel: 'noopener' }, image);
  image.addEventListener('load', () => {
    if (!corners) return;
    const points = corners.map((corner) => corner.join(',')).join(' ');
    frame.append(drawn('svg', { viewBox: `0 0 ${image.naturalWidth} ${image.naturalHeight}`, 'aria-hidden': 'true' },
      drawn('polygon', { points })));
  });
  return frame;
}

function certainty(plate) {
  return element('div', { class: 'certainty' },
    element('h2', {}, say('passage.certainty', { share: percent(plate.confidence) })), characterBars(plate));
}

/** Where a person says what is on the plate. */
function correction(passage, path, signal, corrected) {
  const field = element('input', {
    id: 'correction', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', required: true, maxlength: '32',
    value: passage.plate?.display ?? null,
  });
  const trouble = element('p', { class: 'trouble', role: 'alert' });
  const submit = async (event) => {
    event.preventDefault();
    write(trouble, '');
    try {
      corrected(await tell('POST', `${path}/correction`, { text: field.value.trim() }, signal));
    } catch (error) {
      if (!signal.aborted) write(trouble, error.status ? error.message : say('connection.lost'));
    }
  };
  const others = (passage.plate?.alternatives ?? []).map(({ text, confidence }) => element('li', {},
    element('button', { type: 'button', class: 'alternative', on: { click: () => { field.value = text; field.focus(); } } },
      plateDrawing({ text, colour: passage.plate.colour, layout: 'one_line' }, 'small'), ' ', percent(confidence))));
  return element('div', { class: 'correction' },
    others.length ? [element('h2', {}, say('passage.alternatives')), element('ul', { class: 'alternatives' }, others)] : null,
    element('details', {}, element('summary', {}, say('passage.correct')),
      element('form', { on: { submit: (event) => void submit(event) } },
        element('label', { for: 'correction' }, say('passage.right_plate')), field,
        element('button', { type: 'submit', class: 'main' }, say('passage.send')),
        element('p', { class: 'faint' }, say('passage.correct_what')), trouble)));
}

function vehicle(passage) {
  const { plate, side_number: side, triggers = [] } = passage;
  return facts([
    [say('passage.lane'), `${passage.lane} (${passage.camera})`],
    [say('passage.direction'), way(passage)],
    [say('passage.first_seen'), fullTime(passage.first_seen)],
    [say('passage.last_seen'), fullTime(passage.last_seen)],
    [say('passage.dwell'), duration(passage.dwell_s)],
    [say('passage.reason'), plate ? null : sureOf(passage)],
    ...(plate ? ofPlate(plate) : []),
    [say('passage.role'), passage.role ? sayName('role', passage.role) : null],
    [say('passage.earlier_trailer'), passage.earlier_trailer ?? null],
    [say('passage.side_number'), side ? `${side.text} (${percent(side.confidence)})` : null],
    [say('passage.triggers'), triggers.length ? triggers.map(({ id, origin }) => `${id} (${origin})`).join(', ') : null],
    [say('passage.clock'), passage.clock_synced === false ? say('passage.clock_wrong') : null],
  ]);
}

function ofPlate(plate) {
  return [
    [say('passage.country'), plate.province ? `${plate.country}, ${plate.province}` : plate.country],
    [say('passage.kind'), plate.kind === 'unknown' ? null : sayName('kind', plate.kind)],
    [say('passage.colour'), plate.colour ? sayName('colour', plate.colour) : null],
    [say('passage.reads'), say('passage.agreeing', { agreeing: number(plate.agreeing), reads: number(plate.reads) })],
    [say('passage.height'), `${number(plate.height_px)} px`],
    [say('passage.doubts'), plate.doubts?.length ? plate.doubts.map((doubt) => sayName('doubt', doubt)).join(' ') : null],
  ];
}

function declared({ declared: found }) {
  if (!found) return element('p', {}, say('passage.no_plate_to_compare'));
  const candidates = found.candidates ?? [];
  return element('div', {},
    element('p', {}, sayName('declared_long', found.match)),
    facts([
      [say('passage.declaration'), found.declaration_id ?? null],
      [say('passage.list_age'), found.list_age_s === null || found.list_age_s === undefined ? null : duration(found.list_age_s)],
    ]),
    candidates.length ? element('ul', {}, candidates.map(({ plate, declaration_id: id }) => element('li', {}, `${plate} – ${id}`))) : null);
}

function history(revisions) {
  return element('ol', { class: 'history' }, revisions.toReversed().map((revision) => {
    const { corrected } = revision;
    const words = corrected
      ? say('passage.corrected', { at: fullTime(corrected.at), read: corrected.read ?? say('plate.unread') })
      : sureOf(revision) ?? '';
    return element('li', {}, element('strong', {}, `${revision.revision}. ${sayName('status', revision.status)}`),
      ' ', plateOf(revision, 'small'), ' ', words);
  }));
}

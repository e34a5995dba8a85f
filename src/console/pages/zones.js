// Draws a lane's zone on its camera's picture and gives the lines for the config file.

import { get, passing, picture, tell, Refused } from './api.js';
import { choice, element, write } from './elements.js';
import { say } from './texts.js';
import { fault, middleAfter, settle, withPoint } from './zone_shape.js';
import { zoneScreen } from './zone_screen.js';

const WHOLE = [[0, 0], [1, 0], [1, 1], [0, 1]];
const STEP = 0.005;
const LONG_STEP = 0.05;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** So long after the last change the gate is asked about the outline. */
const CALM_MS = 400;

/** Outlines that were begun and not saved, by lane: changing the language or the view loses none. */
const drafts = new Map();

/** The lane that was chosen last. */
let chosen = null;

/** The editor for one lane at a time. */
export async function showZones(main, { session: { lanes, may_save: maySave }, again }, signal) {
  if (lanes.length === 0) return main.append(element('p', { class: 'notice' }, say('live.no_lanes')));
  const lane = lanes.find(({ name }) => name === chosen) ?? lanes[0];
  const select = choice({ id: 'lane' }, lanes.map(({ name }) => [name, name]), lane.name);
  select.addEventListener('change', () => { chosen = select.value; again(); });
  const place = element('div', { class: 'zones' });
  main.append(element('p', {}, say('zones.what')),
    element('p', { class: 'form-line' }, element('label', { for: 'lane' }, say('zones.lane')), select), place);
  await showEditor(place, lane, maySave, signal);
}

async function showEditor(place, lane, maySave, signal) {
  const live = await get(`/api/lanes/${encodeURIComponent(lane.name)}/live`, signal);
  const editor = new Editor(lane, live.zone.length >= 3 ? live.zone.map(settle) : WHOLE, signal);
  place.replaceChildren(element('div', { class: 'editor' }, editor.screen.place, editor.tools()), editor.result(maySave));
  await editor.takePicture();
  editor.show();
}

class Editor {
  constructor(lane, zone, signal) {
    this.lane = lane;
    this.signal = signal;
    this.zone = zone;
    this.points = drafts.get(lane.name) ?? zone;
    this.before = [];
    this.chosen = 0;
    this.screen = zoneScreen(this);
    this.said = element('p', { class: 'said', role: 'status' });
    this.trouble = element('p', { class: 'trouble', role: 'alert' });
    this.toml = element('pre', { tabindex: '0', 'aria-label': say('zones.toml') });
  }

  get path() { return `/api/lanes/${encodeURIComponent(this.lane.name)}/zone`; }

  async takePicture() {
    try {
      this.screen.take(await picture(`/api/cameras/${encodeURIComponent(this.lane.camera)}/picture.jpg?width=1280`, this.signal));
    } catch (error) {
      passing(error);
      if (error instanceof Refused) write(this.said, say('live.no_picture'));
    }
  }

  tools() {
    const button = (key, action) => element('button', { type: 'button', on: { click: action } }, say(key));
    return element('div', { class: 'tools' },
      button('zones.add', () => this.add(middleAfter(this.points, this.chosen))),
      button('zones.remove', () => this.remove(this.chosen)),
      button('zones.undo', () => this.undo()),
      button('zones.whole', () => this.change(WHOLE, 0)),
      button('zones.as_set', () => this.change(this.zone, 0)),
      button('zones.new_picture', () => void this.takePicture().then(() => this.show())));
  }

  result(maySave) {
    const copy = element('button', { type: 'button', on: { click: () => void this.copy() } }, say('zones.copy'));
    const save = element('button', { type: 'button', class: 'main', on: { click: () => void this.save() } }, say('zones.save'));
    return element('section', { class: 'result' }, element('h2', {}, say('zones.toml')),
      element('p', {}, say(maySave ? 'zones.save_what' : 'zones.paste_what', { lane: this.lane.name })),
      this.toml, element('p', { class: 'form-line' }, copy, maySave ? save : null), this.trouble, this.said);
  }

  /** Takes another outline, after which the point at `index` is the chosen one. */
  change(points, index) {
    this.before = [...this.before.slice(-99), this.points];
    this.set(points, index);
    this.screen.focus(this.chosen);
  }

  set(points, index) {
    this.points = points;
    this.chosen = Math.min(index, points.length - 1);
    drafts.set(this.lane.name, points);
    this.show();
  }

  add(point) {
    const { points, index } = withPoint(this.points, point);
    this.change(points, index);
  }

  remove(index) {
    if (this.points.length <= 3) return write(this.said, say('zones.fault_few'));
    this.change(this.points.toSpliced(index, 1), Math.max(0, index - 1));
  }

  undo() {
    const points = this.before.pop();
    if (points) this.set(points, this.chosen);
  }

  /** A point was taken hold of: what follows until it is let go is one change. */
  hold(index) {
    this.before = [...this.before.slice(-99), this.points];
    this.chosen = index;
  }

  moveTo(index, point) {
    this.set(this.points.with(index, settle(point)), index);
  }

  /** A key was pressed on a point; whether it meant something. */
  key(index, { key, shiftKey }) {
    if (key in MOVES) {
      const step = shiftKey ? LONG_STEP : STEP;
      const [x, y] = this.points[index];
      this.hold(index);
      this.moveTo(index, [x + MOVES[key][0] * step, y + MOVES[key][1] * step]);
      write(this.said, this.describe(index));
      return true;
    }
    if (key === 'Delete' || key === 'Backspace') this.remove(index);
    else if (key === 'Insert' || key === '+') this.add(middleAfter(this.points, index));
    else return false;
    return true;
  }

  describe(index) {
    const [x, y] = this.points[index].map((share) => (share * 100).toFixed(1));
    return say('zones.point', { number: index + 1, x, y });
  }

  show() {
    this.screen.show();
    clearTimeout(this.timer);
    const wrong = fault(this.points);
    write(this.trouble, wrong ? say(`zones.fault_${wrong}`) : '');
    if (!wrong) this.timer = setTimeout(() => void this.ask(), CALM_MS);
  }

  async ask() {
    await this.told('POST', ({ toml }) => write(this.toml, toml));
  }

  async save() {
    await this.told('PUT', () => {
      drafts.delete(this.lane.name);
      this.zone = this.points;
      write(this.said, say('zones.saved'));
    });
  }

  async told(method, then) {
    const points = this.points;
    try {
      const answer = await tell(method, this.path, { points }, this.signal);
      if (points === this.points) then(answer);
    } catch (error) {
      if (!this.signal.aborted) write(this.trouble, error instanceof Refused ? error.message : say('connection.lost'));
    }
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.toml.textContent);
      write(this.said, say('zones.copied'));
    } catch {
      // Not every browser lets a page write the clipboard: then the reader copies what is selected.
      getSelection().selectAllChildren(this.toml);
      write(this.said, say('zones.selected'));
    }
  }
}

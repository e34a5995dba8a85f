// The picture on which a zone is drawn, with a handle for each point: for mouse, finger and keyboard.

import { element } from './elements.js';
import { drawPicture, drawZone } from './overlay.js';
import { say } from './texts.js';

/** The screen of an editor, which says what its points are and is told what happens to them. */
export function zoneScreen(editor) {
  const canvas = element('canvas', { width: '16', height: '9', role: 'img', 'aria-label': say('zones.picture') });
  const handles = element('div', { class: 'handles', role: 'group', 'aria-label': say('zones.points') });
  const place = element('div', { class: 'screen drawable' }, canvas, handles);
  let shown = null;

  const pointAt = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  };
  canvas.addEventListener('click', (event) => editor.add(pointAt(event)));

  const handleAt = (index) => {
    const handle = element('button', { type: 'button', class: 'handle' });
    handle.addEventListener('pointerdown', (event) => {
      handle.setPointerCapture(event.pointerId);
      editor.hold(index);
    });
    handle.addEventListener('pointermove', (event) => {
      if (handle.hasPointerCapture(event.pointerId)) editor.moveTo(index, pointAt(event));
    });
    handle.addEventListener('focus', () => { editor.chosen = index; mark(); });
    handle.addEventListener('keydown', (event) => {
      if (editor.key(index, event)) event.preventDefault();
    });
    return handle;
  };

  const mark = () => Array.from(handles.children).forEach((handle, index) => handle.classList.toggle('chosen', index === editor.chosen));

  const show = () => {
    const { points } = editor;
    while (handles.childElementCount > points.length) handles.lastElementChild.remove();
    while (handles.childElementCount < points.length) handles.append(handleAt(handles.childElementCount));
    points.forEach(([x, y], index) => {
      const handle = handles.children[index];
      handle.style.left = `${x * 100}%`;
      handle.style.top = `${y * 100}%`;
      handle.setAttribute('aria-label', editor.describe(index));
    });
    mark();
    const pen = shown ? drawPicture(canvas, shown) : blank(canvas);
    drawZone(pen, canvas, points, canvas.width / Math.max(1, canvas.clientWidth));
  };

  return { place, show, take: (picture) => { shown = picture; }, focus: (index) => handles.children[index]?.focus() };
}

function blank(canvas) {
  canvas.width = 960;
  canvas.height = 540;
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#444';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return pen;
}

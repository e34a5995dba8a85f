// Draws over a camera's picture what the gate makes of it: the zone and the plates, with what was read.

import { percent } from './times.js';

const ZONE = '#ffd400';
const READ = '#35e06f';
const SEEN = '#ff9f1a';

/** Draws the picture and, over it, zone and tracks, whose points are shares of the picture. */
export function drawLane(canvas, picture, { zone, tracks }) {
  const pen = drawPicture(canvas, picture);
  const scale = canvas.width / Math.max(1, canvas.clientWidth);
  drawZone(pen, canvas, zone, scale);
  for (const track of tracks) drawTrack(pen, canvas, track, scale);
}

/** Draws the picture alone, as large as it is. */
export function drawPicture(canvas, picture) {
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.style.aspectRatio = `${picture.width} / ${picture.height}`;
  }
  const pen = canvas.getContext('2d');
  pen.drawImage(picture, 0, 0);
  return pen;
}

function outline(pen, canvas, points) {
  pen.beginPath();
  for (const [x, y] of points) pen.lineTo(x * canvas.width, y * canvas.height);
  pen.closePath();
}

/** Draws the zone: what is outside of it is darker. */
export function drawZone(pen, canvas, zone, scale) {
  if (zone.length < 3) return;
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, canvas.width, canvas.height);
  zone.forEach(([x, y], index) => pen[index ? 'lineTo' : 'moveTo'](x * canvas.width, y * canvas.height));
  pen.closePath();
  pen.fillStyle = 'rgb(0 0 0 / 35%)';
  pen.fill('evenodd');
  outline(pen, canvas, zone);
  pen.lineWidth = 2 * scale;
  pen.strokeStyle = ZONE;
  pen.stroke();
  pen.restore();
}

function drawTrack(pen, canvas, track, scale) {
  const colour = track.text === null ? SEEN : READ;
  outline(pen, canvas, track.corners);
  pen.lineWidth = (track.settled ? 3 : 2) * scale;
  pen.strokeStyle = colour;
  pen.stroke();
  if (track.text !== null) drawLabel(pen, canvas, track, scale, colour);
}

function drawLabel(pen, canvas, track, scale, colour) {
  const text = `${track.display ?? track.text} ${track.confidence === null ? '' : percent(track.confidence)}`.trim();
  const size = 15 * scale;
  pen.font = `bold ${size}px system-ui, sans-serif`;
  const width = pen.measureText(text).width + size * 0.8;
  const height = size * 1.5;
  const xs = track.corners.map(([x]) => x * canvas.width);
  const ys = track.corners.map(([, y]) => y * canvas.height);
  const left = Math.min(Math.max(0, Math.min(...xs)), Math.max(0, canvas.width - width));
  const above = Math.min(...ys) - height - 3 * scale;
  const top = above >= 0 ? above : Math.min(Math.max(...ys) + 3 * scale, canvas.height - height);
  pen.fillStyle = colour;
  pen.fillRect(left, top, width, height);
  pen.fillStyle = '#000';
  pen.textBaseline = 'middle';
  pen.fillText(text, left + size * 0.4, top + height / 2);
}

// A running gate: mosquitto, the daemon and a recording that it plays, each in a folder and on a port of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, mkdirSync, rmSync, statSync, writeFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GATELPR = join(ROOT, 'target/debug/gatelpr');
const MOSQUITTO = existsSync('/usr/sbin/mosquitto') ? '/usr/sbin/mosquitto' : 'mosquitto';

/** The longest any wait takes before a test fails. */
export const PATIENCE_MS = 300_000;

/** Waits until something is true, and says what it was if it never is. */
export async function until(what, condition, beside) {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what} never came; ${beside?.() ?? ''}`);
    await pause(100);
  }
}

/** The kinds of alarms that a gate can raise. */
export function alarmKinds() {
  const kinds = [...readFileSync(join(ROOT, 'src/alarm.rs'), 'utf8').matchAll(/=> "([a-z_]+)"/g)].map(([, name]) => name);
  if (kinds.length === 0) throw new Error('src/alarm.rs names its kinds in another way now');
  return kinds;
}

/** A loopback port that was free a moment ago. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The folder of the drawn sample clip, drawn anew if the program is newer. */
async function drawnClip() {
  const folder = join(ROOT, 'target/console-tests/gate');
  const mark = `${folder}.complete`;
  if (!existsSync(mark) || statSync(mark).mtimeMs < statSync(GATELPR).mtimeMs) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, '..'), { recursive: true });
    await finished(GATELPR, ['synth', 'demo', '--out', folder]);
    writeFileSync(mark, '');
  }
  return join(folder, 'camera-1');
}

/** Runs a program to its end, with something on its standard input if given. */
export async function finished(program, parameters, input = '') {
  const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { told += data; });
  child.stdin.end(input);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${program} ${parameters.join(' ')}: ${told}`);
  return told;
}

/** A gate that plays the drawn clip again and again. */
export async function drawnGate(extra = '') {
  const source = `[camera.source.folder]\npath = '${await drawnClip()}'\nrepeat = true\n`;
  return Gate.start(source, '[[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]', extra);
}

/** The real toll clip, where the pictures are at hand; null where they are not. */
export function tollClip() {
  const plates = process.env.GATELPR_PLATES ?? join(ROOT, '../shared/plates');
  const clip = join(plates, 'vn_video/clips/tollbooth_parkpow_cars.mp4');
  return existsSync(clip) ? clip : null;
}

/** A gate that plays the real clip again and again. */
export const tollGate = (clip) => Gate.start(`[camera.source.video]\npath = '${clip}'\nrepeat = true\n`,
  '[[0.05, 1.0], [0.58, 0.45], [0.75, 0.42], [0.75, 0.70], [0.67, 0.80], [0.67, 1.0]]', '');

/** A daemon, its broker and its folder. */
export class Gate {
  static async start(source, zone, extra) {
    const gate = new Gate();
    gate.folder = mkdtempSync(join(tmpdir(), 'gatelpr-console-'));
    gate.config = join(gate.folder, 'gatelpr.toml');
    gate.logs = '';
    const [broker, console] = [await freePort(), await freePort()];
    gate.address = `http://127.0.0.1:${console}`;
    mkdirSync(join(gate.folder, 'outbox'));
    writeFileSync(join(gate.folder, 'declared.json'), JSON.stringify(DECLARED));
    writeFileSync(join(gate.folder, 'mosquitto.conf'), `listener ${broker} 127.0.0.1\nuser root\nallow_anonymous true\n`);
    writeFileSync(join(gate.folder, 'wanted.csv'), '桂F12345,missing papers,2099-12-31\n');
    writeFileSync(gate.config, config(gate.folder, broker, console, source, zone, extra));
    gate.broker = spawn(MOSQUITTO, ['-c', join(gate.folder, 'mosquitto.conf')], { stdio: 'ignore' });
    await gate.startDaemon();
    return gate;
  }

  /** Starts the daemon and waits until its console answers. */
  async startDaemon() {
    const env = { ...process.env, TZ: 'Asia/Ho_Chi_Minh' };
    this.daemon = spawn(GATELPR, ['run', '--config', this.config], { stdio: ['ignore', 'pipe', 'pipe'], env });
    for (const stream of [this.daemon.stdout, this.daemon.stderr]) stream.on('data', (data) => { this.logs += data; });
    await until('the console', async () => {
      if (this.daemon.exitCode !== null) throw new Error(`the daemon has ended: ${this.logs}`);
      return fetch(`${this.address}/healthz`).then((answer) => answer.ok, () => false);
    }, () => this.logs);
  }

  /** Ends the daemon as a power cut does. */
  async killDaemon() {
    this.daemon.kill('SIGKILL');
    await once(this.daemon, 'exit');
  }

  /** Waits until so many vehicles have passed. */
  async passed(count) {
    await until(`${count} passages`, async () => {
      const { passages } = await this.json('/api/passages?limit=50');
      return passages.length >= count;
    }, () => this.logs.slice(-2000));
  }

  async json(path) {
    const answer = await fetch(`${this.address}${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** What is in the config file now. */
  configText() { return readFileSync(this.config, 'utf8'); }

  async stop() {
    const ended = [this.daemon, this.broker].filter((child) => child.exitCode === null && child.signalCode === null);
    const exits = ended.map((child) => once(child, 'exit'));
    for (const child of ended) child.kill('SIGTERM');
    await Promise.all(exits);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** One of the drawn clip's three vehicles is declared. */
const DECLARED = { version: 7, entries: [{ declaration_id: 'D-2026-1187', text: '12C-123.45' }] };

const config = (folder, broker, console, source, zone, extra) => `
[site]
name = "huu-nghi"
gate = "g1"

[mqtt]
host = "127.0.0.1"
port = ${broker}

[outbox]
directory = '${folder}/outbox'

[evidence]
directory = '${folder}/evidence'
min_free_mb = 50

[inference]
models = '${ROOT}models'
detector = "gatelpr-detector"
recogniser = "gatelpr-reader"

[declared]
file = '${folder}/declared.json'

[[list]]
name = "wanted"
kind = "watch"
file = '${folder}/wanted.csv'

[console]
listen = "127.0.0.1:${console}"
may_save = true
${extra}

[[camera]]
name = "in-1-front"
${source}

[[lane]]
name = "in-1"
camera = "in-1-front"
# drawn at the gate
zone = ${zone}
`;

/** Has the program make the hash of a password, in a file of its own. */
export async function passwordHash(folder, password) {
  const file = join(folder, 'password-hash');
  await finished(GATELPR, ['console', 'password', file], `${password}\n`);
  return file;
}

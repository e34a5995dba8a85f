#!/usr/bin/env node
// Receives the passages of gatelpr gates as docs/events.md says, and prints what it makes of them, one JSON text a line.
//
//   npm ci                                                  (in this folder; node 18 or later)
//   node subscriber.mjs --host BROKER --ca ca.pem --user platform --password-file password --key gate.pub.pem
//
//   {"kind":"passage", ...}   a vehicle has passed; repeats and older revisions are not shown
//   {"kind":"status", ...}    a gate is online, stopping or offline
//   {"kind":"gap", ...}       events are missing: numbers `from` to `to`
//   {"kind":"filled", ...}    a missing event has come after all
//   {"kind":"forged", ...}    an event that the gate has not signed, or that is no event; it counts as not received
//   {"kind":"chain", ...}     an event does not follow the one before it: something was altered or taken out
//
// Keep what you need of this file: `Receiver` knows nothing of MQTT.

import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import mqtt from 'mqtt'

const REMEMBERED = 10_000 // events and numbers that are remembered, per gate

/** Drops repeats, keeps the highest revision, finds gaps, and checks signatures and the chain. */
export class Receiver {
  /** @param keys public keys; with none nothing is checked */
  constructor(keys) {
    this.keys = keys
    this.gates = new Map()
  }

  /** The reports that the payload of one passage gives rise to. */
  take(payload) {
    let event
    try {
      event = JSON.parse(payload)
      if (!Number.isSafeInteger(event.seq) || !Number.isSafeInteger(event.revision) || typeof event.event_id !== 'string') {
        throw new Error('seq, revision or event_id is absent or of another kind')
      }
    } catch (error) {
      return [{ kind: 'forged', why: `this is no event: ${error.message}` }]
    }
    const { seq, event_id, revision, lane, status, plate, historical } = event
    const gate = `${event.site}/${event.gate}`
    if (this.keys.length > 0 && !this.keys.some((key) => signedBy(key, event))) {
      return [{ kind: 'forged', gate, seq, why: 'none of the keys has signed it' }]
    }
    if (!this.gates.has(gate)) this.gates.set(gate, new Gate(gate))
    const known = this.gates.get(gate)
    const reports = known.number(seq)
    if (this.keys.length > 0) reports.push(...known.link(seq, event))
    if (known.isNew(event_id, revision)) {
      reports.push({
        kind: 'passage', gate, lane, seq, event_id, revision, status, plate: plate?.key ?? null,
        no_read_reason: event.no_read_reason ?? null, historical, verified: this.keys.length > 0
      })
    }
    return reports
  }
}

/** What is remembered of one gate. */
class Gate {
  constructor(name) {
    this.name = name
    this.highest = null
    this.missing = new Set()
    this.revisions = new Map() // event_id: highest revision
    this.links = new Map() // seq: hash of the event, and its prev_hash
  }

  /** Whether this event is neither a repeat nor older than what is known of the same passage. */
  isNew(eventId, revision) {
    if ((this.revisions.get(eventId) ?? 0) >= revision) return false
    this.revisions.delete(eventId) // so that it becomes the youngest
    this.revisions.set(eventId, revision)
    forgetOld(this.revisions)
    return true
  }

  /** Whether numbers are missing before this one, or it is one that was. */
  number(seq) {
    if (this.missing.delete(seq)) return [{ kind: 'filled', gate: this.name, seq }]
    const previous = this.highest
    this.highest = Math.max(seq, previous ?? 0)
    if (previous === null || seq <= previous + 1) return []
    for (let n = Math.max(previous + 1, seq - REMEMBERED); n < seq; n++) this.missing.add(n)
    return [{ kind: 'gap', gate: this.name, from: previous + 1, to: seq - 1 }]
  }

  /** Whether the event fits to its neighbours that are known. */
  link(seq, event) {
    const hash = chainHash(event)
    const known = this.links.get(seq)
    if (known) {
      return known.hash === hash ? [] : [{ kind: 'chain', gate: this.name, seq, why: 'another event has this number' }]
    }
    this.links.set(seq, { hash, before: event.prev_hash })
    forgetOld(this.links)
    const reports = []
    for (const [before, after] of [[seq - 1, seq], [seq, seq + 1]]) {
      const [one, next] = [this.links.get(before), this.links.get(after)]
      if (one && next && next.before !== one.hash) {
        reports.push({ kind: 'chain', gate: this.name, seq: after, why: `its prev_hash is not the hash of ${before}` })
      }
    }
    return reports
  }
}

function forgetOld(remembered) {
  while (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value)
}

/** The text that is signed, RFC 8785: sorted names; the rest is how JavaScript writes JSON anyway. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const fields = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
  return `{${fields.join(',')}}`
}

function without(event, ...names) {
  return Buffer.from(canonical(Object.fromEntries(Object.entries(event).filter(([name]) => !names.includes(name)))))
}

function chainHash(event) {
  return `sha256:${createHash('sha256').update(without(event, 'signature', 'historical')).digest('hex')}`
}

function signedBy(key, event) {
  const [, signature] = /^ed25519:([A-Za-z0-9+/]+=*)$/.exec(event.signature ?? '') ?? []
  return signature !== undefined && verify(null, without(event, 'signature'), key, Buffer.from(signature, 'base64'))
}

/** The public keys in a PEM file: one, or several one after the other, as the gate's key was changed. */
function readKeys(path) {
  if (!path) return []
  const pem = readFileSync(path, 'utf8')
  return (pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? []).map((key) => createPublicKey(key))
}

function report(line) {
  console.log(JSON.stringify(line))
}

function main() {
  const text = (usual) => ({ type: 'string', default: usual })
  const { values } = parseArgs({
    options: {
      host: text('127.0.0.1'), port: text(), ca: text(), user: text(), 'password-file': text(), mqtt: text('5'),
      'client-id': text('gatelpr-example-js'), 'session-days': text('7'), root: text('gatelpr/v1/+/+'), key: text()
    }
  })
  const receiver = new Receiver(readKeys(values.key))
  const client = mqtt.connect({
    host: values.host,
    port: Number(values.port ?? (values.ca ? 8883 : 1883)),
    protocol: values.ca ? 'mqtts' : 'mqtt',
    ca: values.ca && readFileSync(values.ca),
    username: values.user,
    password: values['password-file'] && readFileSync(values['password-file'], 'utf8').trimEnd(),
    protocolVersion: values.mqtt === '5' ? 5 : 4,
    clientId: values['client-id'], // names the session; another for each subscriber
    // The session outlives this program: what comes while it is away waits at the broker.
    clean: false,
    properties: values.mqtt === '5' ? { sessionExpiryInterval: Number(values['session-days']) * 86_400 } : undefined,
    keepalive: 30
  })
  const topics = [`${values.root}/lane/+/passage`, `${values.root}/status`]
  client.on('connect', () => client.subscribe(topics, { qos: 1 }, (error) => console.error(error?.message ?? 'listening')))
  client.on('error', (error) => console.error(error.message))
  // The message is acknowledged when this has returned: what was not taken comes again.
  client.on('message', (topic, payload) => {
    if (topic.endsWith('/status')) {
      const [site, gate] = topic.split('/').slice(-3)
      report({ kind: 'status', gate: `${site}/${gate}`, state: JSON.parse(payload).state })
    } else {
      receiver.take(payload).forEach(report)
    }
  })
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) main()

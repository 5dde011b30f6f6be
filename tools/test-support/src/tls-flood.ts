import { createCipheriv, createHmac } from 'node:crypto'
import { createServer as createHttpsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

const HANDSHAKE = 22
const ENCRYPTED = 23
/** NewSessionTicket with a ticket of one byte, and KeyUpdate. RFC 8446, sections 4.6.1 and 4.6.3. */
const TICKET = Buffer.from([4, 0, 0, 14, 0, 0, 28, 32, 0, 0, 0, 0, 0, 0, 1, 65, 0, 0])
const KEY_UPDATE = Buffer.from([24, 0, 0, 1, 0])

export interface TlsFlood extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly endpoint: string
  /** Resolves when the client has closed a connection. */
  readonly closed: Promise<void>
}

/**
 * A server that receives a request and then sends messages of TLS 1.3 without end, which Node cannot: Node makes the handshake, and a relay in
 * front of it continues with records of its own.
 */
export async function startTlsFlood(kind: 'tickets' | 'key updates', tls: ServerOptions): Promise<TlsFlood> {
  const secrets = new Map<number | undefined, Buffer>()
  const floods = new Map<number | undefined, (secret: Buffer) => void>()
  const server = createHttpsServer({ ...tls, minVersion: 'TLSv1.3' }, ({ socket }) => {
    const secret = secrets.get(socket.remotePort)
    if (secret !== undefined) floods.get(socket.remotePort)?.(secret)
  })
  server.on('keylog', (line: Buffer, { remotePort }: TLSSocket) => {
    const [label, , secret = ''] = line.toString().trim().split(' ')
    if (label === 'SERVER_TRAFFIC_SECRET_0') secrets.set(remotePort, Buffer.from(secret, 'hex'))
  })
  const target = await portOf(server)
  const closed = Promise.withResolvers<void>()
  const sockets = new Set<Socket>()
  const relay = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined))
    client.on('close', () => closed.resolve())
    let isFlooded = false
    let hasClientFinished = false
    let sent = 0
    client.on('data', (data: Buffer) => {
      hasClientFinished ||= encryptedRecords(data) > 0
      upstream.write(data)
    })
    upstream.on('data', (data: Buffer) => {
      if (isFlooded) return
      if (hasClientFinished) sent += encryptedRecords(data)
      client.write(data)
    })
    upstream.on('connect', () =>
      floods.set(upstream.localPort, (secret) => {
        isFlooded = true
        flood(client, kind, new Records(secret, sent))
      }),
    )
  })
  return {
    endpoint: `127.0.0.1:${await portOf(relay)}`,
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      await Promise.all([server, relay].map((one) => new Promise((resolve) => one.close(resolve))))
    },
  }
}

function flood(client: Socket, kind: 'tickets' | 'key updates', records: Records): void {
  const tickets = Buffer.concat(Array.from({ length: 800 }, () => TICKET))
  const keyUpdate = (): Buffer => {
    const record = records.next(KEY_UPDATE)
    records.updateKey()
    return record
  }
  // Not all at once, because the client of a test is in the same process.
  const more = (): void => {
    if (client.destroyed) return
    const isTaken = client.write(
      kind === 'tickets' ? records.next(tickets) : Buffer.concat(Array.from({ length: 200 }, keyUpdate)),
    )
    if (isTaken) setImmediate(more)
    else client.once('drain', more)
  }
  more()
}

/** Encrypts records as the server, with AES-GCM. RFC 8446, sections 5.2, 7.1 to 7.3. */
class Records {
  #secret: Buffer
  #sequence: number

  constructor(secret: Buffer, sequence: number) {
    this.#secret = secret
    this.#sequence = sequence
  }

  next(content: Buffer): Buffer {
    const nonce = this.#expand('iv', 12)
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.#sequence) >>> 0, 8)
    this.#sequence += 1
    const header = Buffer.from([ENCRYPTED, 3, 3, 0, 0])
    header.writeUInt16BE(content.length + 17, 3)
    const isSha384 = this.#secret.length === 48
    const cipher = createCipheriv(
      isSha384 ? 'aes-256-gcm' : 'aes-128-gcm',
      this.#expand('key', isSha384 ? 32 : 16),
      nonce,
    )
    cipher.setAAD(header)
    const encrypted = [cipher.update(content), cipher.update(Buffer.from([HANDSHAKE])), cipher.final()]
    return Buffer.concat([header, ...encrypted, cipher.getAuthTag()])
  }

  updateKey(): void {
    this.#secret = this.#expand('traffic upd', this.#secret.length)
    this.#sequence = 0
  }

  #expand(label: string, length: number): Buffer {
    const name = Buffer.from(`tls13 ${label}`)
    const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])])
    const hash = this.#secret.length === 48 ? 'sha384' : 'sha256'
    return createHmac(hash, this.#secret).update(info).digest().subarray(0, length)
  }
}

/** Number of encrypted records that begin in whole records. */
function encryptedRecords(data: Buffer): number {
  let count = 0
  for (let at = 0; at + 5 <= data.length; at += 5 + data.readUInt16BE(at + 3)) if (data[at] === ENCRYPTED) count += 1
  return count
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

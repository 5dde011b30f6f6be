import type { Socket } from 'node:net'
import { errors } from 'undici'

/** A server sends one to four tickets. */
const MAX_TICKETS = 16
const CHECK_MS = 1_000
/** Bytes of TLS without data in {@link CHECK_MS}: more than one record, which is counted before it is complete. */
const MAX_OVERHEAD_BYTES = 65_536
/** Headers of records are at most this share of the data in addition, unless records are smaller than a TCP segment. */
const RECORD_HEADERS_SHARE = 1 / 8

/**
 * Ends a connection that receives more than `maxBytes` since its last request was sent. undici limits bodies and headers, but not what may
 * surround them: blank lines, reason phrases and extensions of chunks. Messages of TLS 1.3 after the handshake have limits of their own.
 */
export function limitReceivedBytes(socket: Socket, maxBytes: number): void {
  const end = (): void => void socket.destroy(new errors.ResponseExceededMaxSizeError())
  let sent = 0
  let receivedBefore = 0
  let received = 0
  socket.on('readable', () => {
    if (socket.bytesWritten !== sent) {
      sent = socket.bytesWritten
      receivedBefore = received
    }
    received = socket.bytesRead
    if (received - receivedBefore > maxBytes) end()
  })
  let tickets = 0
  socket.on('session', () => {
    tickets += 1
    if (tickets > MAX_TICKETS) end()
  })
  let before = { overhead: overheadOf(socket), data: socket.bytesRead }
  const check = setInterval(() => {
    const now = { overhead: overheadOf(socket), data: socket.bytesRead }
    const allowed = MAX_OVERHEAD_BYTES + (now.data - before.data) * RECORD_HEADERS_SHARE
    if (now.overhead - before.overhead > allowed) end()
    before = now
  }, CHECK_MS)
  check.unref()
  socket.once('close', () => clearInterval(check))
}

/** Bytes that TLS has received without data for its reader, such as key updates. Only the handle below that of TLS counts them. */
function overheadOf(socket: Socket): number {
  const { _handle: tls } = socket as { readonly _handle?: { readonly _parent?: { readonly bytesRead?: number } } }
  const { _parent: tcp } = tls ?? {}
  return (tcp?.bytesRead ?? socket.bytesRead) - socket.bytesRead
}

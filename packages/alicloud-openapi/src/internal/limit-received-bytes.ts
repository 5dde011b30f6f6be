import type { Socket } from 'node:net'
import { errors } from 'undici'

/**
 * Ends a connection that receives more than `maxBytes` since its last request was sent. undici limits bodies and headers, but not what may
 * surround them: blank lines, reason phrases and extensions of chunks.
 */
export function limitReceivedBytes(socket: Socket, maxBytes: number): void {
  let sent = 0
  let receivedBefore = 0
  let received = 0
  socket.on('readable', () => {
    if (socket.bytesWritten !== sent) {
      sent = socket.bytesWritten
      receivedBefore = received
    }
    received = socket.bytesRead
    if (received - receivedBefore > maxBytes) socket.destroy(new errors.ResponseExceededMaxSizeError())
  })
}

import { constants } from 'node:crypto'
import { DEFAULT_CIPHERS } from 'node:tls'

/** Options of TLS with a server that a tenant may name. */
export const TLS_OPTIONS = {
  minVersion: 'TLSv1.2',
  // With DHE the server chooses the group. One of 10,000 bits blocks the event loop for a second, in each handshake.
  ciphers: `${DEFAULT_CIPHERS}:!DHE`,
  // With TLS 1.2 a hostile server could request handshakes without end.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const

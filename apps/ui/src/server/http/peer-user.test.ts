import { expect, it } from 'vitest'
import { isAllowedPeer, peerUser, userIn } from './peer-user.ts'

const REST = '00000000:00000000 00:00000000 00000000'
const TABLES = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A ${REST}  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F90 01 ${REST}  1001        0 2 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0100007F:C350 01 ${REST}  1000        0 3 1 0 20 4 30 10 -1
   3: 0100007F:C351 0100007F:0050 01 ${REST}  1002        0 4 1 0 20 4 30 10 -1
   4: 0100007F:C352 0100007F:1F90 04 ${REST}     0        0 0 1 0 20 4 30 10 -1
   5: 0100007F:C353 0100007F:1F90 01 ${REST}     0        0 0 1 0 20 4 30 10 -1
   6: 0100007F:C354 0100007F:1F90 04 ${REST}  1003        0 5 1 0 20 4 30 10 -1
   7: 0200007F:C355 0100007F:1F90 01 ${REST}  1003        0 6 1 0 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt
   0: 0000000000000000FFFF00000100007F:C356 0000000000000000FFFF00000100007F:1F90 01 ${REST}  1004        0 7 1 0 20 4 30 10 -1
   1: 0000000000000000000000000100007F:C357 0000000000000000FFFF00000100007F:1F90 01 ${REST}  1004        0 8 1 0 20 4 30 10 -1
`

it.each([
  ['the other end', 50_000, 8_080, 1_001],
  ['an IPv6 socket to the IPv4 address', 50_006, 8_080, 1_004],
  ['no connection to another port', 50_001, 8_080, undefined],
  ['no connection', 1, 8_080, undefined],
  ['no socket that was closed after it had sent', 50_002, 8_080, undefined],
  ['no socket without an inode, for which the kernel prints root', 50_003, 8_080, undefined],
  ['no socket that is closing', 50_004, 8_080, undefined],
  ['no socket of another address', 50_005, 8_080, undefined],
  ['no socket of another IPv6 address', 50_007, 8_080, undefined],
])('finds the user of %s', (_what, peerPort, port, user) => expect(userIn(TABLES, { peerPort, port })).toBe(user))

it.each([
  ['the same user', 1_000, 1_000, true],
  ['another user', 1_001, 1_000, false],
  ['root', 0, 1_000, true],
  ['another user, for root', 1_000, 0, false],
  ['a user that should be known and is not', 'unknown', 1_000, false],
  ['a user that should be known and is not, for root', 'unknown', 0, false],
  ['any user, as on macOS', 'any', 1_000, true],
  ['a machine without users', 'any', undefined, true],
] as const)('decides about %s', (_what, user, own, isAllowed) => expect(isAllowedPeer(user, own)).toBe(isAllowed))

it.each([
  ['another address of the machine', { remoteAddress: '127.0.0.2', remotePort: 1 }],
  ['an address that is not known', { remotePort: 1 }],
  ['a port that is not known', { remoteAddress: '127.0.0.1' }],
])('knows no user behind %s', async (_what, peer) => expect(await peerUser(peer, 1)).toBe('unknown'))

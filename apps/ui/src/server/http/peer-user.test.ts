import { expect, it } from 'vitest'
import { isAllowedPeer, userIn } from './peer-user.ts'

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 30 10 -1
   3: 0100007F:C351 0100007F:0050 01 00000000:00000000 00:00000000 00000000  1002        0 4 1 0 20 4 30 10 -1
`

it.each([
  ['the other end', 50_000, 8_080, 1_001],
  ['a connection to another port', 50_001, 8_080, undefined],
  ['no connection', 1, 8_080, undefined],
])('finds the user of %s', (_what, peerPort, port, user) => expect(userIn(TABLE, { peerPort, port })).toBe(user))

it.each([
  ['the same user', 1_000, 1_000, true],
  ['another user', 1_001, 1_000, false],
  ['root', 0, 1_000, true],
  ['another user, for root', 1_000, 0, false],
  ['an unknown user, as on macOS', undefined, 1_000, true],
  ['a machine without users', 1, undefined, true],
])('decides about %s', (_what, user, own, isAllowed) => expect(isAllowedPeer(user, own)).toBe(isAllowed))

import dns from 'node:dns'
import type { LookupFunction } from 'node:net'
import { shareLookups, systemClock } from '@ack-secret-manager/core'

/** The lookup of all connections of this package. */
export const sharedLookup: LookupFunction = shareLookups({
  lookup: (hostname, options, callback) => dns.lookup(hostname, options, callback),
  clock: systemClock,
})

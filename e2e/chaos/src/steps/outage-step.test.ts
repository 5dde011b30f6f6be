import { expect, it } from 'vitest'
import { outageOf, probesByEndpoint } from './outage-step.ts'
import { CLIENT_KEY } from '../workload/objects.ts'

it('has an outage of 20 to 60 s in about one of three runs', () => {
  const outages = Array.from({ length: 300 }, (_, seed) => outageOf(seed)).filter((ms) => ms !== undefined)
  expect(outages.length).toBeGreaterThan(70)
  expect(outages.length).toBeLessThan(130)
  expect(Math.min(...outages)).toBeGreaterThanOrEqual(20_000)
  expect(Math.max(...outages)).toBeLessThanOrEqual(60_000)
})

it('counts the calls since the first reading by endpoint, across all identities', () => {
  const kms = (identity: string, count: number) => ({ action: 'GetSecretValue', identity, count })
  const probes = probesByEndpoint(
    [kms('LTAI', 3), kms(CLIENT_KEY.id, 4)],
    [
      kms('LTAI', 5),
      kms('role', 7),
      kms(CLIENT_KEY.id, 4),
      { action: 'GetSecretParameter', identity: 'LTAI', count: 2 },
    ],
  )
  expect([...probes]).toEqual([
    ['KMS', 9],
    ['the KMS instance', 0],
    ['OOS', 2],
  ])
})

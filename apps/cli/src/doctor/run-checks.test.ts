import { SecretSyncError, systemClock } from '@ack-secret-manager/core'
import { KubeApiError } from '@ack-secret-manager/k8s-client'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { expect, it } from 'vitest'
import type { Check, Finding } from './check.ts'
import { runChecks, type RunChecksOptions } from './run-checks.ts'

const FINE: Finding = { status: 'ok', detail: 'fine' }
const options: RunChecksOptions = {
  clock: systemClock,
  concurrency: 8,
  timeoutMs: 60_000,
  signal: new AbortController().signal,
}

function check(id: string, more: Partial<Check> = {}): Check {
  const run = (): Promise<Finding> => Promise.resolve(FINE)
  return {
    id,
    section: 'Network',
    title: id.toUpperCase(),
    needs: [],
    timeoutMs: 1_000,
    action: `mend ${id}`,
    run,
    ...more,
  }
}

async function findings(checks: readonly Check[], more: Partial<RunChecksOptions> = {}): Promise<object> {
  const results = await runChecks(checks, { ...options, ...more })
  return Object.fromEntries(results.map((result) => [result.check.id, result.findings]))
}

const failing = (): Promise<Finding> => Promise.reject(new SecretSyncError('Unavailable', 'it is down'))

it('turns an error into the action of its check, and names the root cause of skipped checks', async () => {
  const checks = [
    check('dns', { run: failing }),
    check('tls', { needs: ['dns'] }),
    check('sts', { needs: ['tls'] }),
    check('other'),
  ]
  expect(await findings(checks)).toEqual({
    dns: [{ status: 'failed', detail: 'it is down', action: 'mend dns' }],
    tls: [{ status: 'skipped', detail: 'DNS failed' }],
    sts: [{ status: 'skipped', detail: 'DNS failed' }],
    other: [FINE],
  })
})

it.each<[string, Finding, Finding]>([
  [
    'failed as well',
    { status: 'failed', detail: 'off', action: 'set it' },
    { status: 'skipped', detail: 'CLOCK failed' },
  ],
  ['is fine: failed', FINE, { status: 'failed', detail: 'refused', action: 'set the clock' }],
])('a consequence of a check that %s', async (_what, clock, expected) => {
  const refused = { status: 'failed', detail: 'refused', action: 'set the clock', consequenceOf: 'clock' } as const
  const checks = [
    check('sts', { run: () => Promise.resolve(refused) }),
    check('clock', { run: () => Promise.resolve(clock) }),
  ]
  expect(await findings(checks)).toEqual({ sts: [expected], clock: [clock] })
})

it('says what stays unknown if a check is skipped', async () => {
  const caller = check('caller', { needs: ['sts'], unknown: 'the identity is not verified' })
  expect(await findings([check('sts', { run: failing }), caller])).toMatchObject({
    caller: [{ status: 'skipped', detail: 'the identity is not verified: STS failed' }],
  })
})

it('waits for the checks of `after`, and runs although they failed', async () => {
  const order: string[] = []
  const slow = check('slow', {
    run: async () => {
      await Promise.resolve()
      order.push('slow')
      return failing()
    },
  })
  const last = check('last', {
    after: ['slow'],
    run: async () => {
      order.push('last')
      return FINE
    },
  })
  expect(await findings([slow, last])).toMatchObject({ last: [FINE] })
  expect(order).toEqual(['slow', 'last'])
})

it('needs only one fine finding among skipped ones', async () => {
  const mixed = check('mixed', { run: async () => [FINE, { status: 'skipped', detail: 'a part' }] })
  const skipped = check('none', { run: async () => [{ status: 'skipped', detail: 'you may not' }] })
  const checks = [mixed, skipped, check('a', { needs: ['mixed'] }), check('b', { needs: ['none'] })]
  expect(await findings(checks)).toMatchObject({ a: [FINE], b: [{ status: 'skipped', detail: 'you may not' }] })
})

it('runs the checks after a finding that does not block', async () => {
  const attention = { status: 'failed', detail: 'old', action: 'update' } as const
  const first = check('first', { run: async () => [{ ...attention, blocks: false }] })
  expect(await findings([first, check('next', { needs: ['first'] })])).toEqual({ first: [attention], next: [FINE] })
})

it('runs no more than its number of checks at once', async () => {
  let [running, most] = [0, 0]
  const run = async (): Promise<Finding> => {
    running += 1
    most = Math.max(most, running)
    await new Promise(setImmediate)
    running -= 1
    return FINE
  }
  await findings(
    Array.from({ length: 20 }, (_, index) => check(`c${index}`, { run })),
    { concurrency: 3 },
  )
  expect(most).toBe(3)
})

it.each([
  ['of its own', 1_000, 60_000, 'no result within 1 s'],
  ['of all together', 60_000, 2_000, 'no result within 2 s'],
])('ends a check that hangs at the deadline %s', async (_which, timeoutMs, allMs, detail) => {
  const clock = new ManualClock()
  const hanging = check('hangs', { timeoutMs, run: () => new Promise(() => undefined) })
  const found = findings([hanging, check('next', { needs: ['hangs'] })], { clock, timeoutMs: allMs })
  await clock.advance(Math.min(timeoutMs, allMs))
  expect(await found).toEqual({
    hangs: [{ status: 'failed', detail, action: 'mend hangs' }],
    next: [{ status: 'skipped', detail: 'HANGS failed' }],
  })
})

it('rejects with the reason of the signal', async () => {
  const stop = new AbortController()
  const found = findings([check('hangs', { run: () => new Promise(() => undefined) })], { signal: stop.signal })
  stop.abort('SIGINT')
  await expect(found).rejects.toBe('SIGINT')
})

it.each([
  ['an unknown check', [check('a', { needs: ['b'] })], 'check a needs b, which is not an earlier check'],
  ['a check twice', [check('a'), check('a')], 'check a is defined twice'],
])('refuses %s', async (_what, checks, message) => {
  await expect(findings(checks)).rejects.toThrow(message)
})

it('drops the message of an unexpected error', async () => {
  const run = (): Promise<Finding> => Promise.reject(new TypeError('canary'))
  expect(JSON.stringify(await findings([check('a', { run })]))).not.toContain('canary')
})

it('shows the response of the API server, which is no defect', async () => {
  const message = 'create selfsubjectaccessreviews: 403 Forbidden'
  const run = (): Promise<Finding> =>
    Promise.reject(new KubeApiError(message, { status: 403, reason: 'Forbidden', causes: [] }))
  expect(await findings([check('access', { run })])).toEqual({
    access: [{ status: 'failed', detail: message, action: 'mend access' }],
  })
})

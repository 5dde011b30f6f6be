import { registryLogin } from '@ack-secret-manager/test-support/registry-login'
import { describe, expect, it } from 'vitest'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from './testing/property-runs.ts'
import { DOMAINS, KEY, RegistryProcess } from './testing/registry-process.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Simulated time with troubles. */
const HOURS = propertyRuns(24)
/** Simulated time without: each renewal is like the one before. A nightly run takes a day. */
const MINUTES = Math.min(24, HOURS) * 60
const EARLIEST = (HOUR * 2) / 3
const LATEST = EARLIEST + HOUR / 30
const ALL_DOMAINS = Object.values(DOMAINS).flat()

interface Auth {
  readonly username: string
  readonly password: string
  readonly auth: string
}

/** Logs in to each domain as a container runtime does, with the content of the target. */
async function expectAccepted({ simulator }: RegistryProcess, text: string): Promise<void> {
  const document = JSON.parse(text) as { readonly auths: Readonly<Record<string, Auth>> }
  expect([Object.keys(document), Object.keys(document.auths)]).toEqual([['auths'], ALL_DOMAINS])
  const logins = Object.entries(document.auths).map(async ([domain, { username, password, auth, ...more }]) => {
    expect([auth, more]).toEqual([Buffer.from(`${username}:${password}`).toString('base64'), {}])
    const { status } = await registryLogin(simulator, { domain, username, password })
    return [domain, status]
  })
  expect(await Promise.all(logins)).toEqual(ALL_DOMAINS.map((domain) => [domain, 200]))
}

/**
 * Runs `each` at each minute, when the target must have accepted tokens. A registry accepts a token from its issue to its expiry, so one that
 * is accepted when it is written and a minute after its replacement was accepted in between. A nightly run logs in at each minute.
 * @returns the number of logins
 */
async function advanceMinutes(process: RegistryProcess, minutes: number, each = async () => {}): Promise<number> {
  let documents = 0
  let written = ''
  const logIn = async (text: string): Promise<void> => {
    documents += 1
    await expectAccepted(process, text)
  }
  for (let minute = 0; minute < minutes; minute += 1) {
    const text = process.writer.textsOf('web')?.[KEY] ?? ''
    const isReplaced = text !== written
    if (isReplaced && written !== '') await logIn(written)
    if (isReplaced || minute === minutes - 1 || HOURS >= 24) await logIn(text)
    written = text
    expect(process.engine.ready()).toBe('True Synced')
    await each()
    await process.advance(MINUTE)
  }
  return documents * ALL_DOMAINS.length
}

const agesOf = (timesMs: readonly number[]): number[] => timesMs.slice(1).map((ms, index) => ms - (timesMs[index] ?? 0))

/** Each token was one write of one key, and nothing else was written. */
function expectOnlyTokensWritten({ writer, issuedMs }: RegistryProcess): void {
  const [first, ...renewals] = writer.actions.map((action) =>
    action.kind === 'create' || action.kind === 'patch' ? [action.kind, ...action.set.keys()] : [action.kind],
  )
  expect([first?.[0], first?.slice(1).toSorted()]).toEqual(['create', [KEY, 'url']])
  expect(renewals).toEqual(issuedMs.slice(1).map(() => ['patch', KEY]))
  expect(writer.textsOf('web')).toMatchObject({ url: 'one' })
}

describe('a token of Container Registry', () => {
  const timeout = PROPERTY_TIMEOUT_MS

  it('is renewed after two thirds of its lifetime, and accepted at each minute', { timeout }, async () => {
    const process = await RegistryProcess.start(['1h', '1h'])
    const logins = await advanceMinutes(process, MINUTES)
    const { issuedMs } = process
    expect(Math.min(...agesOf(issuedMs))).toBeGreaterThanOrEqual(EARLIEST)
    expect(Math.max(...agesOf(issuedMs))).toBeLessThanOrEqual(LATEST + 1_000)
    expect(issuedMs.length).toBeGreaterThanOrEqual(1 + Math.floor((MINUTES * MINUTE) / LATEST))
    expect(issuedMs.length).toBeLessThanOrEqual(1 + Math.floor((MINUTES * MINUTE) / EARLIEST))
    expect(await process.calls()).toEqual({
      'GetAuthorizationToken OK': 2 * issuedMs.length,
      'Login OK': logins,
    })
    expectOnlyTokensWritten(process)
  })

  it('is accepted at each minute with outages of 15 minutes, throttling and restarts', { timeout }, async () => {
    const process = await RegistryProcess.start(['1h', '1h'])
    const { issuedMs } = process
    const lateMs = new Map<string, number[]>(Object.keys(TROUBLES).map((name) => [name, []]))
    let next = { name: '', dueMs: NaN, token: 0, steps: [] as Step[] }
    await advanceMinutes(process, HOURS * 60, async () => {
      if (issuedMs.length > next.token) {
        lateMs.get(next.name)?.push((issuedMs.at(-1) ?? 0) - next.dueMs)
        const [name, steps] = Object.entries(TROUBLES)[issuedMs.length % 4] ?? ['', []]
        next = { name, dueMs: process.renewalMs(), token: issuedMs.length, steps: [...steps] }
      }
      while ((next.steps[0]?.minute ?? Infinity) * MINUTE + next.dueMs <= process.clock.now())
        await next.steps.shift()?.run(process)
    })
    const [outage = [], throttling = [], restart = [], both = []] = lateMs.values()
    expect(Math.min(...[outage, throttling, restart, both].map(({ length }) => length))).toBeGreaterThanOrEqual(
      Math.floor((HOURS * 5) / 24),
    )
    expect(Math.min(...outage, ...both)).toBeGreaterThanOrEqual(15 * MINUTE)
    expect(Math.max(...outage, ...both)).toBeLessThanOrEqual(17 * MINUTE)
    expect(Math.max(...throttling)).toBeLessThanOrEqual(6 * MINUTE)
    expect(Math.max(...restart)).toBeLessThanOrEqual(1_000)
    expect(Math.min(...agesOf(issuedMs))).toBeGreaterThanOrEqual(EARLIEST)
    const calls = await process.calls()
    expect(calls['GetAuthorizationToken OK']).toBe(2 * issuedMs.length)
    // Once a minute for each instance, and once more after a restart.
    expect(calls['GetAuthorizationToken ServiceUnavailableTemporary']).toBeLessThanOrEqual(
      2 * 18 * (outage.length + both.length + 1),
    )
    expectOnlyTokensWritten(process)
  })

  it('is accepted while tokens of other instances have other lifetimes', { timeout }, async () => {
    const process = await RegistryProcess.start(['1h', '50m'])
    await advanceMinutes(process, 6 * 60)
    const { calls } = (await process.control('GET', '/calls?groupBy=action,secret')) as { calls: readonly Call[] }
    const issuedFor = (id: string): number =>
      calls.find(({ action, secret }) => action === 'GetAuthorizationToken' && secret === id)?.count ?? 0
    // After 40 to 45 minutes, because the other token of the document may be due a little later; and after 33 to 35.
    expect([8, 9, 10]).toContain(issuedFor('cri-a'))
    expect(issuedFor('cri-b')).toBe(11)
    expectOnlyTokensWritten(process)
  })
})

/** What a test does at a time before or after the renewal of a token. */
interface Step {
  readonly minute: number
  readonly run: (process: RegistryProcess) => Promise<unknown>
}

const match = { action: 'GetAuthorizationToken' }
const restart: Step['run'] = (process) => process.restart()
const fail: Step['run'] = ({ control }) => control('POST', '/faults', { match, fault: 'http503' })
const recover: Step['run'] = ({ control }) => control('DELETE', '/faults')
/** `Retry-After` is as long as the token lives. */
const throttle: Step['run'] = ({ control }) =>
  control('POST', '/faults', { match, fault: 'throttle', ms: HOUR, count: 2 })

const TROUBLES: Readonly<Record<string, readonly Step[]>> = {
  outage: [
    { minute: -1, run: fail },
    { minute: 15, run: recover },
  ],
  throttling: [{ minute: -1, run: throttle }],
  restart: [{ minute: -20, run: restart }],
  'outage and restart': [
    { minute: -1, run: fail },
    { minute: 7, run: restart },
    { minute: 15, run: recover },
  ],
}

interface Call {
  readonly action: string
  readonly secret: string
  readonly count: number
}

import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { ACCESS_KEY, type OperatorProcess, TestEnvironment, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'

const NAMES = ['a', 'b', 'c']
/** Backoff doubles up to five minutes. */
const PAUSES_MS = 330_000

type Says = (what: string, patterns: readonly RegExp[], deadlineMs?: number) => Promise<void>

/** Waits for as many new log lines as patterns, and expects each line to match one pattern. */
function reader({ program }: OperatorProcess): Says {
  let read = 0
  return async (what, patterns, deadlineMs = 60_000) => {
    await until(`${what}: ${patterns.length} lines`, async () => program.lines.length >= read + patterns.length, {
      deadlineMs,
    })
    const lines = program.lines.slice(read)
    read = program.lines.length
    const missing = [...patterns]
    const surplus = lines.filter((line) => {
      const at = missing.findIndex((pattern) => pattern.test(line))
      if (at >= 0) missing.splice(at, 1)
      return at < 0
    })
    expect({ what, missing, surplus }).toEqual({ what, missing: [], surplus: [] })
  }
}

const each = (pattern: (name: string) => string): readonly RegExp[] => NAMES.map((name) => new RegExp(pattern(name)))

describeCluster('the log shows', { timeout: 3 * PAUSES_MS }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let leader: OperatorProcess
  let standby: OperatorProcess
  let says: Says
  const well = (reason: string): readonly RegExp[] =>
    each((name) => `INFO  \\S+/${name}: Recovered was=${reason} after=\\S+$`)

  beforeAll(async () => {
    env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { db: 'one' } } })
    leader = await env.leader('--log-level=info', '--log-format=text')
    says = reader(leader)
  })
  afterAll(() => env?.[Symbol.asyncDispose]())

  it('version, operator identity and stores at the start', async () => {
    await says('the start', [
      /INFO {2}Starting version=\S+ node=\S+ region=cn-hangzhou cluster=/,
      /INFO {2}No operator identity configured; each store needs its own credentials$/,
      /INFO {2}Serving probes metricsPort=\d+ healthPort=\d+/,
      /INFO {2}SecretStore \S+\/kms: Store ready identity="AccessKey LTAI5tTest" endpoint=\S+:\d+$/,
      /INFO {2}Caches synced resources=0$/,
      /INFO {2}Leading /,
    ])
  })

  it('a standby, as one JSON object per line with that format', async () => {
    standby = await env.operator('--log-level=info', '--log-format=json', '--polling-interval=10s')
    const facts = await standby.program.line((line) =>
      line.includes('"Standby: another replica is the leader"') ? line : undefined,
    )
    expect(JSON.parse(facts)).toMatchObject({ level: 'info', leader: expect.any(String) as unknown })
  })

  it('each written Secret once, and nothing while idle', async () => {
    for (const name of NAMES) await env.externalSecret(name, { password: 'db' })
    await says(
      'the first sync',
      each(
        (name) =>
          `INFO  \\S+/${name}: Secret written reason=Synced duration=\\S+ target=${name} sources=\\["db@v1"\\]$`,
      ),
    )
    await env.simulator.control('DELETE', '/calls')
    await until('all is read several times', async () => (await env.simulator.calls()).total >= 3)
    await says('nothing', [])
    await env.simulator.put('db', 'three', 'v2')
    await says(
      'a rotation',
      each((name) => `INFO  \\S+/${name}: Secret written .*"db@v2"`),
    )
  })

  /** Failed KMS reads whose results have been reported. */
  const tries = async (): Promise<number> =>
    Number(/^acksm_source_reads_total\{.*result="Unavailable"\} (\d+)$/m.exec(await leader.metrics())?.[1])

  it('the start and end of a KMS outage, and no retry in between', async () => {
    await env.simulator.control('POST', '/faults', { fault: 'http503' })
    await says(
      'the outage',
      each(
        (name) =>
          `WARN  \\S+/${name}: Stale: KMS secret "db" at \\S+: the service reports an internal error.*last values kept.* reason=Stale`,
      ),
    )
    const before = await tries()
    await until('it is tried again', async () => (await tries()) > before, { deadlineMs: PAUSES_MS })
    await says('nothing', [])
    await env.simulator.control('DELETE', '/faults')
    await says('its end', well('Stale'), PAUSES_MS)
  })

  it('a rejected store, its ExternalSecrets, and their recovery', async () => {
    await env.putSecret('kms-key', { ...ACCESS_KEY, secret: 'wrong' })
    await says('the refusal', [
      /WARN {2}SecretStore \S+\/kms: .*AccessKey LTAI5tTest is rejected: the signature does not match: check the AccessKey secret.* reason=AuthenticationFailed$/,
      ...each((name) => `WARN  \\S+/${name}: .*check the AccessKey secret.* reason=AuthenticationFailed`),
    ])
    await env.putSecret('kms-key', ACCESS_KEY)
    await says('its end', [
      /INFO {2}SecretStore \S+\/kms: Recovered was=AuthenticationFailed after=\S+$/,
      ...well('AuthenticationFailed'),
    ])
  })

  it('the shutdown, and a new leader that logs nothing about unchanged resources', async () => {
    expect(await leader.stop()).toBe(0)
    await says('the end', [/INFO {2}Stopping: finishing the writes in progress grace=\S+$/, /INFO {2}Stopped$/])
    await standby.leading()
    await env.simulator.put('db', 'four', 'v3')
    const messages = (): readonly string[] =>
      standby.program.lines.map((line) => (JSON.parse(line) as { message: string }).message)
    const written = async (): Promise<boolean> =>
      messages().filter((message) => message === 'Secret written').length >= NAMES.length
    await until('each Secret is written', written, { deadlineMs: PAUSES_MS })
    for (const name of NAMES) await env.untilSecret(name, { password: 'four' })
    await standby.stop()
    expect(messages().slice(messages().indexOf('Standby: another replica is the leader') + 1)).toEqual([
      'Leading',
      ...NAMES.map(() => 'Secret written'),
      'Stopping: finishing the writes in progress',
      'Stopped',
    ])
  })
})

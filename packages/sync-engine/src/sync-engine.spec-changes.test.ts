import { type ErrorCode, SecretSyncError } from '@ack-secret-manager/core'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engineFixture, INTERVAL } from './testing/engine-fixture.ts'
import { type FakeValue, NO_OBJECTS, resourceOf, specOf, valueOf } from './testing/fixtures.ts'
import { PROPERTY_TIMEOUT_MS, propertyRuns } from './testing/property-runs.ts'

/** Long enough for a retry, a poll and the end of every tolerance. */
const SETTLED = 6 * INTERVAL
const SECRETS = ['A', 'B', 'misspelt'] as const

const whole = (key: string) => ({ key, name: key.toLowerCase() })
const picked = (key: string, ...paths: string[]) => ({
  key,
  jmesPath: paths.map((path) => ({ path, objectAlias: `${key.toLowerCase()}-${path}` })),
})
const extracted = (key: string) => ({ extract: { key } })
const template = { target: { template: { data: { dsn: '{{ .a }}' } } } }
/** Successive specs of one ExternalSecret. */
const SPECS = [
  { data: [whole('A')] },
  { data: [whole('A'), whole('B')] },
  { data: [whole('misspelt')] },
  { data: [whole('A'), whole('misspelt')] },
  { data: [picked('A', 'u')] },
  { data: [picked('A', 'u', 'p'), whole('B')] },
  { dataProcess: [extracted('A')] },
  { dataProcess: [extracted('misspelt')] },
  { data: [whole('B')], dataProcess: [extracted('misspelt')] },
  { data: [whole('A'), whole('B')], ...template },
  { data: [whole('A'), whole('misspelt')], ...template },
  { data: [whole('A'), whole('B')], onKeyFailure: 'Block' },
  { data: [whole('A'), whole('misspelt')], target: { immutable: true } },
].map(specOf)
type Spec = (typeof SPECS)[number]

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('respec'), spec: fc.nat(SPECS.length - 1) }) },
  fc.record({
    do: fc.constant('fail'),
    secret: fc.constantFrom('A', 'B'),
    code: fc.constantFrom<ErrorCode[]>('NotFound', 'AccessDenied', 'Unavailable'),
  }),
  fc.record({ do: fc.constant('mend'), secret: fc.constantFrom('A', 'B') }),
  fc.record({ do: fc.constant('rotate'), secret: fc.constantFrom('A', 'B') }),
)

/** An engine with a resource whose spec changes while its secrets are deleted and restored. */
function start() {
  const faults = new Map<string, ErrorCode>([['misspelt', 'NotFound']])
  const versions = new Map<string, number>()
  const respond =
    (secret: string): FakeValue =>
    () => {
      const code = faults.get(secret)
      if (code) throw new SecretSyncError(code, `${secret} ${code}`)
      const version = `${secret}${versions.get(secret) ?? 1}`
      return valueOf(JSON.stringify({ u: `${version}u`, p: `${version}p` }), version)
    }
  let generation = 0
  const fixture = engineFixture(Object.fromEntries(SECRETS.map((secret) => [secret, respond(secret)])), {
    templating: {
      renderer: new TinyRenderer(),
      sources: NO_OBJECTS,
    },
  })
  const { engine, statuses, writer } = fixture
  const upsert = (spec: Spec): void => {
    generation += 1
    engine.upsert(resourceOf(spec, { generation, status: statuses.at(-1) }))
  }
  const says = (): string => `${fixture.ready()}: ${fixture.message()}`
  return { ...fixture, faults, versions, upsert, says, held: () => writer.textsOf('web') }
}

const asked = ({ data, dataProcess }: Spec): readonly string[] => [
  ...data.map(({ key }) => key),
  ...dataProcess.map(({ extract }) => extract.key),
]

it(
  'removes no key because of a failed source, for any change of the spec',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const { clock, engine, faults, versions, upsert, says, held } = start()
        let spec = SPECS[1] as Spec
        upsert(spec)
        await clock.advance(SETTLED)
        for (const each of steps) {
          const before = held()
          if (each.do === 'respec' && 'spec' in each) upsert((spec = SPECS[each.spec] as Spec))
          if (each.do === 'fail' && 'code' in each) faults.set(each.secret, each.code)
          if (each.do === 'mend' && 'secret' in each) faults.delete(each.secret)
          if (each.do === 'rotate' && 'secret' in each) versions.set(each.secret, (versions.get(each.secret) ?? 1) + 1)
          await clock.advance(SETTLED)

          const secrets = asked(spec)
          expect(Object.keys(held() ?? {})).not.toEqual([])
          const read = secrets.filter((secret) => !faults.has(secret))
          expect(says().startsWith('True')).toBe(read.length === secrets.length)
          if (!secrets.includes('misspelt')) continue
          expect(Object.keys(held() ?? {})).toEqual(expect.arrayContaining(unreplaced(before, read)))
        }
        await engine.close()
      }),
      { numRuns: propertyRuns(60) },
    )
  },
  PROPERTY_TIMEOUT_MS,
)

describe('a spec that is changed while a secret cannot be read', () => {
  it('is not Ready until it is fully applied, even in a short outage', async () => {
    const { clock, faults, upsert, says, held } = start()
    upsert(specOf({ data: [whole('A')] }))
    await clock.advance(INTERVAL)
    faults.set('A', 'Unavailable')
    await clock.advance(INTERVAL)
    expect(says()).toBe('True Synced: 1 key up to date')
    upsert(specOf({ data: [whole('A')], ...template }))
    await clock.advance(1_000)
    expect(says()).toMatch(/^False Unavailable: Unavailable: "A": .*last values kept/)
    expect(Object.keys(held() ?? {})).toEqual(['a'])
    faults.delete('A')
    await clock.advance(SETTLED)
    expect(says()).toBe('True Synced: 1 key up to date')
    expect(Object.keys(held() ?? {})).toEqual(['dsn'])
  })

  it('removes keys that it no longer names, and reports those that stay', async () => {
    const { clock, faults, upsert, says, held } = start()
    upsert(specOf({ data: [whole('A'), whole('B')] }))
    await clock.advance(INTERVAL)
    faults.set('B', 'AccessDenied')
    upsert(specOf({ data: [whole('B')] }))
    await clock.advance(SETTLED)
    expect(Object.keys(held() ?? {})).toEqual(['b'])
    expect(says()).toMatch(/\(last values kept\)$/)
    upsert(specOf({ data: [whole('misspelt')] }))
    await clock.advance(SETTLED)
    expect(Object.keys(held() ?? {})).toEqual(['b'])
    expect(says()).toMatch(
      /\(last values kept; key b is no longer in the spec and is removed once every source can be read\)$/,
    )
  })

  it('ignores a short outage of a source, even if another one fails permanently', async () => {
    const { clock, faults, upsert, says } = start()
    upsert(specOf({ data: [whole('A'), whole('B')] }))
    await clock.advance(INTERVAL)
    faults.set('A', 'AccessDenied')
    await clock.advance(SETTLED)
    const before = says()
    expect(before).toMatch(/^False Degraded: AccessDenied: "A"/)
    faults.set('B', 'Unavailable')
    await clock.advance(INTERVAL)
    expect(says()).toBe(before)
    await clock.advance(SETTLED)
    expect(says()).toMatch(/Stale: "B"/)
  })

  it.each([
    ['one that is suspended', { data: [whole('A')], suspend: true }, 'Suspended'],
    ['a target that is refused', { data: [{ key: 'A', name: 'u' }], dataProcess: [extracted('A')] }, 'DuplicateKey'],
    [
      'one whose spec does not compile',
      { data: [{ key: 'A', jmesPath: [{ path: 'u[', objectAlias: 'u' }] }] },
      'InvalidSpec',
    ],
    [
      'one whose content cannot be written yet',
      { data: [whole('A'), whole('misspelt')], onKeyFailure: 'Block' },
      'Degraded',
    ],
  ])('retains %s at once', async (_what, spec, reason) => {
    const { clock, writer, upsert, says, held } = start()
    upsert(specOf({ data: [whole('A')] }))
    await clock.advance(INTERVAL)
    const before = held()
    upsert(specOf({ ...spec, target: { deletionPolicy: 'Retain' } }))
    await clock.advance(INTERVAL)
    expect(says()).toMatch(new RegExp(`^False ${reason}`))
    expect(writer.actions.slice(1)).toMatchObject([{ kind: 'patch', remove: [], record: { deletion: 'retain' } }])
    expect(held()).toEqual(before)
  })
})

/** Keys of unread secrets, which the misspelt secret may replace. */
function unreplaced(before: Record<string, string> = {}, read: readonly string[]): string[] {
  const isRead = (value: string): boolean => read.some((secret) => value.includes(secret))
  return Object.keys(before).filter((key) => key === 'dsn' || !isRead(before[key] ?? ''))
}

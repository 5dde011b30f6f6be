import { inspect } from 'node:util'
import { type SecretValue, Sensitive, type TargetAction } from '@ack-secret-manager/core'
import { MemoryWriter } from '@ack-secret-manager/test-support/memory-writer'
import { TinyRenderer } from '@ack-secret-manager/test-support/tiny-renderer'
import { describe, expect, it } from 'vitest'
import { compile } from '../plan/compile.ts'
import { objectId } from '../plan/template-plan.ts'
import { reconcileTarget } from '../reconcile/target/reconcile-target.ts'
import { connectionOf, digester, mapBackend, resourceOf, specOf, TARGET, valueOf } from '../testing/fixtures.ts'
import { assemble } from './assemble.ts'
import { extractKeys } from './extract-keys.ts'

const CANARY = 'correct-horse-battery'
const FORMS = ['utf8', 'base64', 'hex'] as const

/** Everything that a log, an error or JSON could show of `value`, without white space. */
function shown(value: unknown): string {
  const json = JSON.stringify(value, (_key, member: unknown) =>
    member instanceof Map ? [...member] : member instanceof Set ? [...member] : member,
  )
  const inspected = inspect(value, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null })
  return `${json}${inspected}`.replaceAll(/\s/g, '')
}

function showsCanary(value: unknown): boolean {
  const bytes = Buffer.from(CANARY)
  const text = shown(value)
  return [...FORMS.map((form) => bytes.toString(form)), bytes.join(',')].some((form) => text.includes(form))
}

const spec = specOf({
  data: [{ key: 'app/db', name: 'password' }],
  dataProcess: [{ extract: { key: 'app/doc' } }],
  target: {
    template: {
      data: { url: 'x:{{ .password }}' },
      templateFrom: [{ secret: { name: 'tpl', items: [{ key: 'text', templateAs: 'Values' }] } }],
    },
  },
})
const values = new Map<string, SecretValue>([
  ['app/db', valueOf(CANARY)],
  ['app/doc', valueOf(JSON.stringify({ member: CANARY }))],
])

async function parts() {
  const backend = mapBackend(values)
  const plan = await compile(spec, 'default', () => ({ kind: 'ready', connection: connectionOf(backend) }), {
    intervalMs: 1,
    disablePolling: false,
  })
  const readings = new Map(
    plan.reads.map(({ key, ref }) => [key, { kind: 'value', value: values.get(ref.name) as SecretValue }] as const),
  )
  const renderer = new TinyRenderer()
  const contents = new Map(
    plan.templates?.objects.map((object) => [
      objectId(object),
      new Map([['text', new Sensitive(Buffer.from(`line=${CANARY}`))]]),
    ]),
  )
  return { plan, readings, renderer, contents }
}

describe('plaintext stays Sensitive', () => {
  it.each([
    ['a text', `x ${CANARY}`],
    ['bytes', new TextEncoder().encode(CANARY)],
    ['a Buffer in a Map', new Map([['a', Buffer.from(CANARY)]])],
  ])('in a check that finds %s', (_what, value) => {
    expect(showsCanary(value)).toBe(true)
  })

  it('in readings and extracted keys', async () => {
    const { plan, readings } = await parts()
    const extracted = await extractKeys(plan, readings)
    expect([...extracted.keys.keys()]).toEqual(['password', 'member'])
    expect([showsCanary(readings), showsCanary(extracted)]).toEqual([false, false])
  })

  it('in the input and the output of templates', async () => {
    const { plan, readings, renderer, contents } = await parts()
    const rendering = { renderer, contents, seed: 'seed', signal: new AbortController().signal }
    const assembled = await assemble(plan, { readings, target: TARGET, digester, rendering })
    expect([...assembled.data.keys()]).toEqual(['url', 'text'])
    const [request] = renderer.requests
    expect(request?.data.size).toBe(2)
    expect([showsCanary(contents), showsCanary(request), showsCanary(assembled)]).toEqual([false, false, false])
  })

  it('in the action and the outcome of a write', async () => {
    const { plan, readings, renderer, contents } = await parts()
    const writer = new MemoryWriter(digester)
    const outcome = await reconcileTarget({
      resource: resourceOf(spec),
      spec,
      plan,
      readings,
      generators: [],
      clocks: [{ now: () => 0 }],
      rendering: { renderer, contents },
      writer,
      digester,
      signal: new AbortController().signal,
      before: undefined,
      missing: false,
      restarts: false,
    })
    const actions: readonly TargetAction[] = writer.actions
    expect(actions).toMatchObject([{ kind: 'create' }])
    expect([showsCanary(actions), showsCanary(outcome)]).toEqual([false, false])
  })
})

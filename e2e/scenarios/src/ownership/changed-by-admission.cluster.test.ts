import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { canary } from '@ack-secret-manager/test-support/canary'
import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { ObjectHistory, TestEnvironment, textsOf, until } from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { MutatingWebhook, type Rule } from './mutating-webhook.ts'

const GROUP = 'alibabacloud.com'
const DEADLINE_MS = 120_000
const [A, B, NEXT] = [canary('admission-a'), canary('admission-b'), canary('admission-next')]
const VALUES = { a: A, b: B }
const OTHER = canary('admission-other')

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const pathOf = (part: string, name: string): string => `/metadata/${part}/${name.replace('/', '~1')}`

interface Resource extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly reason: string }[] }
}

const changeA: Rule = () => [{ op: 'replace', path: '/data/a', value: base64(OTHER) }]

interface Row {
  readonly rule: Rule
  /** What the message says about the policy. */
  readonly says: string
  readonly target?: object
}

/** Policies, by the name of the Secret that they change. */
const ROWS: Readonly<Record<string, Row>> = {
  value: { rule: changeA, says: 'changed key a' },
  newline: {
    rule: () => [{ op: 'replace', path: '/data/a', value: base64(`${A}\n`) }],
    says: 'changed key a',
  },
  'both-keys': {
    rule: () => [
      { op: 'replace', path: '/data/a', value: base64(OTHER) },
      { op: 'remove', path: '/data/b' },
    ],
    says: 'changed key a, removed key b',
  },
  'removed-key': { rule: () => [{ op: 'remove', path: '/data/b' }], says: 'removed key b' },
  type: {
    rule: (_secret, operation) =>
      operation === 'CREATE' ? [{ op: 'add', path: '/type', value: 'example.com/other' }] : [],
    says: 'changed the type',
  },
  provenance: {
    rule: () => [{ op: 'remove', path: pathOf('annotations', `${GROUP}/provenance`) }],
    says: `removed annotation ${GROUP}/provenance`,
  },
  label: {
    rule: () => [{ op: 'remove', path: pathOf('labels', `${GROUP}/managed-by`) }],
    says: `removed label ${GROUP}/managed-by`,
  },
  'owner-reference': {
    rule: ({ metadata: { ownerReferences } }) =>
      ownerReferences ? [{ op: 'remove', path: '/metadata/ownerReferences' }] : [],
    says: 'changed the ownerReferences',
  },
  'spec-label': {
    rule: () => [{ op: 'replace', path: pathOf('labels', 'team'), value: 'other' }],
    target: { template: { metadata: { labels: { team: 'payments' } } } },
    says: 'changed a label of the spec',
  },
  retained: {
    rule: changeA,
    target: { deletionPolicy: 'Retain' },
    says: 'changed key a',
  },
  immutable: {
    rule: changeA,
    target: { immutable: true },
    says: 'changed key a',
  },
}
/** Resources whose status stops to say that a write was changed, or never did. */
const UNREPORTED = ['crashed', 'suspended', 'without-store']
/** Policies that add what the operator does not own. */
const ADDED: Readonly<Record<string, Rule>> = {
  'other-key': () => [{ op: 'add', path: '/data/z', value: base64('added') }],
  'other-metadata': () => [
    { op: 'add', path: pathOf('labels', 'cost-center'), value: '42' },
    { op: 'add', path: pathOf('annotations', 'example.com/scanned'), value: 'true' },
  ],
}

describeCluster('a Secret that mutating admission changes', { timeout: 4 * DEADLINE_MS }, () => {
  const cluster = useCluster()
  let env: TestEnvironment
  let webhook: MutatingWebhook

  const messageOf = (verb: string, name: string, says: string): string =>
    `${verb} Secret ${cluster.namespace}/${name}: an admission webhook or policy ${says}; exclude the Secrets of this operator from it`
  const untilFailed = (name: string) => env.untilReason('externalsecrets', name, 'WriteFailed', DEADLINE_MS)
  const untilSynced = (name: string) => env.untilReason('externalsecrets', name, 'Synced', DEADLINE_MS)

  beforeAll(async () => {
    const names = [...Object.keys(ROWS), ...Object.keys(ADDED), ...UNREPORTED, 'untouched', 'unset']
    const secrets = names.flatMap((name) => Object.entries(VALUES).map(([key, value]) => [`${name}/${key}`, value]))
    env = await TestEnvironment.start({
      controlPlane: cluster,
      seed: { secrets: Object.fromEntries(secrets) as Record<string, string> },
    })
    webhook = env.use(await MutatingWebhook.register(cluster))
    for (const [name, { rule }] of Object.entries(ROWS)) webhook.rules.set(name, rule)
    for (const [name, rule] of Object.entries(ADDED)) webhook.rules.set(name, rule)
    for (const name of ['suspended', 'without-store']) webhook.rules.set(name, changeA)
    for (const name of names) {
      const target = ROWS[name]?.target
      await env.externalSecret(name, { a: `${name}/a`, b: `${name}/b` }, target ? { target } : {})
    }
    await env.leader('--kms-qps=0')
  }, 4 * DEADLINE_MS)
  afterAll(() => env[Symbol.asyncDispose]())

  it.for(Object.entries(ROWS))('%s: is not ready, and the message says what was changed', async ([name, { says }]) => {
    const { status, message } = await untilFailed(name)
    expect(status).toBe('False')
    expect([messageOf('create', name, says), messageOf('patch', name, says)]).toContain(message)
  })

  it('has an event', async () => {
    const path = `/apis/events.k8s.io/v1/namespaces/${cluster.namespace}/events`
    // A retry may come before the report of the first failure, which it then replaces.
    const notes = [messageOf('create', 'value', 'changed key a'), messageOf('patch', 'value', 'changed key a')]
    await until('the event of the failure', async () => {
      const { body } = await cluster.request<{ items: { reason: string; type: string; note: string }[] }>('GET', path)
      return body.items.find(
        ({ note, reason, type }) => notes.includes(note) && reason === 'WriteFailed' && type === 'Warning',
      )
    })
  })

  it.for(Object.keys(ADDED))('%s: is ready with what the policy adds', async (name) => {
    await untilSynced(name)
    const secret = await env.secret(name)
    expect(secret && textsOf(secret)).toMatchObject(VALUES)
    expect(webhook.writesOf(name)).toHaveLength(1)
  })

  it('leaves other Secrets alone', async () => {
    await untilSynced('untouched')
    await env.untilSecret('untouched', VALUES)
    expect(webhook.writesOf('untouched')).toHaveLength(1)
  })

  it('is written once for each attempt, with exponential backoff, whatever others do with it', async () => {
    // Each pause is twice as long as the one before, beginning with a second.
    let touched = 0
    const attempts = await until(
      'four attempts',
      async () => {
        const writes = webhook.writesOf('value')
        // If it was touched during a write, that is a conflict, which is tried again at once.
        const starts = writes.filter((time, index) => index === 0 || time - (writes[index - 1] ?? 0) > 500)
        if (starts.length > touched) {
          touched = starts.length
          const metadata = { annotations: { 'example.com/touched': String(touched) } }
          await cluster.request('PATCH', `${env.secretPath('value')}?fieldManager=other`, { metadata })
        }
        expect(writes.length).toBeLessThanOrEqual(2 * starts.length)
        return starts.length >= 4 ? starts : undefined
      },
      { deadlineMs: DEADLINE_MS },
    )
    const pauses = attempts.slice(1, 4).map((time, index) => time - (attempts[index] ?? 0))
    for (const [index, pause] of pauses.entries()) expect(pause).toBeGreaterThan(900 * 2 ** index)
  })

  it('of a wrong type or with wrong immutable content is not recreated to get the same', async () => {
    // Each attempt for one of both is two dry runs.
    await until('two attempts for both', async () => webhook.checks >= 8, { deadlineMs: DEADLINE_MS })
    for (const name of ['type', 'immutable']) expect(webhook.writesOf(name)).toHaveLength(1)
  })

  it('is not ready either if the policy changes a key that a write does not set', async () => {
    await untilSynced('unset')
    webhook.rules.set('unset', (_secret, operation) =>
      operation === 'UPDATE' ? [{ op: 'replace', path: '/data/b', value: base64(OTHER) }] : [],
    )
    await env.simulator.put('unset/a', NEXT)
    expect(await untilFailed('unset')).toMatchObject({ message: messageOf('patch', 'unset', 'changed key b') })
    webhook.rules.delete('unset')
    await env.untilSecret('unset', { a: NEXT, b: B })
    await untilSynced('unset')
  })

  it('is not ready after a restart of the operator', async () => {
    const names = Object.keys(ROWS).filter((name) => name !== 'type' && name !== 'immutable')
    const history = env.use(await ObjectHistory.start<Resource>(cluster, `/apis/${GROUP}/v1alpha1`, 'externalsecrets'))
    await env.operators[0]?.stop()
    const before = new Map(names.map((name) => [name, webhook.writesOf(name).length]))
    await env.leader('--kms-qps=0')
    await until(
      'all are tried again',
      async () => names.every((name) => webhook.writesOf(name).length > (before.get(name) ?? 0)),
      { deadlineMs: DEADLINE_MS },
    )
    for (const name of Object.keys(ROWS)) {
      const reasons = (await history.of(name)).map((state) => state?.status?.conditions?.[0]?.reason)
      expect([name, new Set(reasons)]).toEqual([name, new Set(['WriteFailed'])])
    }
  })

  it('is written again after a restart if the last status did not say that it was changed', async () => {
    const patch = (name: string, spec: object) =>
      cluster.request('PATCH', `/apis/${GROUP}/v1alpha1/namespaces/${cluster.namespace}/externalsecrets/${name}`, {
        spec,
      })
    const storeOf = (name: string) =>
      Object.keys(VALUES).map((key) => ({ key: `without-store/${key}`, name: key, secretStoreRef: { name } }))
    for (const name of ['suspended', 'without-store']) await untilFailed(name)
    await patch('suspended', { suspend: true })
    await env.untilReason('externalsecrets', 'suspended', 'Suspended', DEADLINE_MS)
    await patch('without-store', { data: storeOf('missing') })
    await env.untilReason('externalsecrets', 'without-store', 'StoreNotFound', DEADLINE_MS)
    await untilSynced('crashed')
    const { program } = env.operators.at(-1) ?? {}
    webhook.rules.set('crashed', (secret, operation) => {
      // It neither gets the response nor writes a status, and the API server does not cancel the write.
      program?.kill('SIGSTOP')
      return changeA(secret, operation)
    })
    await env.simulator.put('crashed/b', NEXT)
    await env.untilSecret('crashed', { a: OTHER, b: NEXT })
    program?.kill('SIGKILL')
    await program?.exited
    for (const name of UNREPORTED) webhook.rules.delete(name)
    // The Lease of a killed leader has to expire.
    await env.leader('--kms-qps=0', '--leader-elect=false')
    await patch('suspended', { suspend: false })
    await patch('without-store', { data: storeOf('kms') })
    await env.untilSecret('crashed', { a: A, b: NEXT })
    for (const name of ['suspended', 'without-store']) await env.untilSecret(name, VALUES)
    for (const name of UNREPORTED) await untilSynced(name)
  })

  it('is not blamed for an edit under the field manager of the operator while none runs', async () => {
    await untilSynced('untouched')
    const history = env.use(await ObjectHistory.start<Resource>(cluster, `/apis/${GROUP}/v1alpha1`, 'externalsecrets'))
    await env.operators.at(-1)?.stop()
    const edit = { metadata: { labels: { [`${GROUP}/managed-by`]: null } }, data: { a: base64(OTHER) } }
    await cluster.request('PATCH', `${env.secretPath('untouched')}?fieldManager=ack-secret-manager`, edit)
    await env.leader('--kms-qps=0', '--leader-elect=false')
    await env.untilSecret('untouched', VALUES)
    await untilSynced('untouched')
    const reasons = (await history.of('untouched')).map((state) => state?.status?.conditions?.[0]?.reason)
    expect(new Set(reasons)).toEqual(new Set(['Synced']))
  })

  it('recovers when the policy is gone', async () => {
    webhook.rules.clear()
    for (const name of Object.keys(ROWS)) {
      await untilSynced(name)
      await env.untilSecret(name, VALUES)
    }
    const visible = await env.visibleObjects()
    for (const value of [A, B, OTHER, NEXT]) expect(visible).not.toContain(value)
  })
})

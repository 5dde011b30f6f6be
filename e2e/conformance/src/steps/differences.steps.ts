import { canary } from '@ack-secret-manager/test-support/canary'
import { expect } from 'vitest'
import { begin, expectKept, untilNotReady } from '../helpers.ts'
import type { DIFFERENCES } from '../tables/differences.ts'
import { copyOf, extractOf, picksOf } from '../spec-entries.ts'
import { INSTANCE_SEED, OwnStore } from '../own-store.ts'
import type { Steps, ScenarioSteps } from '../scenario-tests.ts'
import type { Scenario } from '../scenario.ts'

/** Seed of the rows about the RAM role of the node and about client keys. */
export const DIFFERENCES_SEED = {
  roles: [{ name: 'node', trust: { ecs: true }, allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }] }],
  metadata: { role: 'node' },
  instances: [INSTANCE_SEED],
}

/** The document gives exactly these keys. */
const gives = (
  spec: (scenario: Scenario) => object,
  document: string,
  texts: Readonly<Record<string, string>>,
): Steps => {
  return async (scenario) => {
    await scenario.put({ document })
    const secret = await begin(scenario, texts, spec(scenario))
    await scenario.untilRead('document')
    await expectKept(scenario, secret)
  }
}

/** A synced resource gets a template that fails. */
const refusesTemplate = (template: object, says: RegExp): Steps => {
  return async (scenario) => {
    await scenario.put({ user: 'tom' })
    const before = await begin(scenario, { user: 'tom' })
    await scenario.patch({ spec: { target: { template } } })
    await untilNotReady(scenario, 'TemplateError', says)
    await scenario.untilEvents(['Synced', 'TemplateError'])
    await scenario.untilRead('user')
    await expectKept(scenario, before)
  }
}

/** A store that only the RAM role of the node could read. */
const refusesStore = (spec: object, says: RegExp): Steps => {
  return async (scenario) => {
    await scenario.put({ password: 'one' })
    await scenario.env.apply('SecretStore', scenario.id, spec)
    const store = await scenario.env.untilReason('secretstores', scenario.id, 'AuthenticationFailed')
    expect(store.message).toMatch(says)
    await scenario.apply({ data: [copyOf(scenario, 'password', { secretStoreRef: { name: scenario.id } })] })
    await untilNotReady(scenario, 'AuthenticationFailed', says)
    expect(await scenario.hadSecret()).toBe(false)
    expect(await scenario.calls('password')).toEqual({})
    const { calls } = await scenario.env.simulator.calls()
    expect(calls.filter(({ action }) => /^GetMetadata|^GetRole/.test(action))).toEqual([])
  }
}

export const differencesSteps: ScenarioSteps<typeof DIFFERENCES> = {
  'path-lost': async (scenario) => {
    await scenario.put({ document: '{"user":{"name":"tom"}}' })
    const entry = picksOf(scenario, 'document', 'user.name')
    const before = await begin(scenario, { 'user.name': 'tom' }, { data: [entry] })
    await scenario.put({ document: '{"user":"tom"}' })
    await untilNotReady(scenario, 'PathNotFound', /user\.name/)
    await scenario.untilEvents(['Synced', 'PathNotFound'])
    await scenario.untilRead('document')
    await expectKept(scenario, before)
  },
  'rule-values': gives(
    (scenario) => ({
      data: [],
      dataProcess: [{ ...extractOf(scenario, 'document'), replaceRule: [{ source: '^db_', target: 'DB_' }] }],
    }),
    '{"db_password":"db_one"}',
    { DB_password: 'db_one' },
  ),
  numbers: gives(
    (scenario) => ({ data: [], dataProcess: [extractOf(scenario, 'document')] }),
    '{"port":5432,"big":12345678901234567890,"float":1e+06,"mark":"<b>","nested":{"b":[1, 2],"a":null}}',
    { port: '5432', big: '12345678901234567890', float: '1e+06', mark: '<b>', nested: '{"b":[1,2],"a":null}' },
  ),
  yaml: gives(
    (scenario) => ({ data: [], dataProcess: [extractOf(scenario, 'document')] }),
    'base: &base {z: 1, a: 2}\nmode: 0123\nnone: null\nnested: {<<: *base, b: x}\n',
    { base: '{"z":1,"a":2}', mode: '0123', none: 'null', nested: '{"z":1,"a":2,"b":"x"}' },
  ),
  unowned: async (scenario) => {
    const before = await scenario.foreignSecret({ password: 'theirs' })
    await scenario.put({ password: 'one' })
    await scenario.apply()
    await untilNotReady(scenario, 'TargetConflict')
    await scenario.delete()
    await scenario.apply({}, `${scenario.id}-later`)
    await scenario.untilSynced({ password: 'one' }, `${scenario.id}-later`)
    await expectKept(scenario, before)
  },
  retained: async (scenario) => {
    await scenario.put({ password: 'one' })
    const before = await begin(scenario, { password: 'one' }, { target: { deletionPolicy: 'Retain' } })
    await scenario.delete()
    await scenario.apply({}, `${scenario.id}-later`)
    await scenario.untilSynced({ password: 'one' }, `${scenario.id}-later`)
    await expectKept(scenario, before)
  },
  'first-partial': async (scenario) => {
    await scenario.put({ password: 'one' })
    const data = [copyOf(scenario, 'password'), copyOf(scenario, 'token')]
    await scenario.apply({ data })
    await untilNotReady(scenario, 'Degraded', /SecretNotFound: KMS secret "first-partial\.token" /)
    await scenario.untilRead('password')
    await scenario.untilRead('token')
    expect(await scenario.hadSecret()).toBe(false)
    await scenario.put({ token: 'two' })
    const secret = await scenario.untilSynced({ password: 'one', token: 'two' })
    expect(await scenario.fixture.secrets.of(scenario.id)).toHaveLength(1)
    await expectKept(scenario, secret)
  },
  'no-identity': refusesStore({ KMS: {} }, /the operator identity, but none is configured: set/),
  'worker-role': refusesStore({ KMS: { KMSAuth: { workerRole: {} } } }, /RAM role requires --enable-worker-role/),
  'label-on-write': async (scenario) => {
    await scenario.put({ password: 'one' })
    const before = await begin(scenario, { password: 'one' })
    await scenario.put({ password: 'two' })
    const after = await scenario.untilSynced({ password: 'two' })
    expect(after.metadata.labels).toEqual(before.metadata.labels)
    const names = ({ annotations = {} }: typeof after.metadata): string[] => Object.keys(annotations).toSorted()
    expect(names(after.metadata)).toEqual(names(before.metadata))
    // A version id may contain four digits and a dash, so the pattern includes the `T` of a time.
    expect(JSON.stringify([after.metadata.labels, after.metadata.annotations])).not.toMatch(/\d{4}-\d\d-\d\dT/)
  },
  binary: async (scenario) => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index)).toString('base64')
    const { simulator } = scenario.env
    await simulator.control('PUT', `/secrets/${scenario.kmsName('key')}`, { dataBase64: bytes })
    const store = new OwnStore(scenario)
    await store.writeCredential(await simulator.clientKey('KAAP.good'))
    await store.apply(await store.clientKey())
    await scenario.apply(store.spec('key'))
    await scenario.untilReady('Synced')
    expect((await scenario.secret()).data).toEqual({ key: bytes })
    expect(await scenario.calls('key')).toMatchObject({ OK: expect.any(Number) as number })
  },
  'template-key': refusesTemplate(
    { data: { url: 'db://{{ .user }}@{{ .host }}' } },
    /data\[url\], line 1.*\.host has no value/,
  ),
  'template-label': refusesTemplate(
    { templateFrom: [{ target: 'Labels', templateAs: 'KeysAndValues', literal: 'not legal = {{ .user }}' }] },
    /templateFrom\[0\]/,
  ),
  'two-identities': async ({ env }) => {
    const first = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tOne', ALIBABA_CLOUD_ACCESS_KEY_SECRET: canary('first-key') }
    const second = { ACCESS_KEY_ID: 'LTAI5tTwo', SECRET_ACCESS_KEY: canary('second-key') }
    await expect(env.replica({ env: { ...first, ...second } })).rejects.toThrow(
      'ALIBABA_CLOUD_ACCESS_KEY_ID and ACCESS_KEY_ID configure two different identities',
    )
  },
}

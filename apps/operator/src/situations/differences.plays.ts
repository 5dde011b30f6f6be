import { OperatorProcess } from '@ack-secret-manager/testbed'
import { canary } from '@ack-secret-manager/testbed/canary'
import { expect } from 'vitest'
import { begin, expectKept, untilNotReady } from './course.ts'
import type { DIFFERENCES } from './differences.ts'
import { copyOf, extractOf, picksOf } from './entries.ts'
import { INSTANCE_SEED, OwnStore } from './own-store.ts'
import type { Play, Plays } from './play-table.ts'
import type { Situation } from './situation.ts'

/** The node's role and an instance with a client key, for the rows about them. */
export const DIFFERENCES_SEED = {
  roles: [{ name: 'node', trust: { ecs: true }, allow: [{ actions: ['kms:GetSecretValue'], resources: ['*'] }] }],
  metadata: { role: 'node' },
  instances: [INSTANCE_SEED],
}

/** The whole document is written out in one go. */
const gives = (
  spec: (situation: Situation) => object,
  document: string,
  texts: Readonly<Record<string, string>>,
): Play => {
  return async (situation) => {
    await situation.put({ document })
    const secret = await begin(situation, texts, spec(situation))
    await situation.untilAsked('document')
    await expectKept(situation, secret)
  }
}

/** A resource that was well has this target from now on. */
const refusesTemplate = (template: object, says: RegExp): Play => {
  return async (situation) => {
    await situation.put({ user: 'tom' })
    const before = await begin(situation, { user: 'tom' })
    await situation.patch({ spec: { target: { template } } })
    await untilNotReady(situation, 'TemplateError', says)
    await situation.untilEvents(['Synced', 'TemplateError'])
    await situation.untilAsked('user')
    await expectKept(situation, before)
  }
}

/** A store that could only be read with the role of the node. */
const refusesStore = (spec: object, says: RegExp): Play => {
  return async (situation) => {
    await situation.put({ password: 'one' })
    await situation.scene.apply('SecretStore', situation.id, spec)
    const store = await situation.scene.untilReason('secretstores', situation.id, 'AuthenticationFailed')
    expect(store.message).toMatch(says)
    await situation.apply({ data: [copyOf(situation, 'password', { secretStoreRef: { name: situation.id } })] })
    await untilNotReady(situation, 'AuthenticationFailed', says)
    expect(await situation.hadSecret()).toBe(false)
    expect(await situation.calls('password')).toEqual({})
    const { calls } = await situation.scene.simulator.calls()
    expect(calls.filter(({ action }) => /^GetMetadata|^GetRole/.test(action))).toEqual([])
  }
}

export const differencesPlays: Plays<typeof DIFFERENCES> = {
  'path-lost': async (situation) => {
    await situation.put({ document: '{"user":{"name":"tom"}}' })
    const entry = picksOf(situation, 'document', 'user.name')
    const before = await begin(situation, { 'user.name': 'tom' }, { data: [entry] })
    await situation.put({ document: '{"user":"tom"}' })
    await untilNotReady(situation, 'PathNotFound', /user\.name/)
    await situation.untilEvents(['Synced', 'PathNotFound'])
    await situation.untilAsked('document')
    await expectKept(situation, before)
  },
  'rule-values': gives(
    (situation) => ({
      data: [],
      dataProcess: [{ ...extractOf(situation, 'document'), replaceRule: [{ source: '^db_', target: 'DB_' }] }],
    }),
    '{"db_password":"db_one"}',
    { DB_password: 'db_one' },
  ),
  numbers: gives(
    (situation) => ({ data: [], dataProcess: [extractOf(situation, 'document')] }),
    '{"port":5432,"big":12345678901234567890,"float":1e+06,"mark":"<b>","nested":{"b":[1, 2],"a":null}}',
    { port: '5432', big: '12345678901234567890', float: '1e+06', mark: '<b>', nested: '{"b":[1,2],"a":null}' },
  ),
  yaml: gives(
    (situation) => ({ data: [], dataProcess: [extractOf(situation, 'document')] }),
    'base: &base {z: 1, a: 2}\nmode: 0123\nnone: null\nnested: {<<: *base, b: x}\n',
    { base: '{"z":1,"a":2}', mode: '0123', none: 'null', nested: '{"z":1,"a":2,"b":"x"}' },
  ),
  unowned: async (situation) => {
    const before = await situation.foreignSecret({ password: 'theirs' })
    await situation.put({ password: 'one' })
    await situation.apply()
    await untilNotReady(situation, 'TargetConflict')
    await situation.delete()
    await situation.apply({}, `${situation.id}-later`)
    await situation.untilSynced({ password: 'one' }, `${situation.id}-later`)
    await expectKept(situation, before)
  },
  retained: async (situation) => {
    await situation.put({ password: 'one' })
    const before = await begin(situation, { password: 'one' }, { target: { deletionPolicy: 'Retain' } })
    await situation.delete()
    await situation.apply({}, `${situation.id}-later`)
    await situation.untilSynced({ password: 'one' }, `${situation.id}-later`)
    await expectKept(situation, before)
  },
  'first-partial': async (situation) => {
    await situation.put({ password: 'one' })
    const data = [copyOf(situation, 'password'), copyOf(situation, 'token')]
    await situation.apply({ data })
    await untilNotReady(situation, 'Degraded', /SecretNotFound: KMS secret "first-partial\.token" /)
    await situation.untilAsked('password')
    await situation.untilAsked('token')
    expect(await situation.hadSecret()).toBe(false)
    await situation.put({ token: 'two' })
    const secret = await situation.untilSynced({ password: 'one', token: 'two' })
    expect(await situation.stage.secrets.of(situation.id)).toHaveLength(1)
    await expectKept(situation, secret)
  },
  'no-identity': refusesStore({ KMS: {} }, /the operator identity, but none is configured: set/),
  'worker-role': refusesStore({ KMS: { KMSAuth: { workerRole: {} } } }, /RAM role requires --enable-worker-role/),
  'label-on-write': async (situation) => {
    await situation.put({ password: 'one' })
    const before = await begin(situation, { password: 'one' })
    await situation.put({ password: 'two' })
    const after = await situation.untilSynced({ password: 'two' })
    expect(after.metadata.labels).toEqual(before.metadata.labels)
    const names = ({ annotations = {} }: typeof after.metadata): string[] => Object.keys(annotations).toSorted()
    expect(names(after.metadata)).toEqual(names(before.metadata))
    // No time: four digits and a dash alone may be in the id of a version as well.
    expect(JSON.stringify([after.metadata.labels, after.metadata.annotations])).not.toMatch(/\d{4}-\d\d-\d\dT/)
  },
  binary: async (situation) => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index)).toString('base64')
    const { simulator } = situation.scene
    await simulator.control('PUT', `/secrets/${situation.kmsName('key')}`, { dataBase64: bytes })
    const store = new OwnStore(situation)
    const { file = '', password = '' } = simulator.ready.clientKeys?.['KAAP.good'] ?? {}
    await store.keepClientKey(file, password)
    await store.apply(await store.clientKey())
    await situation.apply(store.spec('key'))
    await situation.untilReady('Synced')
    expect((await situation.secret()).data).toEqual({ key: bytes })
    expect(await situation.calls('key')).toMatchObject({ OK: expect.any(Number) as number })
  },
  'template-key': refusesTemplate(
    { data: { url: 'db://{{ .user }}@{{ .host }}' } },
    /data\[url\], line 1.*\.host has no value/,
  ),
  'template-label': refusesTemplate(
    { templateFrom: [{ target: 'Labels', templateAs: 'KeysAndValues', literal: 'not legal = {{ .user }}' }] },
    /templateFrom\[0\]/,
  ),
  'two-identities': async ({ scene }) => {
    const first = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tOne', ALIBABA_CLOUD_ACCESS_KEY_SECRET: canary('first-key') }
    const second = { ACCESS_KEY_ID: 'LTAI5tTwo', SECRET_ACCESS_KEY: canary('second-key') }
    const starting = OperatorProcess.start({
      kubeconfigPath: scene.place.kubeconfigPath,
      caFile: scene.simulator.caFile,
      kmsEndpoint: scene.simulator.endpoint,
      args: [`--watch-namespaces=${scene.place.namespace}`, `--leader-election-namespace=${scene.place.namespace}`],
      env: { ...first, ...second },
    })
    await expect(starting).rejects.toThrow(
      'ALIBABA_CLOUD_ACCESS_KEY_ID and ACCESS_KEY_ID configure two different identities',
    )
  },
}

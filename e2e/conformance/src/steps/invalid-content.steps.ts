import { expect } from 'vitest'
import type { KubeSecret } from '@ack-secret-manager/testenv'
import { begin, expectKept, expectUnwritable, untilNotReady } from '../helpers.ts'
import { copyOf, extractOf, picksOf } from '../spec-entries.ts'
import type { ScenarioSteps } from '../scenario-tests.ts'
import { expectInterval, expectNoReads } from '../polling-expectations.ts'
import type { Scenario } from '../scenario.ts'
import type { INVALID_CONTENT } from '../tables/invalid-content.ts'

const DOC = { user: 'tom', password: 'one' }

/** Syncs a Secret with the members of a document, each selected by its path. */
async function beginPicks(scenario: Scenario): Promise<KubeSecret> {
  await scenario.put({ doc: JSON.stringify(DOC) })
  return begin(scenario, DOC, { data: [picksOf(scenario, 'doc', 'user', 'password')] })
}

/** Syncs a Secret with a key for each member of a document. */
async function beginMembers(scenario: Scenario): Promise<KubeSecret> {
  await scenario.put({ doc: JSON.stringify(DOC) })
  return begin(scenario, DOC, { data: [], dataProcess: [extractOf(scenario, 'doc')] })
}

/** Asserts that an invalid spec is reported with its field and read by nothing, and that the next spec recovers. */
async function expectInvalidSpec(scenario: Scenario, spec: object, field: string): Promise<void> {
  const before = await beginPicks(scenario)
  await scenario.patch({ spec })
  const { message } = await untilNotReady(scenario, 'InvalidSpec')
  expect(message).toContain(field)
  await expectNoReads(scenario, 'doc')
  await expectKept(scenario, before)
  await scenario.patch({ spec: { data: [picksOf(scenario, 'doc', 'user', 'password')], dataProcess: null } })
  await scenario.untilEvents(['Synced', 'InvalidSpec', 'Synced'])
  await expectKept(scenario, before)
}

/** Asserts that the API server rejects a spec. */
async function expectNotAdmitted(scenario: Scenario, spec: object, field: string): Promise<void> {
  const before = await beginPicks(scenario)
  const resource = await scenario.resource()
  await expect(scenario.patch({ spec })).rejects.toThrow(new RegExp(`HTTP 422 .*${field}`))
  await expectInterval(scenario, 'doc')
  expect(await scenario.resource()).toEqual(resource)
  await expectKept(scenario, before)
}

export const invalidContentSteps: ScenarioSteps<typeof INVALID_CONTENT> = {
  'bad-rule': (scenario) => {
    const dataProcess = [{ ...extractOf(scenario, 'doc'), replaceRule: [{ source: '(', target: '' }] }]
    return expectInvalidSpec(scenario, { data: null, dataProcess }, 'spec.dataProcess[0].replaceRule[0].source')
  },

  'bad-path': (scenario) => {
    const jmesPath = [{ path: 'users[', objectAlias: 'user' }]
    return expectInvalidSpec(scenario, { data: [copyOf(scenario, 'doc', { jmesPath })] }, 'jmesPath[0].path')
  },

  'bad-interval': (scenario) => expectNotAdmitted(scenario, { rotationInterval: 'soon' }, 'spec.rotationInterval'),

  'bad-key': (scenario) =>
    expectNotAdmitted(scenario, { data: [copyOf(scenario, 'doc', { name: 'a/b' })] }, 'spec.data'),

  'bad-alias': (scenario) => {
    const jmesPath = [{ path: 'user || password' }]
    return expectInvalidSpec(scenario, { data: [copyOf(scenario, 'doc', { jmesPath })] }, 'set objectAlias')
  },

  'spec-collision': (scenario) => {
    const data = [picksOf(scenario, 'doc', 'user'), copyOf(scenario, 'doc', { name: 'user' })]
    return expectInvalidSpec(scenario, { data }, 'spec.data[1].name')
  },

  'data-collision': async (scenario) => {
    await scenario.put({ doc: JSON.stringify({ user: 'tom' }), other: JSON.stringify({ password: 'one' }) })
    const dataProcess = [extractOf(scenario, 'doc'), extractOf(scenario, 'other')]
    const before = await begin(scenario, DOC, { data: [], dataProcess })
    await scenario.put({ other: JSON.stringify({ user: 'hunter2', password: 'one' }) })
    const says = new RegExp(`key user of ${scenario.kmsName('other')} is also produced by ${scenario.kmsName('doc')}`)
    await expectUnwritable(scenario, before, { reason: 'DuplicateKey', says, secret: 'other' })
  },

  'path-finds-nothing': async (scenario) => {
    await scenario.put({ doc: JSON.stringify({ user: 'hunter2' }) })
    await scenario.apply({ data: [picksOf(scenario, 'doc', 'password')] })
    const { message } = await untilNotReady(scenario, 'PathNotFound', /path password matches nothing/)
    expect(message).toContain('nothing is written')
    await expectInterval(scenario, 'doc')
    expect(await scenario.hadSecret()).toBe(false)
    await scenario.put({ doc: JSON.stringify(DOC) })
    await scenario.untilSynced({ password: 'one' })
    await scenario.untilEvents(['PathNotFound', 'Synced'])
  },

  'no-document': async (scenario) => {
    const before = await beginPicks(scenario)
    await scenario.put({ doc: 'hunter2: [' })
    const says = new RegExp(`NotADocument: "${scenario.kmsName('doc')}": `)
    await expectUnwritable(scenario, before, { reason: 'NotADocument', says })
  },

  'no-text': async (scenario) => {
    const putBytes = async (bytes: Uint8Array): Promise<unknown> => {
      const dataBase64 = Buffer.from(bytes).toString('base64')
      return scenario.env.simulator.control('PUT', `/secrets/${scenario.kmsName('doc')}`, { dataBase64 })
    }
    await putBytes(Buffer.from(JSON.stringify(DOC)))
    const before = await begin(scenario, DOC, { data: [picksOf(scenario, 'doc', 'user', 'password')] })
    // The document {"\xff":1}.
    await putBytes(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
    const says = new RegExp(`NotADocument: "${scenario.kmsName('doc')}": .*UTF-8`)
    await expectUnwritable(scenario, before, { reason: 'NotADocument', says })
  },

  'illegal-member': async (scenario) => {
    const before = await beginMembers(scenario)
    await scenario.put({ doc: JSON.stringify({ user: 'hunter2', 'pass word': 'two' }) })
    await expectUnwritable(scenario, before, {
      reason: 'InvalidKey',
      says: /dataProcess\[0\]\.extract: .*cannot be a key/,
    })
  },

  'type-lacks-key': async (scenario) => {
    await scenario.put({ 'tls.crt': 'certificate' })
    await scenario.apply({ type: 'kubernetes.io/tls' })
    await untilNotReady(scenario, 'InvalidForType', /kubernetes\.io\/tls.*tls\.key/)
    await expectInterval(scenario, 'tls.crt')
    expect(await scenario.hadSecret()).toBe(false)
    await scenario.untilEvents(['InvalidForType'])
  },

  'type-malformed': async (scenario) => {
    await scenario.put({ '.dockerconfigjson': '{}' })
    const before = await begin(scenario, { '.dockerconfigjson': '{}' }, { type: 'kubernetes.io/dockerconfigjson' })
    await scenario.put({ '.dockerconfigjson': 'hunter2' })
    const says = /kubernetes\.io\/dockerconfigjson.*\.dockerconfigjson must hold a JSON object/
    await expectUnwritable(scenario, before, { reason: 'InvalidForType', says, secret: '.dockerconfigjson' })
  },

  'too-large': async (scenario) => {
    const names = Array.from({ length: 40 }, (_, index) => `part-${index}`)
    await scenario.put({ doc: 'small' })
    const data = names.map((name) => copyOf(scenario, 'doc', { name }))
    const before = await begin(scenario, Object.fromEntries(names.map((name) => [name, 'small'])), { data })
    await scenario.put({ doc: 'x'.repeat(30_000) })
    await expectUnwritable(scenario, before, { reason: 'TooLarge', says: /have 1\d{6} bytes.*1048576/ })
  },

  'no-data': async (scenario) => {
    const before = await beginMembers(scenario)
    await scenario.put({ doc: '{}' })
    await expectUnwritable(scenario, before, { reason: 'NoData', says: /nothing to write/ })
  },
}

import { expect } from 'vitest'
import type { KubeSecret } from '../testing/cluster-objects.ts'
import { begin, expectKept, expectUnwritable, untilNotReady } from './course.ts'
import { copyOf, extractOf, picksOf } from './entries.ts'
import type { Plays } from './play-table.ts'
import { expectInterval, expectRest } from './rhythm.ts'
import type { Situation } from './situation.ts'
import type { WRONG_CONTENT } from './wrong-content.ts'

const DOC = { user: 'tom', password: 'one' }

/** A Secret with the members of a document, each picked by its path. */
async function beginPicks(situation: Situation): Promise<KubeSecret> {
  await situation.put({ doc: JSON.stringify(DOC) })
  return begin(situation, DOC, { data: [picksOf(situation, 'doc', 'user', 'password')] })
}

/** A Secret with a key of each member of a document. */
async function beginMembers(situation: Situation): Promise<KubeSecret> {
  await situation.put({ doc: JSON.stringify(DOC) })
  return begin(situation, DOC, { data: [], dataProcess: [extractOf(situation, 'doc')] })
}

/** A spec that cannot be: told with its field, nothing is read, and mended by the next spec. */
async function expectInvalidSpec(situation: Situation, spec: object, field: string): Promise<void> {
  const before = await beginPicks(situation)
  await situation.patch({ spec })
  const { message } = await untilNotReady(situation, 'InvalidSpec')
  expect(message).toContain(field)
  await expectRest(situation, 'doc')
  await expectKept(situation, before)
  await situation.patch({ spec: { data: [picksOf(situation, 'doc', 'user', 'password')], dataProcess: null } })
  await situation.untilEvents(['Synced', 'InvalidSpec', 'Synced'])
  await expectKept(situation, before)
}

/** A spec that the API server does not take. */
async function expectNotAdmitted(situation: Situation, spec: object, field: string): Promise<void> {
  const before = await beginPicks(situation)
  const resource = await situation.resource()
  await expect(situation.patch({ spec })).rejects.toThrow(new RegExp(`HTTP 422 .*${field}`))
  await expectInterval(situation, 'doc')
  expect(await situation.resource()).toEqual(resource)
  await expectKept(situation, before)
}

export const wrongContentPlays: Plays<typeof WRONG_CONTENT> = {
  'bad-rule': (situation) => {
    const dataProcess = [{ ...extractOf(situation, 'doc'), replaceRule: [{ source: '(', target: '' }] }]
    return expectInvalidSpec(situation, { data: null, dataProcess }, 'spec.dataProcess[0].replaceRule[0].source')
  },

  'bad-path': (situation) => {
    const jmesPath = [{ path: 'users[', objectAlias: 'user' }]
    return expectInvalidSpec(situation, { data: [copyOf(situation, 'doc', { jmesPath })] }, 'jmesPath[0].path')
  },

  'bad-interval': (situation) => expectNotAdmitted(situation, { rotationInterval: 'soon' }, 'spec.rotationInterval'),

  'bad-key': (situation) =>
    expectNotAdmitted(situation, { data: [copyOf(situation, 'doc', { name: 'a/b' })] }, 'spec.data'),

  'bad-alias': (situation) => {
    const jmesPath = [{ path: 'user || password' }]
    return expectInvalidSpec(situation, { data: [copyOf(situation, 'doc', { jmesPath })] }, 'set objectAlias')
  },

  'spec-collision': (situation) => {
    const data = [picksOf(situation, 'doc', 'user'), copyOf(situation, 'doc', { name: 'user' })]
    return expectInvalidSpec(situation, { data }, 'spec.data[1].name')
  },

  'data-collision': async (situation) => {
    await situation.put({ doc: JSON.stringify({ user: 'tom' }), other: JSON.stringify({ password: 'one' }) })
    const dataProcess = [extractOf(situation, 'doc'), extractOf(situation, 'other')]
    const before = await begin(situation, DOC, { data: [], dataProcess })
    await situation.put({ other: JSON.stringify({ user: 'hunter2', password: 'one' }) })
    const says = new RegExp(`key user of ${situation.kmsName('other')} is also given by ${situation.kmsName('doc')}`)
    await expectUnwritable(situation, before, { reason: 'DuplicateKey', says, secret: 'other' })
  },

  'path-finds-nothing': async (situation) => {
    await situation.put({ doc: JSON.stringify({ user: 'hunter2' }) })
    await situation.apply({ data: [picksOf(situation, 'doc', 'password')] })
    const { message } = await untilNotReady(situation, 'PathNotFound', /path password matches nothing/)
    expect(message).toContain('not created')
    await expectInterval(situation, 'doc')
    expect(await situation.hadSecret()).toBe(false)
    await situation.put({ doc: JSON.stringify(DOC) })
    await situation.untilSynced({ password: 'one' })
    await situation.untilEvents(['PathNotFound', 'Synced'])
  },

  'no-document': async (situation) => {
    const before = await beginPicks(situation)
    await situation.put({ doc: 'hunter2: [' })
    const says = new RegExp(`NotADocument: "${situation.kmsName('doc')}": `)
    await expectUnwritable(situation, before, { reason: 'NotADocument', says })
  },

  'no-text': async (situation) => {
    const putBytes = async (bytes: Uint8Array): Promise<unknown> => {
      const dataBase64 = Buffer.from(bytes).toString('base64')
      return situation.scene.simulator.control('PUT', `/secrets/${situation.kmsName('doc')}`, { dataBase64 })
    }
    await putBytes(Buffer.from(JSON.stringify(DOC)))
    const before = await begin(situation, DOC, { data: [picksOf(situation, 'doc', 'user', 'password')] })
    // The document {"\xff":1}.
    await putBytes(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
    const says = new RegExp(`NotADocument: "${situation.kmsName('doc')}": .*UTF-8`)
    await expectUnwritable(situation, before, { reason: 'NotADocument', says })
  },

  'illegal-member': async (situation) => {
    const before = await beginMembers(situation)
    await situation.put({ doc: JSON.stringify({ user: 'hunter2', 'pass word': 'two' }) })
    await expectUnwritable(situation, before, {
      reason: 'InvalidKey',
      says: /dataProcess\[0\]\.extract: .*cannot be a key/,
    })
  },

  'type-lacks-key': async (situation) => {
    await situation.put({ 'tls.crt': 'certificate' })
    await situation.apply({ type: 'kubernetes.io/tls' })
    await untilNotReady(situation, 'InvalidForType', /kubernetes\.io\/tls.*tls\.key/)
    await expectInterval(situation, 'tls.crt')
    expect(await situation.hadSecret()).toBe(false)
    await situation.untilEvents(['InvalidForType'])
  },

  'type-malformed': async (situation) => {
    await situation.put({ '.dockerconfigjson': '{}' })
    const before = await begin(situation, { '.dockerconfigjson': '{}' }, { type: 'kubernetes.io/dockerconfigjson' })
    await situation.put({ '.dockerconfigjson': 'hunter2' })
    const says = /kubernetes\.io\/dockerconfigjson.*\.dockerconfigjson must hold a JSON object/
    await expectUnwritable(situation, before, { reason: 'InvalidForType', says, secret: '.dockerconfigjson' })
  },

  'too-large': async (situation) => {
    const names = Array.from({ length: 40 }, (_, index) => `part-${index}`)
    await situation.put({ doc: 'small' })
    const data = names.map((name) => copyOf(situation, 'doc', { name }))
    const before = await begin(situation, Object.fromEntries(names.map((name) => [name, 'small'])), { data })
    await situation.put({ doc: 'x'.repeat(30_000) })
    await expectUnwritable(situation, before, { reason: 'TooLarge', says: /come to 1\d{6} bytes.*1048576/ })
  },

  'no-data': async (situation) => {
    const before = await beginMembers(situation)
    await situation.put({ doc: '{}' })
    await expectUnwritable(situation, before, { reason: 'NoData', says: /nothing was found to write/ })
  },
}

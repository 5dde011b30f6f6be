import { contentDigester, Sensitive } from '@ack-secret-manager/core'
import { leastCpuMs } from '@ack-secret-manager/test-support/cpu-ms'
import { describe, expect, it } from 'vitest'
import { recordOf } from '../testing/secrets.ts'
import type { PostedSecret } from './posted-secret.ts'
import { replacedBy, replacementBody, replacementOf, restoredBody } from './replacement.ts'

const ANNOTATION = 'alibabacloud.com/replacement'
const LABELS = { 'alibabacloud.com/managed-by': 'ack-secret-manager' }
const TARGET = { namespace: 'team-a', name: 'db' }
const REFERENCE = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'db', uid: 'u1' }
const DIGESTER = contentDigester()
/** The API server limits the annotations of an object to 256 KiB. */
const MAX_LENGTH = 250_000

const fill = (item: (at: number) => string): string => {
  let text = item(0)
  for (let at = 1; text.length < MAX_LENGTH; at += 1) text += `,${item(at)}`
  return text
}
const textOf = (more: Readonly<Record<string, string>> = {}): string => {
  const valid = { owner: '"db"', deletion: '"delete"', name: '"db"', labels: '{}', annotations: '{}', type: '"Opaque"' }
  const fields = { ...valid, ownerReferences: '[]', ...more }
  return `{${Object.entries(fields)
    .map(([name, json]) => `"${name}":${json}`)
    .join()}}`
}
const metadataOf = (text: string, name = replacementOf(TARGET).name) => ({
  namespace: TARGET.namespace,
  name,
  labels: LABELS,
  annotations: { [ANNOTATION]: text },
  ownerReferences: [REFERENCE],
})

describe('a replacement', () => {
  it('names the Secret that it replaces', () => {
    expect(replacedBy(metadataOf(textOf()))).toEqual({ target: TARGET, ownerName: 'db', deletion: 'delete' })
    const orphan = textOf({ ownerReferences: JSON.stringify([{ ...REFERENCE, uid: 'u2' }]) })
    expect(replacedBy(metadataOf(orphan))).toMatchObject({ target: TARGET, orphaned: true })
  })

  it.each<[string, Readonly<Record<string, string>>]>([
    ['an unknown field', { more: '1' }],
    ['a field of all objects', { ['__proto__']: '{}' }],
    ['an owner that is no name', { owner: JSON.stringify('x'.repeat(254)) }],
    ['another deletion policy', { deletion: '"keep"' }],
    ['the name of another Secret', { name: '"other"' }],
    ['a label without text', { labels: '{"a":1}' }],
    ['labels in a list', { labels: '["a"]' }],
    ['no annotations', { annotations: 'null' }],
    ['references in an object', { ownerReferences: '{}' }],
    ['an incomplete reference', { ownerReferences: '[{"apiVersion":"v1","kind":"A","name":"a"}]' }],
    ['a reference with an unknown field', { ownerReferences: JSON.stringify([{ ...REFERENCE, more: '' }]) }],
    ['a reference with another type', { ownerReferences: JSON.stringify([{ ...REFERENCE, controller: 'true' }]) }],
    ['immutable as false', { immutable: 'false' }],
    ['a signature that is no text', { signature: '1' }],
  ])('counts as absent with %s', (_what, more) => {
    expect(replacedBy(metadataOf(textOf(more)))).toBeUndefined()
  })

  it.each<[string, string]>([
    ['empty references', textOf({ ownerReferences: `[${fill(() => '{}')}]` })],
    ['numbers as references', textOf({ ownerReferences: `[${fill(() => '1')}]` })],
    ['labels with numbers', textOf({ labels: `{${fill((at) => `"${at}":1`)}}` })],
    ['valid labels', textOf({ labels: `{${fill((at) => `"${at}":""`)}}` })],
    ['unknown fields', `{${fill((at) => `"${at}":1`)}}`],
    ['nested lists', '['.repeat(MAX_LENGTH / 2) + ']'.repeat(MAX_LENGTH / 2)],
    ['nested objects', '{"":'.repeat(MAX_LENGTH / 5) + '1' + '}'.repeat(MAX_LENGTH / 5)],
    ['commas', ','.repeat(MAX_LENGTH)],
    ['escaped quotes', textOf({ owner: `"${'\\"'.repeat(MAX_LENGTH / 2)}"` })],
    ['an open text', `"${'\\"'.repeat(MAX_LENGTH / 2)}`],
  ])('blocks the event loop for less than 20 ms if it is forged with %s', (_what, text) => {
    const metadata = metadataOf(text)
    expect(replacedBy(metadata)).toBeUndefined()
    expect(leastCpuMs(() => replacedBy(metadata))).toBeLessThan(20)
  })

  it('compares many owner references in linear time', () => {
    const packed = Array.from({ length: 600 }, (_, at) => ({ ...REFERENCE, uid: `u-${9_999 - at}` }))
    const actual = Array.from({ length: 10_000 }, (_, at) => ({ ...REFERENCE, uid: `u-${at}` }))
    const metadata = metadataOf(textOf({ ownerReferences: JSON.stringify(packed) }))
    let reads = 0
    const counted = actual.map((one) =>
      Object.defineProperty({ ...one }, 'uid', { get: () => ((reads += 1), one.uid) }),
    )
    expect(replacedBy({ ...metadata, ownerReferences: counted })).toEqual({
      target: TARGET,
      ownerName: 'db',
      deletion: 'delete',
    })
    expect(reads).toBeLessThan(20_000)
  })

  const bodyWith = (labels: Record<string, string>, annotations: Record<string, string> = {}): PostedSecret => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...TARGET, labels, annotations, ownerReferences: [REFERENCE] },
    type: 'Opaque',
    data: new Sensitive({ a: 'eA==' }),
  })
  const namesOf = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, 'x']))

  it('may have as many labels and annotations as a Secret', () => {
    const body = bodyWith(namesOf(1_500), { ...namesOf(1_500), 'alibabacloud.com/provenance': '["a"],'.repeat(20_000) })
    const staged = replacementBody(body, 'db', recordOf(['a']), DIGESTER)
    expect(replacedBy({ ...staged.metadata, ownerReferences: [REFERENCE] })).toMatchObject({ target: TARGET })
    expect(() => restoredBody({ ...staged, data: staged.data.expose() }, DIGESTER)).toThrow(
      /and its record do not match/,
    )
  })

  it('is not created with more labels and annotations than are read back', () => {
    expect(() => replacementBody(bodyWith(namesOf(4_000)), 'db', recordOf(['a']), DIGESTER)).toThrow(
      expect.objectContaining({ code: 'TooLarge', message: expect.stringContaining('Secret team-a/db') }),
    )
  })
})

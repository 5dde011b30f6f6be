import fc from 'fast-check'
import { leastCpuMs } from '@ack-secret-manager/test-support/cpu-ms'
import { expect, it } from 'vitest'
import { type AppliedMetadata, mergeMetadata, withAppliedKeys } from './applied-metadata.ts'

const texts = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor'), fc.constantFrom('1', '2'))
const metadata: fc.Arbitrary<AppliedMetadata> = fc.record({ labels: texts, annotations: texts })

it('adds desired keys, prunes previously applied keys and keeps the keys of other writers', () => {
  const before = withAppliedKeys({ labels: { team: 'a', old: 'x' }, annotations: { note: 'y' } })
  const present = {
    labels: { ...before.labels, team: 'theirs', theirs: '1' },
    annotations: { ...before.annotations, theirs: '2' },
  }
  const externalSecret = withAppliedKeys({ labels: { team: 'a' }, annotations: {} })
  expect(mergeMetadata(present, externalSecret)).toEqual({
    labels: { team: 'a', theirs: '1' },
    annotations: { ...externalSecret.annotations, theirs: '2' },
  })
})

it('is idempotent, and prunes everything it applied', () => {
  fc.assert(
    fc.property(metadata, metadata, metadata, (others, first, second) => {
      const once = mergeMetadata(others, withAppliedKeys(first))
      expect(mergeMetadata(once, withAppliedKeys(first))).toEqual(once)
      const twice = mergeMetadata(once, withAppliedKeys(second))
      // A foreign key may only be missing if both writers used its name.
      for (const map of ['labels', 'annotations'] as const) {
        for (const [key, value] of Object.entries(others[map])) {
          if (!Object.hasOwn(first[map], key) && !Object.hasOwn(second[map], key)) expect(twice[map][key]).toBe(value)
        }
        for (const key of Object.keys(first[map])) {
          if (!Object.hasOwn(second[map], key)) expect(Object.hasOwn(twice[map], key)).toBe(false)
        }
      }
    }),
  )
})

it.each(['', 'null', '7', '[]', '{"labels":7}', '{"labels":["a"]'])(
  'prunes nothing for an annotation of %j',
  (memory) => {
    const present = { labels: { a: '1' }, annotations: { 'alibabacloud.com/applied-metadata': memory } }
    expect(mergeMetadata(present, { labels: {}, annotations: {} })).toEqual(present)
  },
)

it('compares many names with many applied names in linear time', () => {
  const names = Array.from({ length: 10_000 }, (_, at) => `n${at}`)
  const memory = JSON.stringify({ annotations: names.map((name) => `other-${name}`) })
  const annotations = Object.fromEntries(names.map((name) => [name, '']))
  const present = { labels: {}, annotations: { ...annotations, 'alibabacloud.com/applied-metadata': memory } }
  const merge = () => mergeMetadata(present, { labels: {}, annotations: {} })
  expect(Object.keys(merge().annotations)).toHaveLength(10_001)
  expect(leastCpuMs(merge)).toBeLessThan(150)
})

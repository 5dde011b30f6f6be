import { contentDigester } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { inspectSecret } from './inspected-secret.ts'
import { objectOf, recordOf, TARGET } from '../testing/secrets.ts'

const digester = contentDigester(new Uint8Array(32).fill(1))

function recorded(texts: Readonly<Record<string, string>>) {
  const keys = Object.entries(texts).map(([key, text]) => {
    return [
      key,
      { secret: 'app/db', versionId: 'v1', digest: digester.digest(TARGET, key, Buffer.from(text)) },
    ] as const
  })
  return recordOf([], { keys: new Map(keys), digestKeyId: digester.keyId })
}

it('separates intact keys from changed, missing and foreign ones', () => {
  const object = objectOf('db', recorded({ same: 'one', changed: 'two', gone: 'three' }))
  const data = Object.fromEntries(
    Object.entries({ same: 'one', changed: 'by hand', theirs: 'x' }).map(([key, text]) => [key, btoa(text)]),
  )
  const inspected = inspectSecret({ ...object, data }, digester)
  expect([...inspected.intact]).toEqual(['same'])
  expect([...inspected.broken]).toEqual(['changed', 'gone'])
  expect([...inspected.foreignKeys]).toEqual(['theirs'])
})

it('does not compare records of another digest key', () => {
  const record = { ...recorded({ same: 'one' }), digestKeyId: 'another' }
  const inspected = inspectSecret({ ...objectOf('db', record), data: { same: btoa('by hand') } }, digester)
  expect([inspected.intact.size, inspected.broken.size, inspected.isRedigested]).toEqual([0, 0, true])
})

import { liveExternalSecret } from '@ack-secret-manager/resource-view'
import { expect, it } from 'vitest'
import { resourceDocument } from '../status/overview/overview-document.ts'
import { errorDocument } from './json-error.ts'
import { jsonText } from './json-text.ts'

/** A C1 control, a character that turns the writing direction, both separators, an invisible tag. */
const RAW = 'a\u009b31m\u202eb\u2028\u2029\u{e0041}'
const ESCAPED = String.raw`a\u009b31m\u202eb\u2028\u2029\udb40\udc41`

it.each([
  [{ message: RAW }, undefined, `{"message":"${ESCAPED}"}\n`],
  [{ [RAW]: ['\n\t"'] }, 2, `{\n  "${ESCAPED}": [\n    "\\n\\t\\""\n  ]\n}\n`],
  ['中文 👍', undefined, '"中文 👍"\n'],
  [null, undefined, 'null\n'],
])('prints %j', (document, indent, text) => {
  expect(jsonText(document, indent)).toBe(text)
  expect(JSON.parse(text)).toEqual(document)
})

it('is how a failure and an overview are printed', () => {
  const resource = liveExternalSecret({
    metadata: { namespace: 'prod', name: 'web' },
    status: { conditions: [{ type: 'Ready', status: 'False', reason: 'Stale', message: RAW }] },
  })
  expect(jsonText(resourceDocument(resource))).toContain(`"message":"${ESCAPED}"`)
  const failure = errorDocument({ lines: [RAW], code: 'Stale', exitCode: 1 })
  expect(failure).toBe(`{"error":{"code":"Stale","message":"${ESCAPED}"}}\n`)
})

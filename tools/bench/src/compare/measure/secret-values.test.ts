import type { KubeObject } from '@ack-secret-manager/k8s-client'
import { documentOf } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'
import { reachedOf, revisionOf } from './secret-values.ts'

const secretWith = (data: Readonly<Record<string, string>>): KubeObject => ({
  metadata: {},
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
})
const { username, password } = JSON.parse(documentOf(7, 12)) as { username: string; password: string }

it.each([
  ['both keys', secretWith({ username, password }), 12],
  ['no password', secretWith({ username }), -1],
  ['an empty password', secretWith({ username, password: '' }), -1],
  ['no user name', secretWith({ password }), -1],
  ['no keys', secretWith({}), -1],
  ['no data', { metadata: {} }, -1],
])('reads the revision of a Secret with %s', (_rule, secret, revision) => expect(revisionOf(secret)).toBe(revision))

it.each([
  [[3_000, 1_000, 2_000], { seconds: 2, medianSeconds: 1, done: 3, of: 3 }],
  [[2_000], { seconds: 1, medianSeconds: 1, done: 1, of: 3 }],
  [[], { seconds: 0, medianSeconds: 0, done: 0, of: 3 }],
])('counts from the change, with times %j', (times, expected) => expect(reachedOf(times, 1_000, 3)).toEqual(expected))

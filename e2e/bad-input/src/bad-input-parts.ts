import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { canary } from '@ack-secret-manager/test-support/canary'
import { roleArn, rrsa } from '@ack-secret-manager/testenv'
import type { BadInputCase, BadInputSpec } from './bad-input-case.ts'

/** Environment that changes while rows are broken. */
export const surroundings = {
  /** `host:port` of a closed port that is never assigned dynamically. */
  closedEndpoint: '127.0.0.1:9',
  /** Offset of the clock of Alibaba Cloud to that of the operator. */
  skewMs: 0,
}

/** AccessKey of most rows. */
export const KEY = { id: 'LTAI5tGood', secret: canary('good-key') }
/** Operator identity. It may read everything, so that a wrong fallback is visible. */
export const OWN = { id: 'LTAI5tOwn', secret: canary('own-key') }
/** An AccessKey of one row, which may be deleted. */
export const GOING = { id: 'LTAI5tGoing', secret: canary('going-key') }
export const PASSWORD = canary('password')
/** Value of the secret of every row. */
export const VALUE = canary('value')
export const base64 = (text: string): string => Buffer.from(text).toString('base64')
export const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** Canaries in credentials and values. */
export const CANARIES = [
  'canary-',
  KEY.secret,
  OWN.secret,
  GOING.secret,
  PASSWORD,
  VALUE,
  ...['wrong', 'inside', 'no-json', 'no-base64', 'no-pkcs12', 'token'].map((label) => canary(label)),
]

/** AccessKey in the Secret of the row. */
export function accessKey(row: BadInputCase, more: object = {}): object {
  const ref = (key: string): object => ({ name: row.credential, key })
  return { KMS: { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret'), ...more } } }
}

export async function instance({ env, credential }: BadInputCase, more: object = {}): Promise<object> {
  const ref = (key: string): object => ({ name: credential, key })
  const where = await env.simulator.instance()
  return { KMS: { dedicatedKMSAuth: { ...where, clientKeyContent: ref('file'), password: ref('password'), ...more } } }
}

export async function tokenIn(row: BadInputCase, content: string): Promise<object> {
  const file = path.join(row.env.directory, row.name)
  await writeFile(file, content, { mode: 0o600 })
  return rrsa({ ramRoleARN: roleArn('operator'), oidcTokenFilePath: file })
}

type Beginning = 'good' | 'keep' | 'reader'
type Part = Omit<BadInputSpec, Beginning> & Partial<Pick<BadInputSpec, Beginning>>

/** A row that starts with an AccessKey. */
export const key = (row: Part): BadInputSpec => ({
  good: accessKey,
  keep: async () => KEY,
  reader: KEY.id,
  ...row,
})
/** A row that starts with a client key. */
export const aap = (row: Part): BadInputSpec => ({
  good: instance,
  keep: ({ env }) => env.simulator.clientKey('KAAP.good'),
  reader: 'KAAP.good',
  ...row,
})
export const refused = (says: RegExp, reason = 'AuthenticationFailed'): Pick<BadInputSpec, 'store' | 'resource'> => ({
  store: { reason, says },
  resource: { reason },
})
/** Expected state of a transient failure: the value counts as current for three intervals. */
export const outage = (says: RegExp): Pick<BadInputSpec, 'store' | 'resource'> => ({
  store: { reason: 'Unavailable', says },
  resource: { reason: 'Stale' },
})
/** Expected state of a Ready store that does not admit the resource. */
export const kept = (reason: string): Pick<BadInputSpec, 'store' | 'resource'> => ({
  store: { reason: 'Ready', says: /reads from/ },
  resource: { reason },
})

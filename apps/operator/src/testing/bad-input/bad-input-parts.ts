import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { canary } from '@ack-secret-manager/testbed/canary'
import { ACCOUNT, providerArn } from '../environment/access-environment.ts'
import type { BadRow, BadRowSpec } from './bad-input-case.ts'

/** What changes while rows are broken. */
export const surroundings = {
  /** `host:port` where nobody listens, nor gets this port when asking for any. */
  closedEndpoint: '127.0.0.1:9',
  /** How far the clock of Alibaba Cloud is ahead of the operator's. */
  skewMs: 0,
}

/** With which most rows begin. */
export const KEY = { id: 'LTAI5tGood', secret: canary('good-key') }
/** The operator's own: allowed everything, so that whoever falls through to it is seen. */
export const OWN = { id: 'LTAI5tOwn', secret: canary('own-key') }
/** One that nobody else has, so that it may go. */
export const GOING = { id: 'LTAI5tGoing', secret: canary('going-key') }
export const PASSWORD = canary('password')
/** What every row reads. */
export const VALUE = canary('value')
export const READ = [{ actions: ['kms:GetSecretValue'], resources: ['*'] }]
export const role = (name: string): string => `acs:ram::${ACCOUNT}:role/${name}`
export const base64 = (text: string): string => Buffer.from(text).toString('base64')
export const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** Planted in credentials and values. */
export const CANARIES = [
  'canary-',
  KEY.secret,
  OWN.secret,
  GOING.secret,
  PASSWORD,
  VALUE,
  ...['wrong', 'inside', 'no-json', 'no-base64', 'no-pkcs12', 'token'].map((label) => canary(label)),
]

/** AccessKey of the row's own Secret. */
export function accessKey(row: BadRow, more: object = {}): object {
  const ref = (key: string): object => ({ name: row.credential, key })
  return { KMS: { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret'), ...more } } }
}

export async function instance({ env, credential }: BadRow, more: object = {}): Promise<object> {
  const ref = (key: string): object => ({ name: credential, key })
  const where = { protocol: 'https', endpoint: env.host('instance'), ca: await env.instanceCa() }
  return { KMS: { dedicatedKMSAuth: { ...where, clientKeyContent: ref('file'), password: ref('password'), ...more } } }
}

export const rrsa = (auth: object): object => ({ KMS: { KMSAuth: { oidcProviderARN: providerArn('ack'), ...auth } } })

export async function tokenIn(row: BadRow, content: string): Promise<object> {
  const file = path.join(row.env.directory, row.name)
  await writeFile(file, content, { mode: 0o600 })
  return rrsa({ ramRoleARN: role('operator'), oidcTokenFilePath: file })
}

type Beginning = 'good' | 'keep' | 'reader'
type Part = Omit<BadRowSpec, Beginning> & Partial<Pick<BadRowSpec, Beginning>>

/** A row that begins with an AccessKey. */
export const key = (row: Part): BadRowSpec => ({
  good: accessKey,
  keep: async () => KEY,
  reader: KEY.id,
  ...row,
})
/** A row that begins with a client key. */
export const aap = (row: Part): BadRowSpec => ({
  good: instance,
  keep: ({ env }) => env.clientKey('KAAP.good'),
  reader: 'KAAP.good',
  ...row,
})
export const refused = (says: RegExp, reason = 'AuthenticationFailed'): Pick<BadRowSpec, 'store' | 'resource'> => ({
  store: { reason, says },
  resource: { reason },
})
/** What may pass by itself: the value is trusted for three intervals. */
export const outage = (says: RegExp): Pick<BadRowSpec, 'store' | 'resource'> => ({
  store: { reason: 'Unavailable', says },
  resource: { reason: 'Stale' },
})
/** The store is as it should be; it is not for everybody. */
export const kept = (reason: string): Pick<BadRowSpec, 'store' | 'resource'> => ({
  store: { reason: 'Ready', says: /reads from/ },
  resource: { reason },
})

import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ACCOUNT, AUDIENCE, type ClusterIssuer, providerArn } from './access-scene.ts'
import { BadRow, type BadRowSpec } from './bad-row.ts'
import type { Seed } from '@ack-secret-manager/kms-simulator'

/** What changes while rows are broken. */
export const surroundings = {
  /** `host:port` where nobody listens. */
  closedEndpoint: '',
  /** How far the clock of Alibaba Cloud is ahead of the operator's. */
  skewMs: 0,
}

/** With which most rows begin. */
export const KEY = { id: 'LTAI5tGood', secret: 'canary-good-key' }
/** The operator's own: allowed everything, so that whoever falls through to it is seen. */
export const OWN = { id: 'LTAI5tOwn', secret: 'canary-own-key' }
const PASSWORD = 'canary-password'
/** What every row reads. */
export const VALUE = 'canary-value'
const READ = [{ actions: ['kms:GetSecretValue'], resources: ['*'] }]
const role = (name: string): string => `acs:ram::${ACCOUNT}:role/${name}`
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** Planted in credentials and values. */
export const CANARIES = [
  'canary-',
  KEY.secret,
  OWN.secret,
  PASSWORD,
  VALUE,
  'canary-wrong',
  'canary-inside',
  'canary-no-json',
  'canary-no-base64',
  'canary-no-pkcs12',
  'canary-token',
]

/** AccessKey of the row's own Secret. */
function accessKey(row: BadRow, more: object = {}): object {
  const ref = (key: string): object => ({ name: row.credential, key })
  return { KMS: { KMSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret'), ...more } } }
}

async function instance({ scene, credential }: BadRow, more: object = {}): Promise<object> {
  const ref = (key: string): object => ({ name: credential, key })
  const where = { protocol: 'https', endpoint: scene.host('instance'), ca: await scene.instanceCa() }
  return { KMS: { dedicatedKMSAuth: { ...where, clientKeyContent: ref('file'), password: ref('password'), ...more } } }
}

const rrsa = (auth: object): object => ({ KMS: { KMSAuth: { oidcProviderARN: providerArn('ack'), ...auth } } })

async function tokenIn(row: BadRow, content: string): Promise<object> {
  const file = path.join(row.scene.directory, row.name)
  await writeFile(file, content, { mode: 0o600 })
  return rrsa({ ramRoleARN: role('operator'), oidcTokenFilePath: file })
}

/** A row that begins with an AccessKey. */
const key = (row: Omit<BadRowSpec, 'good' | 'keep' | 'reader'> & Partial<Pick<BadRowSpec, 'good'>>): BadRowSpec => ({
  good: accessKey,
  keep: async () => KEY,
  reader: KEY.id,
  ...row,
})
/** A row that begins with a client key. */
const aap = (row: Omit<BadRowSpec, 'good' | 'keep' | 'reader'>): BadRowSpec => ({
  good: instance,
  keep: ({ scene }) => scene.clientKey('KAAP.good'),
  reader: 'KAAP.good',
  ...row,
})
const refused = (says: RegExp, reason = 'AuthenticationFailed'): Pick<BadRowSpec, 'store' | 'resource'> => ({
  store: { reason, says },
  resource: { reason },
})
/** What may pass by itself: the value is trusted for three intervals. */
const outage = (says: RegExp): Pick<BadRowSpec, 'store' | 'resource'> => ({
  store: { reason: 'Unavailable', says },
  resource: { reason: 'Stale' },
})
/** The store is as it should be; it is not for everybody. */
const kept = (reason: string): Pick<BadRowSpec, 'store' | 'resource'> => ({
  store: { reason: 'Ready', says: /reads from/ },
  resource: { reason },
})

/** One input wrong in each. */
export const ROWS: Readonly<Record<string, BadRowSpec>> = {
  'missing Secret': key({
    good: ({ credential }) => ({
      KMS: {
        KMSAuth: {
          accessKey: { name: credential, key: 'id' },
          accessKeySecret: { name: 'other-half', key: 'secret' },
        },
      },
    }),
    breaks: (row) => row.deleteCredential(),
    ...refused(/accessKey: key "id" of Secret \S+ does not exist/),
  }),
  'missing key': key({
    breaks: (row) => row.patchCredential({ secret: null }),
    ...refused(/accessKeySecret: key "secret" of Secret \S+ does not exist/),
  }),
  'white space inside': key({
    breaks: (row) => row.patchCredential({ secret: 'canary-inside canary-inside' }),
    ...refused(/key "secret" of Secret \S+ has white space inside/),
  }),
  'client key not JSON': aap({
    breaks: (row) => row.patchCredential({ file: 'canary-no-json' }),
    ...refused(/clientKeyContent: key "file" of Secret \S+ .*JSON/),
  }),
  'client key not base64': aap({
    breaks: (row) =>
      row.patchCredential({ file: JSON.stringify({ KeyId: 'KAAP.good', PrivateKeyData: 'canary-no-base64!' }) }),
    ...refused(/key "file" of Secret \S+ .*base64/),
  }),
  'client key not PKCS#12': aap({
    breaks: (row) =>
      row.patchCredential({ file: JSON.stringify({ KeyId: 'KAAP.good', PrivateKeyData: base64('canary-no-pkcs12') }) }),
    ...refused(/key "file" of Secret \S+ .*PKCS#12/),
  }),
  'wrong password': aap({
    breaks: (row) => row.patchCredential({ password: 'canary-wrong' }),
    ...refused(/password: key "password" of Secret \S+/),
  }),
  'missing password': aap({
    breaks: (row) => row.patchCredential({ password: null }),
    ...refused(/key "password" of Secret \S+ does not exist/),
  }),
  'expired client key': aap({
    breaks: async (row) => {
      const body = { password: PASSWORD, notAfter: '2020-01-01T00:00:00Z' }
      const { file } = (await row.scene.control('PUT', 'clientKeys/KAAP.late', body)) as { file: string }
      await row.patchCredential({ file: await readFile(file, 'utf8') })
    },
    ...refused(/client key KAAP\.late expired at 2020/),
  }),
  'role not assumable': key({
    breaks: (row) => row.replaceStore(accessKey(row, { ramRoleARN: role('closed') })),
    ...refused(/role\/closed/),
  }),
  'role not there': key({
    breaks: (row) => row.replaceStore(accessKey(row, { ramRoleARN: role('gone') })),
    ...refused(/role\/gone/),
  }),
  'session too long': key({
    breaks: (row) => row.replaceStore(accessKey(row, { ramRoleARN: role('reader'), roleSessionExpiration: '43200' })),
    ...refused(/3600/),
  }),
  'audience wrong': key({
    breaks: (row) =>
      row.replaceStore(rrsa({ ramRoleARN: role('shop'), serviceAccountRef: { name: 'shop', audiences: ['vault'] } })),
    ...refused(/no audience of the token .*vault/),
  }),
  'ServiceAccount not trusted': key({
    breaks: (row) => row.replaceStore(rrsa({ ramRoleARN: role('operator'), serviceAccountRef: { name: 'shop' } })),
    ...refused(/trust policy .*:shop/),
  }),
  'ServiceAccount missing': key({
    breaks: (row) => row.replaceStore(rrsa({ ramRoleARN: role('shop'), serviceAccountRef: { name: 'nobody' } })),
    ...refused(/ServiceAccount \S+\/nobody does not exist/),
  }),
  'token file missing': key({
    breaks: (row) =>
      row.replaceStore(rrsa({ ramRoleARN: role('operator'), oidcTokenFilePath: `${row.scene.directory}/none` })),
    ...refused(/none does not exist/),
  }),
  'token file without token': key({
    breaks: async (row) => row.replaceStore(await tokenIn(row, 'canary-token')),
    ...refused(/is not a JSON Web Token|holds no/),
  }),
  'token expired': key({
    breaks: async (row) => {
      const claims = { iss: row.scene.issuer.issuer, sub: 'somebody', aud: [AUDIENCE], exp: 1_000_000 }
      await row.replaceStore(await tokenIn(row, `${part({ alg: 'RS256' })}.${part(claims)}.canary-token`))
    },
    ...refused(/expired at 1970/),
  }),
  'token file elsewhere': key({
    breaks: (row) => row.replaceStore(rrsa({ ramRoleARN: role('operator'), oidcTokenFilePath: '/etc/passwd' })),
    ...refused(/\/etc\/passwd is not below/, 'InvalidSpec'),
  }),
  'worker role not enabled': key({
    breaks: (row) => row.replaceStore({ KMS: { KMSAuth: { workerRole: {} } } }),
    ...refused(/--enable-worker-role/),
  }),
  'KMS endpoint not allowed': key({
    breaks: (row) => row.replaceStore({ KMS: { endpoint: 'evil.example' } }),
    ...refused(/evil\.example is not among the allowed endpoints; --allow-endpoint/, 'InvalidSpec'),
  }),
  'instance not allowed': aap({
    breaks: async (row) => row.replaceStore(await instance(row, { endpoint: '100.100.100.200' })),
    ...refused(/100\.100\.100\.200 is not among the allowed endpoints; --allow-endpoint/, 'InvalidSpec'),
  }),
  'TLS not trusted': aap({
    breaks: async (row) => row.replaceStore(await instance(row, { ca: base64(row.scene.simulator.caPem) })),
    ...outage(/certificate that is not trusted .*give the CA of the instance in ca/),
  }),
  'instance unreachable': aap({
    breaks: async (row) => row.replaceStore(await instance(row, { endpoint: surroundings.closedEndpoint })),
    ...outage(/cannot be reached \(ECONNREFUSED\)/),
  }),
  'credential of another namespace': key({
    breaks: (row) =>
      row.replaceStore({
        KMS: {
          KMSAuth: {
            accessKey: { name: 'theirs', namespace: 'default', key: 'id' },
            accessKeySecret: { name: 'theirs', namespace: 'default', key: 'secret' },
          },
        },
      }),
    ...refused(
      /names a Secret in namespace default, which needs --enable-cross-namespace-auth-ref/,
      'CrossNamespaceRefused',
    ),
  }),
  'store of another namespace': key({
    breaks: (row) => row.replaceReference({ name: row.name, namespace: 'default' }),
    ...kept('CrossNamespaceRefused'),
  }),
  'ClusterSecretStore does not admit': key({
    cluster: true,
    breaks: (row) => row.patchStore({ conditions: [{ namespaces: ['elsewhere'] }] }),
    ...kept('StoreNotAllowed'),
  }),
  'secret not allowed': key({
    breaks: (row) => row.patchStore({ allow: [{ secrets: ['other/*'] }] }),
    ...kept('StoreNotAllowed'),
  }),
}

/** Rows that need an operator of their own: one with the RAM role of a node that there is not, and a cloud whose clock is changed. */
export const NODE_ROWS: Readonly<Record<string, BadRowSpec>> = {
  'metadata service absent': key({
    breaks: (row) => row.replaceStore({ KMS: { KMSAuth: { workerRole: {} } } }),
    ...outage(/metadata service at \S+ cannot be reached \(ECONNREFUSED\)/),
  }),
  'clock skew': key({
    breaks: async (row) => {
      surroundings.skewMs = 3_600_000
      await row.replaceStore(accessKey(row, { ramRoleARN: role('reader') }))
    },
    ...refused(/check this machine's clock/),
  }),
}

/** What the simulator holds for that many rows. */
export function seedOf(issuer: ClusterIssuer, namespace: string, rows: number): Seed {
  const trusts = (account: string) => ({
    oidc: { issuer: issuer.issuer, audience: AUDIENCE, subject: `system:serviceaccount:${namespace}:${account}` },
  })
  return {
    account: ACCOUNT,
    accessKeys: [
      { ...KEY, allow: [...READ, { actions: ['sts:AssumeRole'], resources: ['*'] }] },
      { ...OWN, allow: [{ actions: ['*'], resources: ['*'] }] },
    ],
    roles: [
      { name: 'node', trust: { ecs: true }, allow: READ },
      { name: 'operator', trust: trusts('operator'), allow: READ },
      { name: 'shop', trust: trusts('shop'), allow: READ },
      { name: 'reader', trust: { accessKeys: [KEY.id] }, allow: READ },
      { name: 'closed', trust: { accessKeys: ['LTAI5tNobody'] }, allow: READ },
    ],
    oidcProviders: [{ arn: providerArn('ack'), issuer: issuer.issuer, jwks: issuer.jwks }],
    metadata: { role: 'node' },
    instances: [{ id: 'kst-demo', clientKeys: [{ id: 'KAAP.good', password: PASSWORD }] }],
    parameters: [{ name: 'unused', value: VALUE }],
    secrets: Array.from({ length: rows }, (_, index) => ({
      name: BadRow.secretName(index),
      versions: [{ id: 'v1', data: VALUE }],
    })),
  }
}

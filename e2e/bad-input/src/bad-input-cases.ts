import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { canary } from '@ack-secret-manager/test-support/canary'
import { ACCOUNT, AUDIENCE, READ, roleArn, rrsa } from '@ack-secret-manager/testenv'
import type { BadInputSpec } from './bad-input-case.ts'
import {
  aap,
  accessKey,
  base64,
  GOING,
  instance,
  kept,
  key,
  outage,
  part,
  PASSWORD,
  refused,
  surroundings,
  tokenIn,
} from './bad-input-parts.ts'

const NOT_ALLOWED = /namespace \S+ may not use the operator identity; .* --own-identity-namespaces$/

/** Cases with one wrong input each. */
export const ROWS: Readonly<Record<string, BadInputSpec>> = {
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
    ...refused(/accessKey: Secret \S+ does not exist$/),
  }),
  'missing key': key({
    breaks: (row) => row.patchCredential({ secret: null }),
    ...refused(/accessKeySecret: Secret \S+ has no key "secret"$/),
  }),
  'white space inside': key({
    breaks: (row) => row.patchCredential({ secret: `${canary('inside')} ${canary('inside')}` }),
    ...refused(/key "secret" of Secret \S+ has white space inside/),
  }),
  'AccessKey deleted': key({
    keep: async ({ env }) => {
      await env.simulator.control('PUT', `accessKeys/${GOING.id}`, { secret: GOING.secret, allow: READ })
      return GOING
    },
    reader: GOING.id,
    breaks: async ({ env }) => void (await env.simulator.control('DELETE', `accessKeys/${GOING.id}`)),
    ...refused(/KMSAuth: asking STS for the identity at .* \(InvalidAccessKeyId/),
    // The first message is the error of the read.
    resource: { reason: 'AuthenticationFailed', says: /asking STS for the identity/ },
  }),
  'AccessKey with a wrong secret': key({
    breaks: (row) => row.patchCredential({ secret: canary('wrong') }),
    ...refused(/KMSAuth: asking STS for the identity at .* \(SignatureDoesNotMatch/),
  }),
  'client key not JSON': aap({
    breaks: (row) => row.patchCredential({ file: canary('no-json') }),
    ...refused(/clientKeyContent: key "file" of Secret \S+ .*JSON/),
  }),
  'client key not base64': aap({
    breaks: (row) =>
      row.patchCredential({ file: JSON.stringify({ KeyId: 'KAAP.good', PrivateKeyData: `${canary('no-base64')}!` }) }),
    ...refused(/key "file" of Secret \S+ .*base64/),
  }),
  'client key not PKCS#12': aap({
    breaks: (row) =>
      row.patchCredential({
        file: JSON.stringify({ KeyId: 'KAAP.good', PrivateKeyData: base64(canary('no-pkcs12')) }),
      }),
    ...refused(/key "file" of Secret \S+ .*PKCS#12/),
  }),
  'wrong password': aap({
    breaks: (row) => row.patchCredential({ password: canary('wrong') }),
    ...refused(/password: key "password" of Secret \S+ does not open the key "file" of Secret \S+$/),
  }),
  'missing password': aap({
    breaks: (row) => row.patchCredential({ password: null }),
    ...refused(/password: Secret \S+ has no key "password"$/),
  }),
  'expired client key': aap({
    breaks: async (row) => {
      const body = { password: PASSWORD, notAfter: '2020-01-01T00:00:00Z' }
      const { file } = (await row.env.simulator.control('PUT', 'clientKeys/KAAP.late', body)) as { file: string }
      await row.patchCredential({ file: await readFile(file, 'utf8') })
    },
    ...refused(/client key KAAP\.late expired at 2020/),
  }),
  'client key deleted': aap({
    keep: async ({ env }) => {
      const body = { password: PASSWORD }
      const { file } = (await env.simulator.control('PUT', 'clientKeys/KAAP.going', body)) as { file: string }
      return { file: await readFile(file, 'utf8'), password: PASSWORD }
    },
    reader: 'KAAP.going',
    breaks: async ({ env }) => void (await env.simulator.control('DELETE', 'clientKeys/KAAP.going')),
    isReadAgain: true,
    ...refused(/clientKeyContent: KMS secret at .* does not know the client key/),
  }),
  'role not assumable': key({
    breaks: (row) => row.replaceStore(accessKey(row, { ramRoleARN: roleArn('closed') })),
    ...refused(/role\/closed/),
  }),
  'role not there': key({
    breaks: (row) => row.replaceStore(accessKey(row, { ramRoleARN: roleArn('gone') })),
    ...refused(/role\/gone/),
  }),
  'session too long': key({
    breaks: (row) =>
      row.replaceStore(accessKey(row, { ramRoleARN: roleArn('reader'), roleSessionExpiration: '43200' })),
    ...refused(/3600/),
  }),
  'audience wrong': key({
    breaks: (row) =>
      row.replaceStore(
        rrsa({ ramRoleARN: roleArn('shop'), serviceAccountRef: { name: 'shop', audiences: ['vault'] } }),
      ),
    ...refused(/no audience of the token .*vault/),
  }),
  'ServiceAccount not trusted': key({
    breaks: (row) => row.replaceStore(rrsa({ ramRoleARN: roleArn('operator'), serviceAccountRef: { name: 'shop' } })),
    ...refused(/trust policy .*:shop/),
  }),
  'ServiceAccount missing': key({
    breaks: (row) => row.replaceStore(rrsa({ ramRoleARN: roleArn('shop'), serviceAccountRef: { name: 'missing' } })),
    ...refused(/ServiceAccount \S+\/missing does not exist/),
  }),
  'token file missing': key({
    breaks: (row) =>
      row.replaceStore(rrsa({ ramRoleARN: roleArn('operator'), oidcTokenFilePath: `${row.env.directory}/none` })),
    ...refused(/none does not exist/),
  }),
  'token file gone': key({
    good: async ({ env }) =>
      rrsa({ ramRoleARN: roleArn('operator'), oidcTokenFilePath: await env.tokenFile('operator') }),
    reader: `acs:ram::${ACCOUNT}:assumed-role/operator/ack-secret-manager`,
    breaks: (row) => rm(path.join(row.env.directory, 'token-operator')),
    ...refused(/oidcTokenFilePath: token file \S+ does not exist/),
  }),
  'token file without token': key({
    breaks: async (row) => row.replaceStore(await tokenIn(row, canary('token'))),
    ...refused(/is not a JSON Web Token|holds no/),
  }),
  'token expired': key({
    breaks: async (row) => {
      const claims = { iss: row.env.issuer.issuer, sub: 'another', aud: [AUDIENCE], exp: 1_000_000 }
      await row.replaceStore(await tokenIn(row, `${part({ alg: 'RS256' })}.${part(claims)}.${canary('token')}`))
    },
    ...refused(/expired at 1970/),
  }),
  'token file elsewhere': key({
    breaks: (row) => row.replaceStore(rrsa({ ramRoleARN: roleArn('operator'), oidcTokenFilePath: '/etc/passwd' })),
    ...refused(/\/etc\/passwd is outside/, 'InvalidSpec'),
  }),
  'worker role not enabled': key({
    breaks: (row) => row.replaceStore({ KMS: { KMSAuth: { workerRole: {} } } }),
    ...refused(/--enable-worker-role/),
  }),
  'KMS endpoint not allowed': key({
    breaks: (row) => row.replaceStore({ KMS: { endpoint: 'evil.example' } }),
    ...refused(/evil\.example is not an allowed endpoint; allow it with --allow-endpoint/, 'InvalidSpec'),
  }),
  'instance not allowed': aap({
    breaks: async (row) => row.replaceStore(await instance(row, { endpoint: '100.100.100.200' })),
    ...refused(/100\.100\.100\.200 is not an allowed endpoint; allow it with --allow-endpoint/, 'InvalidSpec'),
  }),
  'TLS not trusted': aap({
    breaks: async (row) => row.replaceStore(await instance(row, { ca: base64(row.env.simulator.caPem) })),
    ...outage(/certificate that is not trusted .*set ca to the CA of the instance/),
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

/** Rows with a separate operator: a node without metadata service, and a cloud with another clock. */
export const NODE_ROWS: Readonly<Record<string, BadInputSpec>> = {
  'metadata service absent': key({
    breaks: (row) => row.replaceStore({ KMS: { KMSAuth: { workerRole: {} } } }),
    ...outage(/metadata service at \S+ cannot be reached \(ECONNREFUSED\)/),
  }),
  'clock skew': key({
    breaks: async (row) => {
      surroundings.skewMs = 3_600_000
      await row.replaceStore(accessKey(row, { ramRoleARN: roleArn('reader') }))
    },
    ...refused(/check this machine's clock/),
  }),
}

/** Rows with a separate operator: responses of the metadata service to token requests never arrive. */
export const HOP_ROWS: Readonly<Record<string, BadInputSpec>> = {
  'hop limit': key({
    breaks: async (row) => {
      await row.env.simulator.control('POST', 'faults', { fault: 'hang', match: { action: 'GetMetadataToken' } })
      await row.replaceStore({ KMS: { KMSAuth: { workerRole: {} } } })
    },
    ...outage(/accepted the token request, but its response did not arrive .*: the hop limit is too low for pods/),
  }),
}

/** Rows in a namespace that may use neither the operator identity nor the RAM role of the node. */
export const TENANT_ROWS: Readonly<Record<string, BadInputSpec>> = {
  'operator identity not allowed': key({
    breaks: (row) => row.replaceStore({ KMS: {} }),
    ...refused(NOT_ALLOWED, 'StoreNotAllowed'),
  }),
  'operator token not allowed': key({
    breaks: (row) => row.replaceStore(rrsa({ ramRoleARN: roleArn('operator') })),
    ...refused(NOT_ALLOWED, 'StoreNotAllowed'),
  }),
  'worker role not allowed': key({
    breaks: (row) => row.replaceStore({ KMS: { KMSAuth: { workerRole: {} } } }),
    ...refused(NOT_ALLOWED, 'StoreNotAllowed'),
  }),
  'no store, and operator identity not allowed': key({
    breaks: (row) => row.dropReference(),
    ...kept('StoreNotAllowed'),
  }),
}

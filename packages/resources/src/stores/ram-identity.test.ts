import { describe, expect, it } from 'vitest'
import { type RamIdentity, ramIdentityOf } from './ram-identity.ts'
import { parseSecretStore } from './secret-store.ts'

function identityOf(KMSAuth: object): RamIdentity {
  const parsed = parseSecretStore({
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'SecretStore',
    metadata: { name: 'kms' },
    spec: { KMS: { KMSAuth } },
  })
  if (!parsed.ok) throw parsed.error
  return ramIdentityOf(parsed.resource.spec.KMS?.KMSAuth)
}

const accessKey = { name: 'c', key: 'ak' }
const accessKeySecret = { name: 'c', key: 'sk' }
const ramRoleARN = 'acs:ram::1:role/a'
const remoteRamRoleARN = 'acs:ram::2:role/b'
const oidcProviderARN = 'acs:ram::1:oidc-provider/ack'
const sessionName = 'ack-secret-manager'
const own = { field: 'ramRoleARN', roleArn: ramRoleARN, sessionName }
const remote = { field: 'remoteRamRoleARN', roleArn: remoteRamRoleARN, sessionName }

describe('ramIdentityOf', () => {
  it.each<[string, object, object, object[]]>([
    ['nothing', {}, { kind: 'own' }, []],
    ['only a session name', { ramRoleSessionName: 'me' }, { kind: 'own' }, []],
    ['only a remote role', { remoteRamRoleARN }, { kind: 'own' }, [remote]],
    ['an AccessKey', { accessKey, accessKeySecret }, { kind: 'access-key', accessKey, accessKeySecret }, []],
    [
      'an AccessKey and a role',
      { accessKey, accessKeySecret, ramRoleARN, ramRoleSessionName: 'me', roleSessionExpiration: '43200' },
      { kind: 'access-key', accessKey, accessKeySecret },
      [{ ...own, sessionName: 'me', durationSeconds: 43_200 }],
    ],
    [
      'an AccessKey and both roles',
      { accessKey, accessKeySecret, ramRoleARN, remoteRamRoleARN, roleSessionExpiration: '7200' },
      { kind: 'access-key', accessKey, accessKeySecret },
      [
        { ...own, durationSeconds: 7_200 },
        { ...remote, durationSeconds: 3_600 },
      ],
    ],
    [
      'an AccessKey and a remote role',
      { accessKey, accessKeySecret, remoteRamRoleARN, remoteRamRoleSessionName: 'me', roleSessionExpiration: '7200' },
      { kind: 'access-key', accessKey, accessKeySecret },
      [{ ...remote, sessionName: 'me', durationSeconds: 7_200 }],
    ],
    [
      'an AccessKey and both roles, each with an external id',
      {
        accessKey,
        accessKeySecret,
        ramRoleARN,
        ramRoleExternalId: 'mine',
        remoteRamRoleARN,
        remoteRamRoleExternalId: 'theirs',
      },
      { kind: 'access-key', accessKey, accessKeySecret },
      [
        { ...own, externalId: 'mine' },
        { ...remote, externalId: 'theirs' },
      ],
    ],
    ['the worker role', { workerRole: {} }, { kind: 'worker-role', allowMetadataV1: false }, []],
    [
      'a worker role by its name, at an old metadata service',
      { workerRole: { roleName: 'KubernetesWorkerRole-1', allowMetadataV1: true } },
      { kind: 'worker-role', roleName: 'KubernetesWorkerRole-1', allowMetadataV1: true },
      [],
    ],
    [
      'the worker role and a role',
      { workerRole: {}, ramRoleARN },
      { kind: 'worker-role', allowMetadataV1: false },
      [own],
    ],
    ['only a role', { ramRoleARN }, { kind: 'rrsa', role: own }, []],
    [
      'RRSA and a remote role',
      { ramRoleARN, oidcProviderARN, oidcTokenFilePath: '/t', remoteRamRoleARN, roleSessionExpiration: '43200' },
      {
        kind: 'rrsa',
        role: { ...own, durationSeconds: 43_200 },
        oidcProviderArn: oidcProviderARN,
        tokenFile: '/t',
      },
      [{ ...remote, durationSeconds: 3_600 }],
    ],
    [
      'a ServiceAccount',
      { serviceAccountRef: { name: 'web' } },
      {
        kind: 'service-account',
        ref: { name: 'web', audiences: [] },
        role: { field: 'serviceAccountRef', sessionName },
      },
      [],
    ],
    [
      'a ServiceAccount, a role and a remote role',
      { serviceAccountRef: { name: 'web' }, ramRoleARN, oidcProviderARN, remoteRamRoleARN },
      {
        kind: 'service-account',
        ref: { name: 'web', audiences: [] },
        role: own,
        oidcProviderArn: oidcProviderARN,
      },
      [remote],
    ],
  ])('%s', (_what, auth, source, roles) => expect(identityOf(auth)).toStrictEqual({ source, roles }))
})

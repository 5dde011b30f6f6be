import { accessKeyStore, ACCOUNT, roleArn, rrsa, until } from '@ack-secret-manager/testenv'
import { own, read, type TenantAttempt } from './tenant-attempt.ts'
import { type TenancyEnvironment, VICTIM } from './tenancy-environment.ts'

const letters = { items: [{ key: 'greeting' }] }

/**
 * Through a ClusterSecretStore with the victim's identity while the victim reads the same secret: a shared read serves only
 * namespaces that may read it.
 */
function sameRead(entry: object, more: (ref: object) => object = () => ({})): TenantAttempt {
  return {
    reason: 'StoreNotAllowed',
    says: /does not allow namespace/,
    spec: async (env, name) => {
      const { namespace } = env.victim.cluster
      const allow = [{ namespaces: [namespace], secrets: ['**'] }, { secrets: ['tenant/*', '*'] }]
      const spec = { ...accessKeyStore('kms-key', namespace), allow }
      const secretStoreRef = { kind: 'ClusterSecretStore', name: await env.tenant.clusterStore(name, spec) }
      return { data: [{ key: VICTIM, name: 'password', secretStoreRef, ...entry }], ...more(secretStoreRef) }
    },
  }
}

/** A Secret that Kubernetes fills with a token of the tenant's ServiceAccount. */
function token(more: object, annotations: object = {}): TenantAttempt {
  return {
    reason: 'TargetConflict',
    says: /is of type kubernetes\.io\/service-account-token/,
    keeps: 'attempt',
    spec: async ({ tenant }, name) => {
      await tenant.applyObject({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, annotations: { ...annotations, 'kubernetes.io/service-account.name': 'shop' } },
        type: 'kubernetes.io/service-account-token',
      })
      const isFilled = async (): Promise<boolean> => (await tenant.secret(name))?.data?.['token'] !== undefined
      await until(`Kubernetes puts a token into ${name}`, isFilled)
      return own(more)
    },
  }
}

/** Attempts that the API server rejects because of an invalid name. */
const byPath = (
  kind: TenantAttempt['kind'],
  spec: (where: string, env: TenancyEnvironment) => object,
): TenantAttempt => ({
  reason: 'Invalid',
  says: /name/,
  kind: kind ?? 'ExternalSecret',
  spec: async (env) => spec(`../../${env.victim.cluster.namespace}`, env),
})
const template = (from: object): object => own({ target: { template: { templateFrom: [from] } } })

/** Metadata of an ExternalSecret that a ClusterExternalSecret created in another namespace. */
function copied({ maker, victim }: TenancyEnvironment): object {
  const { name, uid } = maker
  return {
    labels: { 'alibabacloud.com/cluster-external-secret': name },
    annotations: { 'alibabacloud.com/made-as': `${victim.cluster.namespace}/made` },
    ownerReferences: [
      { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ClusterExternalSecret', name, uid, controller: true },
    ],
  }
}

/** Attempts with names, metadata and reads that imitate those of others. */
export const FORGERIES: Readonly<Record<string, TenantAttempt>> = {
  'a copy of an ExternalSecret that a ClusterExternalSecret created for the victim': {
    reason: 'StoreNotAllowed',
    says: /does not admit namespace/,
    metadata: copied,
    spec: async ({ victimStore }) => read({ kind: 'ClusterSecretStore', name: victimStore }),
  },
  'a copy of an ExternalSecret that a ClusterExternalSecret created, with a store of the victim’s name': {
    reason: 'StoreNotFound',
    says: /does not exist/,
    metadata: copied,
    spec: async ({ victimStore }) => read({ name: victimStore }),
  },
  'what the victim has just read as the same identity': sameRead({}),
  'what the victim has just read, by its ARN': sameRead({ key: `acs:kms:cn-hangzhou:${ACCOUNT}:secret/${VICTIM}` }),
  'what the victim has just read, escaped': sameRead({ key: VICTIM.replace('/', '%2F') }),
  'what the victim has just read, by its version': sameRead({ versionId: 'v1' }),
  'what the victim has just read, by its stage': sameRead({ versionStage: 'ACSCurrent' }),
  'what the victim has just read, if it is there': sameRead({ optional: true }),
  'what the victim has just read, as members': sameRead({ key: 'tenant/db' }, (secretStoreRef) => ({
    data: [],
    dataProcess: [{ extract: { key: VICTIM, secretStoreRef } }],
  })),
  'a broken store that reports the cause only to admitted namespaces': {
    reason: 'StoreNotAllowed',
    says: /does not admit namespace/,
    spec: async (env, name) => {
      const { namespace } = env.victim.cluster
      const spec = { ...accessKeyStore('hidden-key', namespace), conditions: [{ namespaces: [namespace] }] }
      return read({ kind: 'ClusterSecretStore', name: await env.tenant.clusterStore(name, spec) })
    },
  },
  'merging into a token of a ServiceAccount': token({ target: { creationPolicy: 'Merge' } }),
  'adopting a token of a ServiceAccount': token({ target: { creationPolicy: 'Adopt' } }),
  'a token of a ServiceAccount that says it may be adopted': token({}, { 'alibabacloud.com/adopt': 'true' }),
  'the victim’s ConfigMap by a path': byPath('ExternalSecret', (where) =>
    template({ configMap: { ...letters, name: `${where}/configmaps/letters` } }),
  ),
  'the victim’s Secret by a path': byPath('ExternalSecret', (where) =>
    template({ secret: { ...letters, name: `${where}/secrets/letters` } }),
  ),
  'the victim’s AccessKey by a path': byPath('SecretStore', (where) => accessKeyStore(`${where}/secrets/kms-key`)),
  'the victim’s AccessKey by a namespace that is a path': byPath('SecretStore', (where, env) =>
    accessKeyStore('kms-key', `${env.tenant.cluster.namespace}/${where}`),
  ),
  'the victim’s ServiceAccount by a path': byPath('SecretStore', (where) =>
    rrsa({ ramRoleARN: roleArn('victim'), serviceAccountRef: { name: `${where}/serviceaccounts/shop` } }),
  ),
}

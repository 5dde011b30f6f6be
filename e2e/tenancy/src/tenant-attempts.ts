import path from 'node:path'
import { DIGEST_KEY_SECRET } from './tenancy-environment.ts'
import { accessKeyStore, ACCOUNT, roleArn, rrsa } from '@ack-secret-manager/testenv'
import { type Cell, own, read, shared, store, target, type TenantAttempt } from './tenant-attempt.ts'
import { type TenancyEnvironment, VICTIM } from './tenancy-environment.ts'

const letters = { name: 'letters', items: [{ key: 'greeting' }] }
const home = (more: object): TenantAttempt => ({
  reason: 'TargetConflict',
  says: /is not changed/,
  atHome: true,
  keeps: DIGEST_KEY_SECRET,
  spec: async (env) => {
    const tenantKey = (await env.tenant.secret('kms-key'))?.data ?? {}
    await env.home.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'kms-key' }, data: tenantKey })
    await env.home.apply('SecretStore', 'own', accessKeyStore('kms-key'))
    return own({ ...more, target: { name: DIGEST_KEY_SECRET, ...('target' in more ? (more.target as object) : {}) } })
  },
})

const CROSS: Cell = ['CrossNamespaceRefused', /--enable-cross-namespace-auth-ref/]
const IDENTITY_NOT_ALLOWED: Cell = ['StoreNotAllowed', /--own-identity-namespaces/]
const NOT_ALLOWED: Cell = ['InvalidSpec', /is not an allowed endpoint/]
const NOT_BELOW: Cell = ['InvalidSpec', /is outside/]
const tokenFile = (of: (env: TenancyEnvironment) => string) =>
  // In the namespace that may use the operator's token, because other namespaces are refused before the path is checked.
  store((env) => rrsa({ ramRoleARN: roleArn('victim'), oidcTokenFilePath: of(env) }), NOT_BELOW, {}, true)
const arn = `acs:kms:cn-hangzhou:${ACCOUNT}:secret/${VICTIM}`
const only = (secrets: readonly string[]) => () => ({ allow: [{ secrets }] })
const elsewhere = (endpoints: readonly string[]): TenantAttempt =>
  shared(
    () => ({ allow: [{ secrets: ['**'], endpoints }] }),
    VICTIM,
    ({ tenant }) => tenant.simulator.host('instance'),
  )
const condition = (one: object) => () => ({ conditions: [one] })
const system = (type: string, creationPolicy: string): TenantAttempt =>
  target(() => ({ type }), { type, target: { creationPolicy } }, ['TargetConflict', /is of type/])

/** Attempts of a tenant. */
export const ATTEMPTS: Readonly<Record<string, TenantAttempt>> = {
  'the victim’s SecretStore': {
    reason: 'CrossNamespaceRefused',
    says: /--enable-cross-namespace-secret-store/,
    spec: async ({ victim }) => read({ name: 'own', namespace: victim.cluster.namespace }),
  },
  'the victim’s SecretStore by a path': {
    reason: 'Invalid',
    says: /name/,
    spec: async ({ victim }) => read({ name: `../${victim.cluster.namespace}/own` }),
  },
  'the victim’s SecretStore as one of the cluster': {
    reason: 'StoreNotFound',
    says: /does not exist/,
    spec: async () => read({ name: 'own', kind: 'ClusterSecretStore' }),
  },
  'the victim’s AccessKey': store((env) => accessKeyStore('kms-key', env.victim.cluster.namespace), CROSS),
  'half of the victim’s AccessKey': store(
    ({ victim }) => ({
      KMS: {
        KMSAuth: {
          accessKey: { name: 'kms-key', key: 'id' },
          accessKeySecret: { name: 'kms-key', namespace: victim.cluster.namespace, key: 'secret' },
        },
      },
    }),
    CROSS,
  ),
  'the victim’s AccessKey for OOS': store(
    ({ victim }) => {
      const ref = (key: string): object => ({ name: 'kms-key', namespace: victim.cluster.namespace, key })
      return { OOS: { OOSAuth: { accessKey: ref('id'), accessKeySecret: ref('secret') } } }
    },
    CROSS,
    { provider: 'oos' },
  ),
  'the victim’s AccessKey as a client key': store(({ victim, tenant }) => {
    const ref = (key: string): object => ({ name: 'kms-key', namespace: victim.cluster.namespace, key })
    const where = { protocol: 'https', endpoint: tenant.simulator.host('instance') }
    return { KMS: { dedicatedKMSAuth: { ...where, clientKeyContent: ref('id'), password: ref('secret') } } }
  }, CROSS),
  'the id of the victim’s AccessKey with another secret': {
    reason: 'AuthenticationFailed',
    says: /SignatureDoesNotMatch/,
    spec: async (env, name) => {
      await env.tenant.putSecret(`${name}-key`, { id: 'LTAI5tVictim', secret: 'guessed' })
      await env.tenant.apply('SecretStore', name, accessKeyStore(`${name}-key`))
      return read({ name })
    },
  },
  'the victim’s ServiceAccount': store(
    ({ victim }) => rrsa({ serviceAccountRef: { name: 'shop', namespace: victim.cluster.namespace } }),
    CROSS,
  ),
  'a ServiceAccount that is named like the victim’s': store(
    () => rrsa({ ramRoleARN: roleArn('victim'), serviceAccountRef: { name: 'shop' } }),
    ['AuthenticationFailed', /trust policy/],
  ),
  'no store at all': { ...store(() => ({}), IDENTITY_NOT_ALLOWED), spec: async () => read(undefined) },
  'the operator’s identity': store(() => ({ KMS: {} }), IDENTITY_NOT_ALLOWED),
  'the operator’s identity for OOS': store(() => ({ OOS: {} }), IDENTITY_NOT_ALLOWED, { provider: 'oos' }),
  'a role that the operator would assume': store(
    () => ({ KMS: { KMSAuth: { ramRoleARN: roleArn('victim') } } }),
    IDENTITY_NOT_ALLOWED,
  ),
  'the role of the node': store(() => ({ KMS: { KMSAuth: { workerRole: {} } } }), IDENTITY_NOT_ALLOWED),
  'the environment of the operator as a token': tokenFile(() => '/proc/self/environ'),
  'the operator’s token for the API server': tokenFile(() => '/var/run/secrets/kubernetes.io/serviceaccount/token'),
  'a token file by a way up': tokenFile(({ tenant }) => `${tenant.directory}/../${tenant.cluster.namespace}-outside`),
  'a token file by a link': tokenFile(({ tenant }) => path.join(tenant.directory, 'escape')),
  'a package of its own choice': store(
    () => ({ plugin: { package: 'left-pad' } }),
    ['StoreNotAllowed', /--allow-namespaced-plugins/],
    { provider: 'plugin' },
  ),
  'a store at another endpoint': store(
    (env) => accessKeyStore('kms-key', undefined, { endpoint: env.trap.endpoint }),
    NOT_ALLOWED,
  ),
  'an entry at another endpoint': {
    ...store(() => ({}), NOT_ALLOWED),
    spec: async ({ trap }) => read({ name: 'own' }, { kmsEndpoint: trap.endpoint }),
  },
  'a store that admits no namespace': shared(condition({ namespaces: [] })),
  'a store for a namespace whose name begins the same': shared(({ tenant }) => ({
    conditions: [{ namespaces: [`${tenant.cluster.namespace}-2`, tenant.cluster.namespace.slice(0, -1)] }],
  })),
  'a store with a regular expression for a part of the name': shared(({ tenant }) => ({
    conditions: [{ namespaceRegexes: [tenant.cluster.namespace.slice(1, -1), '-', '^t'] }],
  })),
  'a store with a regular expression that does not compile': {
    ...shared(condition({ namespaceRegexes: ['(', '.*('] })),
    reason: 'InvalidSpec',
    says: /namespaceRegexes\[0\]: expected a regular expression/,
  },
  'a store for labels that it does not have': shared(
    condition({ namespaceSelector: { matchLabels: { team: 'victim' } } }),
  ),
  'a store for the lack of a label that each namespace has': shared(
    condition({
      namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'DoesNotExist' }] },
    }),
  ),
  'a secret that is not in allow': shared(only(['tenant/*'])),
  'a secret that is allowed to the victim': shared(({ victim }) => ({
    allow: [{ namespaces: [victim.cluster.namespace], secrets: ['**'] }],
  })),
  'a secret by its ARN where its name is allowed': shared(only(['victim/d*']), arn),
  'a secret by its name where its ARN is allowed': shared(only([arn])),
  'an allowed secret at an endpoint that allow does not list': elsewhere([]),
  'an allowed secret at an endpoint that allow lists on another port': elsewhere(['127.0.0.1:1']),
  'an allowed secret at an address that allow covers by a glob': elsewhere(['*.*.*.*', '*']),
  'a secret in upper case': shared(only(['tenant/*']), VICTIM.toUpperCase()),
  'a secret with a parent path': shared(only(['tenant/**']), `tenant/../${VICTIM}`),
  'a secret with an escaped parent path': shared(only(['tenant/*']), `tenant/..%2f${VICTIM}`),
  'a secret with a slash that looks like one': shared(only(['victim/*']), VICTIM.replace('/', '\u2215')),
  'a secret with white space before': shared(only(['victim/*']), ` ${VICTIM}`),
  'the victim’s ConfigMap as a template': {
    reason: 'TemplateError',
    says: /letters/,
    spec: async () => own({ target: { template: { templateFrom: [{ configMap: letters }] } } }),
  },
  'the victim’s Secret as a template': {
    reason: 'TemplateError',
    says: /letters/,
    spec: async ({ victim }) =>
      own({
        target: {
          template: { templateFrom: [{ secret: { ...letters, namespace: victim.cluster.namespace } }] },
        },
      }),
  },
  'the victim’s Secret as a target': {
    reason: 'Invalid',
    says: /name/,
    spec: async ({ victim }) => own({ target: { name: `${victim.cluster.namespace}/own` } }),
  },
  'the Secret of another resource': {
    reason: 'TargetConflict',
    says: /belongs to ExternalSecret own/,
    keeps: 'own',
    spec: async () => own({ target: { name: 'own', creationPolicy: 'Adopt' } }),
  },
  'a key of another resource': {
    reason: 'TargetConflict',
    says: /another ExternalSecret, own, owns key password/,
    keeps: 'own',
    spec: async () => own({ target: { name: 'own', creationPolicy: 'Merge' } }),
  },
  'an unowned Secret': target(() => ({}), {}),
  'a Secret that says it was the victim’s': target(
    ({ victim: { cluster } }) => ({
      metadata: {
        labels: { 'alibabacloud.com/managed-by': 'ack-secret-manager' },
        annotations: { 'alibabacloud.com/owner': `${cluster.namespace}/own` },
      },
    }),
    {},
  ),
  'a key of another writer': target(() => ({ stringData: { password: 'unchanged' } }), {
    target: { creationPolicy: 'Merge' },
  }),
  'adopting a bootstrap token': system('bootstrap.kubernetes.io/token', 'Adopt'),
  'merging into a bootstrap token': system('bootstrap.kubernetes.io/token', 'Merge'),
  'adopting a release of Helm': system('helm.sh/release.v1', 'Adopt'),
  'merging into a release of Helm': system('helm.sh/release.v1', 'Merge'),
  'creating a ServiceAccount token': {
    reason: 'InvalidSpec',
    says: /would write a ServiceAccount token into the Secret/,
    spec: async () =>
      own({
        type: 'kubernetes.io/service-account-token',
        target: { template: { metadata: { annotations: { 'kubernetes.io/service-account.name': 'shop' } } } },
      }),
  },
  'merging into the operator’s digest key': home({ target: { creationPolicy: 'Merge' } }),
  'adopting the operator’s digest key': home({ target: { creationPolicy: 'Adopt' } }),
  'adopting the operator’s digest key by its type': home({
    type: 'alibabacloud.com/digest-key',
    target: { creationPolicy: 'Adopt' },
  }),
}

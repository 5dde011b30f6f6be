import { fileURLToPath } from 'node:url'

/** A way to reach KMS, a value of `--access`. */
export interface AccessPath {
  /** Description. */
  readonly title: string
  /** Manifests that are applied, in order. */
  readonly files: readonly string[]
  /** The ExternalSecret among them; its Secret holds the password. */
  readonly resource: string
  /** Further flags of the operator. */
  readonly args?: readonly string[]
  /** The call to KMS. */
  readonly action: 'GetSecretValue' | 'GetSecretParameter'
  /** Part of the expected identity. */
  readonly identity: string
}

const ACCESS = fileURLToPath(new URL('../../../../examples/access/', import.meta.url))

/** Seed of the simulator for all paths. */
export const ACCESS_SEED = `${ACCESS}../seeds/access.yaml`

function pathOf(name: string, title: string, identity: string, more: Partial<AccessPath> = {}): AccessPath {
  return {
    title,
    files: [`${ACCESS}${name}.yaml`],
    resource: `shop-${name}`,
    action: 'GetSecretValue',
    identity,
    ...more,
  }
}

/** All ways, by the value of `--access`. */
export const ACCESS_PATHS: Readonly<Record<string, AccessPath>> = {
  'access-key': pathOf('access-key', 'a RAM AccessKey', 'LTAI5tQuickstart'),
  'worker-role': pathOf('worker-role', 'the RAM role of the node', 'assumed-role/KubernetesWorkerRole-demo/', {
    args: ['--enable-worker-role'],
  }),
  rrsa: pathOf('rrsa', 'RRSA for the operator', 'assumed-role/operator/'),
  'rrsa-workload': pathOf('rrsa-workload', 'RRSA for one workload', 'assumed-role/shop/'),
  'assume-role': pathOf('assume-role', 'AssumeRole, across accounts', '9876543210987654:assumed-role/shared/'),
  aap: pathOf('aap', 'a client key at a KMS instance', 'KAAP.demo'),
  'instance-ram': pathOf('instance-ram', 'a RAM identity at a KMS instance', 'LTAI5tInstance'),
  oos: pathOf('oos', 'encrypted parameters of OOS', 'LTAI5tOos', { action: 'GetSecretParameter' }),
}

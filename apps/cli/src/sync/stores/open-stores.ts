import { defined, SecretSyncError } from '@ack-secret-manager/core'
import type { FlagValues } from '@ack-secret-manager/command-line'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import {
  type CredentialReader,
  kubeCredentialReader,
  type NamespaceLabels,
  operatorTokenFile,
  type ShareChange,
  StoreRegistry,
} from '@ack-secret-manager/stores'
import type { GENERATE_FLAGS, KMS_FLAGS, MANIFEST_FLAGS } from '../../flags/shared-flags.ts'
import { DRIVERS } from '../../drivers.ts'
import { type Cloud, openCloudIfNeeded } from '../../identity/open-cloud.ts'
import type { OnCommand } from '../../identity/run-command.ts'
import { serviceEndpoints } from '../../identity/service-endpoints.ts'
import { type Manifests, neededPackages, needsOwnIdentity } from '../../manifests/manifests.ts'
import type { Log } from '../../output/log.ts'
import { loadBackends } from './load-backends.ts'
import { withKubeErrors } from '../cluster/kube-errors.ts'

/** Options of {@link openStores}. */
export interface OpenStoresOptions {
  readonly flags: Omit<FlagValues<typeof KMS_FLAGS & typeof MANIFEST_FLAGS>, 'filename'> &
    Partial<FlagValues<typeof GENERATE_FLAGS>>
  /** Flags on the command line, which win over variables. */
  readonly typed: ReadonlySet<string>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** Returns the current manifests. */
  readonly manifests: () => Manifests
  /** Source of credentials that are not in the manifests. */
  readonly cluster: KubeClient | undefined
  readonly namespaceLabels: NamespaceLabels
  /** Called when other secrets are within `maxSecretsPerNamespace` of a store. @default not called */
  readonly onShareChange?: (change: ShareChange) => void
  /** Region and identity, which the caller closes. @default those of the flags */
  readonly cloud?: Cloud
  /** Verify the identity of each store with STS. @default false */
  readonly verifyIdentity?: boolean
  /** For a caller with a deadline. @default not called */
  readonly onCommand?: OnCommand
  /** Every secret is read with the identity of the process, so that nothing works without it. @default false */
  readonly needsIdentity?: boolean
}

/** A registry of stores with the identity of the process. */
export interface OpenedStores {
  readonly registry: StoreRegistry
  /** Closes both. */
  close(): Promise<void>
}

/** Opens a registry of stores that reads credentials from the manifests, then from the cluster. @throws InputError | SecretSyncError `InvalidSpec` */
export async function openStores(options: OpenStoresOptions, signal: AbortSignal): Promise<OpenedStores> {
  const { flags, typed, env, log, manifests, cluster, namespaceLabels, onShareChange, verifyIdentity } = options
  const backends = await loadBackends({ flags, env, log, needed: neededPackages(manifests()) })
  const { onCommand, needsIdentity = false } = options
  const request = { flags, typed, env, log, signal, isPartial: !needsIdentity, ...defined({ onCommand }) }
  const cloud = options.cloud ?? (await openCloudIfNeeded(request, needsOwnIdentity(manifests())))
  const closeCloud = async (): Promise<void> => (options.cloud === undefined ? cloud.close() : undefined)
  const { identity } = cloud
  try {
    const registry = new StoreRegistry({
      drivers: [...DRIVERS, ...backends.drivers],
      defaults: {
        tokenFile: operatorTokenFile(env),
        ...serviceEndpoints(flags, cloud),
        ...defined({ identity }),
      },
      ...credentialsOf(manifests, cluster),
      namespaceLabels,
      ...defined({ onShareChange, verifyIdentity }),
      allowEndpoints: flags['allow-endpoint'],
      allowTokenPaths: flags['allow-token-path'],
      enableCrossNamespaceSecretStore: flags['enable-cross-namespace-secret-store'],
      enableCrossNamespaceAuthRef: flags['enable-cross-namespace-auth-ref'],
      enableWorkerRole: flags['enable-worker-role'],
    })
    return {
      registry,
      close: async () => {
        await registry.close()
        await closeCloud()
      },
    }
  } catch (error) {
    await closeCloud()
    throw error
  }
}

/** Secrets from the manifests, then from the cluster. ServiceAccounts only from the cluster, because a manifest proves no identity. */
function credentialsOf(manifests: () => Manifests, cluster: KubeClient | undefined): CredentialReader {
  const others = cluster && kubeCredentialReader(cluster, ({ what }, work) => withKubeErrors(what, work))
  return {
    ...(others ?? { serverTimeMs: () => undefined, readServiceAccount: refuseTokens, requestToken: refuseTokens }),
    readSecretKey: async (ref, options) => {
      const secret = manifests().secrets.get(`${ref.namespace}/${ref.name}`)
      if (secret !== undefined) return secret.get(ref.key)?.expose()
      if (others !== undefined) return others.readSecretKey(ref, options)
      throw new SecretSyncError('Unauthenticated', 'not in the manifests')
    },
  }
}

function refuseTokens(): Promise<never> {
  return Promise.reject(
    new SecretSyncError('Unauthenticated', 'tokens of a ServiceAccount require a cluster; use sync --kube'),
  )
}

import type { CommandIo } from '@ack-secret-manager/command-line'
import type { KubeClient } from '@ack-secret-manager/k8s-client'
import { ManifestReader } from '../manifests/manifest-reader.ts'
import type { Log } from '../output/log.ts'
import { clusterNamespaces } from './cluster/cluster-namespaces.ts'

/** A command that reads the manifests of `-f`. */
export interface ManifestCall {
  readonly flags: {
    readonly filename: readonly string[]
    readonly recursive: boolean
    readonly namespace: string | undefined
  }
  readonly io: Pick<CommandIo, 'cwd' | 'stdin'>
}

/** The reader of the manifests that the flags name. @param cluster gives the default namespace, and those of ClusterExternalSecrets */
export function openManifests({ flags, io }: ManifestCall, log: Log, cluster?: KubeClient): ManifestReader {
  return new ManifestReader({
    paths: flags.filename,
    recursive: flags.recursive,
    cwd: io.cwd,
    stdin: flags.filename.includes('-') ? io.stdin : undefined,
    defaultNamespace: flags.namespace ?? cluster?.namespace ?? 'default',
    log,
    clusterNamespaces: cluster && ((signal) => clusterNamespaces(cluster, signal)),
  })
}

import { type KubeClient, type ObjectChange, Reflector, type ReflectorFault } from '@ack-secret-manager/k8s-client'
import { GROUP, VERSION } from '@ack-secret-manager/resources'
import type { SyncEngine, SyncResource } from '@ack-secret-manager/sync-engine'
import { admits, type NamespaceFilter } from './namespace-filter.ts'
import { syncResourceOf } from './sync-resource-of.ts'

/** Options of an {@link ExternalSecretController}. */
export interface ExternalSecretControllerOptions {
  readonly client: KubeClient
  readonly engine: Pick<SyncEngine, 'upsert' | 'remove'>
  readonly namespaces: NamespaceFilter
  readonly onFault: (fault: ReflectorFault) => void
}

/** Tells the engine which ExternalSecrets there are. */
export class ExternalSecretController {
  readonly #engine: ExternalSecretControllerOptions['engine']
  readonly #reflector: Reflector<SyncResource>

  constructor({ client, engine, namespaces, onFault }: ExternalSecretControllerOptions) {
    this.#engine = engine
    this.#reflector = new Reflector<SyncResource>({
      client,
      path: `/apis/${GROUP}/${VERSION}/externalsecrets`,
      ...(namespaces.watch.length > 0 ? { namespaces: namespaces.watch } : {}),
      project: syncResourceOf,
      onChange: (change) => {
        const [namespace = ''] = change.key.split('/')
        if (admits(namespaces, namespace)) this.#onChange(change)
      },
      onFault,
    })
  }

  /** Resolves when all ExternalSecrets that were there at the start are known. */
  get synced(): Promise<void> {
    return this.#reflector.synced
  }

  get hasSynced(): boolean {
    return this.#reflector.hasSynced
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#reflector.run({ signal })
  }

  #onChange(change: ObjectChange<SyncResource>): void {
    if (change.kind === 'deleted') this.#engine.remove(change.key)
    else this.#engine.upsert(change.object)
  }
}

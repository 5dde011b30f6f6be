import { resolve } from 'node:path'
import { type Clock, parseDuration } from '@ack-secret-manager/core'
import { EventBus } from './events/event-bus.ts'
import type { AccessKeys } from './gateway/access-keys.ts'
import { createClientKey, loadClientKey } from './instance/client-key-file.ts'
import { ClientKeys } from './instance/client-keys.ts'
import type { KmsState } from './kms/kms-state.ts'
import type { MetadataState } from './metadata/metadata-state.ts'
import type { Parameters } from './oos/parameters.ts'
import type { Registry } from './registry/registry-api.ts'
import type { CompleteSeed } from './seed.ts'
import { accessKeysOf, instanceStateOf, kmsStateOf, metadataStateOf, parametersOf, stsStateOf } from './seed-state.ts'
import { Queues } from './smq/queues.ts'
import type { StsState } from './sts/sts-state.ts'

/** State of all services of a simulator. Parts that the seed does not configure are undefined. */
export interface CloudState {
  readonly account: string
  readonly region: string
  readonly accessKeys: AccessKeys
  readonly kms: KmsState
  /** Roles are part of every cloud state; `hasSts` shows whether STS listens. */
  readonly sts: StsState
  readonly hasSts: boolean
  readonly metadata: MetadataState | undefined
  readonly instance: { readonly kms: KmsState; readonly clientKeys: ClientKeys } | undefined
  readonly parameters: Parameters | undefined
  readonly registries: ReadonlyMap<string, Registry> | undefined
  /** Queues are part of every cloud state; `hasQueues` shows whether SMQ listens. */
  readonly queues: Queues
  readonly hasQueues: boolean
}

/** Lifetime of a client key without an end in the seed. */
export const CLIENT_KEY_TTL_MS = 5 * 365 * 86_400_000

/** Directories of a cloud state. */
export interface CloudStateDirectories {
  /** Base of relative paths in the seed. */
  readonly seedDirectory: string
  /** Directory of client key files. */
  readonly keyDirectory: string
}

async function clientKeysOf(
  seed: CompleteSeed,
  directories: CloudStateDirectories,
  nowMs: number,
): Promise<ClientKeys> {
  const wanted = (seed.instances ?? []).flatMap(({ clientKeys }) => clientKeys)
  const keys = await Promise.all(
    wanted.map(({ file, notAfter, ...key }) =>
      file === undefined
        ? createClientKey(
            { ...key, notAfterMs: notAfter === undefined ? nowMs + CLIENT_KEY_TTL_MS : Date.parse(notAfter) },
            directories.keyDirectory,
          )
        : loadClientKey(key, resolve(directories.seedDirectory, file)),
    ),
  )
  return new ClientKeys(keys)
}

/**
 * Creates the cloud state of a seed.
 * @throws SecretSyncError `InvalidSpec` when a client key file of the seed cannot be used
 */
export async function createCloudState(
  seed: CompleteSeed,
  directories: CloudStateDirectories,
  clock: Pick<Clock, 'now'>,
): Promise<CloudState> {
  const nowMs = clock.now()
  const kms = kmsStateOf(seed, nowMs)
  const sts = stsStateOf(seed, directories.seedDirectory)
  const queues = new Queues(seed.queues ?? [], nowMs)
  announceChanges(seed, kms, queues, clock)
  const hasMachine = seed.metadata !== undefined || seed.roles?.some(({ trust }) => trust.ecs === true) === true
  return {
    account: seed.account,
    region: seed.region,
    accessKeys: accessKeysOf(seed),
    kms,
    sts,
    hasSts: seed.roles !== undefined || seed.oidcProviders !== undefined,
    metadata: hasMachine ? metadataStateOf(seed, sts) : undefined,
    instance:
      seed.instances === undefined
        ? undefined
        : { kms: instanceStateOf(seed, kms), clientKeys: await clientKeysOf(seed, directories, nowMs) },
    parameters: seed.parameters === undefined ? undefined : parametersOf(seed, nowMs),
    registries: seed.registries && registriesOf(seed.registries),
    queues,
    hasQueues: seed.queues !== undefined,
  }
}

function announceChanges(seed: CompleteSeed, kms: KmsState, queues: Queues, clock: Pick<Clock, 'now'>): void {
  const rules = (seed.eventRules ?? []).map(({ delay, ...rule }) => ({ ...rule, delayMs: parseDuration(delay) ?? 0 }))
  if (rules.length === 0) return
  const bus = new EventBus({ account: seed.account, region: seed.region, rules, queues, clock })
  kms.vault.onChange = (before, after) => bus.changed(before, after)
}

function registriesOf(seeds: NonNullable<CompleteSeed['registries']>): ReadonlyMap<string, Registry> {
  return new Map(
    seeds.map(({ id, tokenLifetime, failing, domains }) => [
      id,
      { id, tokenLifetimeMs: parseDuration(tokenLifetime) ?? 0, failing, domains },
    ]),
  )
}

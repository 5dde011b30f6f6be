import { Random } from '@ack-secret-manager/testenv'
import { CALM_START_MS } from '../faults/fault-schedule.ts'
import type { LargeAction } from './action.ts'
import type { AnyManifest } from './objects.ts'

/** Namespace of objects near the size limits and of a tenant with costly documents. No other part of the run uses it. */
export const LARGE_NAMESPACE = 'chaos-large'
const SHARE_OF_SEEDS = 1 / 4
/** Together 36 MB in one list: `<` in an annotation takes six bytes in JSON, and the API server allows 256 KiB of annotations. */
const SECRETS = 24
const ANNOTATION_BYTES = 255 * 1_024
/** 1.4 MB each; etcd allows 1.5 MiB. */
const EXTERNAL_SECRETS = 2
const TEMPLATES = 22
const TEMPLATE_BYTES = 64_000
/** KMS allows 30,720 bytes. */
const DOCUMENT_BYTES = 30_000
const DOCUMENTS = 32

const MIN_GAP_MS = 500
const MAX_GAP_MS = 3_000
const MAX_AWAY_MS = 4_000
/** Letters that distinguish the states of a large object. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** An action and its time. */
export type PlannedLargeAction = { readonly atMs: number } & LargeAction

/** Large objects that can be changed and deleted, by index. */
export const LARGE_OBJECTS = SECRETS + EXTERNAL_SECRETS

/** Whether a run has large objects and costly documents; one of four runs has. Pure. */
export function hasLargeObjects(seed: number): boolean {
  return new Random(seed, 'large objects').next() < SHARE_OF_SEEDS
}

/**
 * A large object in its n-th state: a Secret with the operator's label that it does not manage, or an ExternalSecret that
 * exceeds the size of a Secret.
 */
export function largeObject(index: number, state: number): AnyManifest {
  const letter = LETTERS[state % LETTERS.length] ?? 'a'
  if (index < SECRETS) {
    const metadata = {
      namespace: LARGE_NAMESPACE,
      name: `large-${index}`,
      labels: { 'alibabacloud.com/managed-by': 'ack-secret-manager' },
      annotations: { large: letter + '<'.repeat(ANNOTATION_BYTES - 1) },
    }
    return { apiVersion: 'v1', kind: 'Secret', metadata }
  }
  const text = letter.repeat(TEMPLATE_BYTES)
  const templates = Object.fromEntries(Array.from({ length: TEMPLATES }, (_, at) => [`t${at}`, text]))
  const data = [{ key: 'app/s0', name: 'password', secretStoreRef: { name: 'kms' } }]
  return externalSecret(`large-${index}`, { data, target: { template: { data: templates } } })
}

/** The ExternalSecret that extracts a member of every costly document. Its Secret exists only if all can be parsed. */
export function costlyObject(): AnyManifest {
  const data = Array.from({ length: DOCUMENTS }, (_, at) => ({
    key: costlyNameOf(at),
    secretStoreRef: { name: 'kms' },
    jmesPath: [{ path: 'member', objectAlias: `key${at}` }],
  }))
  return externalSecret('costly', { data, onKeyFailure: 'Block', rotationInterval: '10s' })
}

/** The costly documents in KMS in one version. */
export function costlyDocuments(version: number): readonly { readonly name: string; readonly data: string }[] {
  return Array.from({ length: DOCUMENTS }, (_, at) => ({
    name: costlyNameOf(at),
    data: `# ${version}\n${COSTLY[at % COSTLY.length]}`,
  }))
}

const members = Array.from({ length: 2_000 }, (_, at) => `m${at}: value`).join(', ')

/** YAML of commas only, of unclosed brackets, with 5,000 levels, and with 2,000 members. Only the last is valid. */
const COSTLY = [
  `[${','.repeat(DOCUMENT_BYTES)}`,
  '['.repeat(DOCUMENT_BYTES),
  `${'{a: '.repeat(5_000)}1${'}'.repeat(5_000)}`,
  `{member: value, ${members}}`,
]

/** Actions on large objects and costly documents during a run, by time. Pure. */
export function createLargeWorkload(seed: number, durationMs: number): readonly PlannedLargeAction[] {
  if (!hasLargeObjects(seed)) return []
  const random = new Random(seed, 'large workload')
  const actions: PlannedLargeAction[] = []
  const busyUntilMs = new Map<number, number>()
  for (let atMs = CALM_START_MS; atMs < durationMs - MAX_AWAY_MS; atMs += random.int(MIN_GAP_MS, MAX_GAP_MS)) {
    const kind = random.pick(['change-large', 'change-large', 'delete-large', 'rotate-costly'] as const)
    const large = random.int(0, LARGE_OBJECTS - 1)
    const awayMs = random.int(500, MAX_AWAY_MS)
    const state = actions.length
    if (kind === 'rotate-costly') actions.push({ atMs, kind, state })
    else if ((busyUntilMs.get(large) ?? 0) <= atMs) {
      actions.push({ atMs, kind, large, state })
      if (kind === 'change-large') continue
      actions.push({ atMs: atMs + awayMs, kind: 'change-large', large, state })
      busyUntilMs.set(large, atMs + awayMs + 1)
    }
  }
  return actions.toSorted((a, b) => a.atMs - b.atMs)
}

function costlyNameOf(at: number): string {
  return `app/costly-${at}`
}

function externalSecret(name: string, spec: object): AnyManifest {
  return {
    apiVersion: 'alibabacloud.com/v1alpha1',
    kind: 'ExternalSecret',
    metadata: { namespace: LARGE_NAMESPACE, name },
    spec,
  }
}

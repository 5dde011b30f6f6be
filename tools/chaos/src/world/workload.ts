import { CALM_START_MS } from '../fault-schedule.ts'
import { Random } from '../random.ts'
import { FOREIGN, NAMESPACES, RESOURCES, SECRETS, SHARED, targetOf, type WorldResource } from './resources.ts'

/** Something that people do. */
export type Action =
  | { readonly kind: 'rotate'; readonly secret: string }
  /** By hand, on the Secret: a key changed, a key taken out, all of it deleted. */
  | { readonly kind: 'edit' | 'drop-key'; readonly resource: number; readonly key: number }
  | { readonly kind: 'delete-secret'; readonly resource: number }
  | { readonly kind: 'delete-resource' | 'create-resource' | 'refresh-now'; readonly resource: number }
  | { readonly kind: 'set-extra'; readonly resource: number; readonly extra: boolean }
  | { readonly kind: 'edit-foreign'; readonly namespace: string; readonly name: string; readonly state: number }
  | { readonly kind: 'delete-store' | 'create-store'; readonly namespace: string }
  | { readonly kind: 'revoke-key' | 'restore-key' }
  | { readonly kind: 'create-namespace' | 'delete-namespace'; readonly namespace: string }

/** An action and its time. */
export type PlannedAction = { readonly atMs: number } & Action

const MIN_GAP_MS = 150
const MAX_GAP_MS = 900
/** Time between something and what undoes it. */
const MAX_AWAY_MS = 4_000
/** What somebody changes back again and again is restored with growing pauses: after three times that is some seconds. */
const MAX_EDITS = 3

/** What people do during a run, by time. Pure. */
export function createWorkload(seed: number, durationMs: number): readonly PlannedAction[] {
  const random = new Random(seed, 'workload')
  const actions: PlannedAction[] = []
  const edits = new Map<number, number>()
  // What was deleted is left alone until it is back.
  const busyUntilMs = new Map<string, number>()
  let count = 0
  for (let atMs = CALM_START_MS; atMs < durationMs - MAX_AWAY_MS; atMs += random.int(MIN_GAP_MS, MAX_GAP_MS)) {
    count += 1
    const isFree = (what: string): boolean => (busyUntilMs.get(what) ?? 0) <= atMs
    const twoSteps = (what: string, first: Action, second: Action): void => {
      if (!isFree(what)) return
      const backMs = atMs + random.int(500, MAX_AWAY_MS)
      busyUntilMs.set(what, backMs + 1)
      actions.push({ atMs, ...first }, { atMs: backMs, ...second })
    }
    const resource = random.int(0, RESOURCES.length - 1)
    const namespace = random.pick(NAMESPACES)
    const draw = random.int(0, 99)
    const isOurs = kindOf(resource) !== 'conflict' && kindOf(resource) !== 'cluster'
    if (draw < 40) actions.push({ atMs, kind: 'rotate', secret: random.pick(SECRETS) })
    else if (draw < 60) byHand(resource, draw)
    else if (draw < 68 && isOurs) {
      twoSteps(`resource ${resource}`, { kind: 'delete-resource', resource }, { kind: 'create-resource', resource })
    } else if (draw < 76) setExtra(resource)
    else if (draw < 82) editForeign(namespace)
    else if (draw < 86) actions.push({ atMs, kind: 'refresh-now', resource })
    else if (draw < 91) {
      twoSteps(`store ${namespace}`, { kind: 'delete-store', namespace }, { kind: 'create-store', namespace })
    } else if (draw < 95) twoSteps('key', { kind: 'revoke-key' }, { kind: 'restore-key' })
    else {
      const made = `chaos-temp-${count}`
      twoSteps(made, { kind: 'create-namespace', namespace: made }, { kind: 'delete-namespace', namespace: made })
    }

    function byHand(index: number, chosen: number): void {
      const done = edits.get(index) ?? 0
      if (!isEditable(index) || done >= MAX_EDITS || !isFree(`resource ${index}`)) return
      edits.set(index, done + 1)
      const key = random.int(0, 2)
      // Somebody else's Secret that we merge into is not ours to be deleted by hand, nor can an immutable one be edited.
      if (chosen < 54 && kindOf(index) !== 'immutable') {
        actions.push({ atMs, kind: chosen < 50 ? 'edit' : 'drop-key', resource: index, key })
      } else if (kindOf(index) !== 'merge' && kindOf(index) !== 'adopt') {
        actions.push({ atMs, kind: 'delete-secret', resource: index })
      }
    }

    function setExtra(index: number): void {
      if (kindOf(index) !== 'picks' || !isFree(`resource ${index}`)) return
      actions.push({ atMs, kind: 'set-extra', resource: index, extra: random.next() < 0.5 })
    }

    function editForeign(where: string): void {
      const name = random.pick([...FOREIGN.filter((each) => each !== 'kms-key'), ...SHARED])
      actions.push({ atMs, kind: 'edit-foreign', namespace: where, name, state: count })
    }
  }
  return actions.toSorted((a, b) => a.atMs - b.atMs)
}

function kindOf(index: number): WorldResource['kind'] | undefined {
  return RESOURCES[index]?.kind
}

function isEditable(index: number): boolean {
  return kindOf(index) !== 'conflict'
}

/** For people. */
export function describeAction(action: Action): string {
  const { kind, ...facts } = action
  const resource = 'resource' in action ? RESOURCES[action.resource] : undefined
  return [kind, ...(resource ? [targetOf(resource)] : Object.values(facts).map(String))].join(' ')
}

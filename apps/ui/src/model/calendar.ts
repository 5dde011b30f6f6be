import { keyOf, type LiveExternalSecret } from '@ack-secret-manager/resource-view'
import { withShares } from './shares.ts'
import type { CalendarView, RotationView } from './views/calendar.ts'

const MAX_ROTATIONS = 200
const MAX_RESOURCES = 20

type Rotation = Omit<RotationView, 'resources' | 'count'>

/** The rotations that KMS has scheduled, each KMS secret and time once, and those of generated keys. Pure. */
export function calendarOf(resources: Iterable<LiveExternalSecret>): CalendarView {
  const rotations = new Map<string, RotationView & { readonly resources: string[]; count: number }>()
  for (const resource of resources) {
    for (const [id, rotation] of [...rotationsOf(resource), ...renewalsOf(resource)]) {
      const known = rotations.get(id) ?? { ...rotation, resources: [], count: 0 }
      known.count += 1
      if (known.resources.length < MAX_RESOURCES) known.resources.push(keyOf(resource))
      rotations.set(id, known)
    }
  }
  const sorted = [...rotations.values()].toSorted(byTime)
  return { rotations: withShares(sorted, MAX_ROTATIONS, groupOf), more: Math.max(0, sorted.length - MAX_ROTATIONS) }
}

/** Those of one resource, which can read several versions of one secret. Stores are not compared: names are unique in an account. */
function rotationsOf({ status }: LiveExternalSecret): ReadonlyMap<string, Rotation> {
  return new Map(
    status.secrets.flatMap(({ key, type = '', rotation }) => {
      if (rotation?.nextTime === undefined || !isTime(rotation.nextTime)) return []
      const { nextTime: time, automatic } = rotation
      return [[`${time} ${key}`, { time, secret: key, kind: 'kms', type, automatic }] as const]
    }),
  )
}

/** The key of another resource has another value. */
function renewalsOf(resource: LiveExternalSecret): ReadonlyMap<string, Rotation> {
  return new Map(
    (resource.status.generated ?? []).flatMap(({ name, renewalTime: time, expiryTime }) => {
      if (time === undefined || !isTime(time)) return []
      const kind = expiryTime === undefined ? 'password' : 'token'
      const id = JSON.stringify([keyOf(resource), name])
      return [[id, { time, secret: name, kind, type: '', automatic: true }] as const]
    }),
  )
}

/** Tokens are renewed every hour, and those of one namespace must not hide what rotates in another one. */
function groupOf({ kind, resources: [resource = ''] }: RotationView): string {
  return `${kind} ${resource.slice(0, resource.indexOf('/'))}`
}

function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text))
}

function byTime(a: RotationView, b: RotationView): number {
  return Date.parse(a.time) - Date.parse(b.time) || (a.secret < b.secret ? -1 : 1)
}

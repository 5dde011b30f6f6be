import { keyOf, type LiveExternalSecret } from '@ack-secret-manager/resource-view'
import type { CalendarView, RotationView } from './views/calendar.ts'

const MAX_ROTATIONS = 200
const MAX_RESOURCES = 20

/** The rotations that KMS has scheduled, each KMS secret and time once. Pure. */
export function calendarOf(resources: Iterable<LiveExternalSecret>): CalendarView {
  const rotations = new Map<string, RotationView & { readonly resources: string[]; count: number }>()
  for (const resource of resources) {
    for (const [id, rotation] of rotationsOf(resource)) {
      const known = rotations.get(id) ?? { ...rotation, resources: [], count: 0 }
      known.count += 1
      if (known.resources.length < MAX_RESOURCES) known.resources.push(keyOf(resource))
      rotations.set(id, known)
    }
  }
  const sorted = [...rotations.values()].toSorted(byTime)
  return { rotations: sorted.slice(0, MAX_ROTATIONS), more: Math.max(0, sorted.length - MAX_ROTATIONS) }
}

/** Those of one resource, which can read several versions of one secret. Stores are not compared: names are unique in an account. */
function rotationsOf({ status }: LiveExternalSecret): ReadonlyMap<string, Omit<RotationView, 'resources' | 'count'>> {
  return new Map(
    status.secrets.flatMap(({ key, type = '', rotation }) => {
      if (rotation?.nextTime === undefined || Number.isNaN(Date.parse(rotation.nextTime))) return []
      const { nextTime: time, automatic } = rotation
      return [[`${time} ${key}`, { time, secret: key, type, automatic }] as const]
    }),
  )
}

function byTime(a: RotationView, b: RotationView): number {
  return Date.parse(a.time) - Date.parse(b.time) || (a.secret < b.secret ? -1 : 1)
}

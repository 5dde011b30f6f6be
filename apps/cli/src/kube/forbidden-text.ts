import { groupedBy, listed } from '../output/listed.ts'

/** Objects of one place that are named; more are counted. */
const MAX_NAMED = 12

/**
 * One sentence about all objects that a user may not read, sorted by their place:
 * `you may not read ClusterSecretStores; in namespace prod: Deployments, Pods`. Pure.
 */
export function forbiddenText(objects: readonly string[]): string {
  const places = groupedBy(objects, placeOf)
  const texts = [...places.keys()].toSorted().map((place) => {
    const names = places.get(place)?.map((object) => object.slice(0, object.length - place.length)) ?? []
    const text = listed(names.toSorted(), MAX_NAMED)
    return place === '' ? text : `${place.trim()}: ${text}`
  })
  return `not shown, because you may not read it: ${texts.join('; ')}`
}

/** ` in namespace prod`, or nothing. */
function placeOf(object: string): string {
  return / in (?:all namespaces|namespace \S+)$/.exec(object)?.[0] ?? ''
}

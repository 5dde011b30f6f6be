/** Sets an entry and drops the oldest one beyond `max`. */
export function remember<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  const oldest = map.keys().next()
  if (map.size >= max && !map.has(key) && !oldest.done) map.delete(oldest.value)
  map.set(key, value)
}

/**
 * Number of results of `AbortSignal.any` with a listener that this signal can abort. Node 22 keeps about 200 bytes of each as long as the signal exists,
 * so a signal that outlives many of them must have few.
 */
export function dependentSignals(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kDependantSignals')
  return symbol === undefined ? 0 : (Reflect.get(signal, symbol) as ReadonlySet<unknown>).size
}

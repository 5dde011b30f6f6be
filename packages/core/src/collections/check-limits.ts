/**
 * Checks that limits are whole numbers of at least `least`.
 * @param least smallest valid number @default 1
 * @throws RangeError naming the first invalid limit
 */
export function checkLimits(limits: Readonly<Record<string, number>>, least: number = 1): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(`${name}: expected a whole number ≥ ${least}, got ${value}`)
    }
  }
}

/**
 * Checks that limits are whole numbers of at least 1.
 * @throws RangeError naming the first invalid limit
 */
export function checkLimits(limits: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name}: expected a whole number ≥ 1, got ${value}`)
    }
  }
}

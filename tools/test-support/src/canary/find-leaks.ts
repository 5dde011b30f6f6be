import { LeakScanner } from './leak-scanner.ts'

/** Those of the values that a text holds, in any form that {@link LeakScanner} knows. */
export function findLeaks(text: string, values: readonly string[]): string[] {
  const scanner = new LeakScanner({ values: values.map((value) => ({ label: value, value })) })
  return [...new Set(scanner.scan(text).map(({ label }) => label))]
}

import { LeakScanner } from './leak-scanner.ts'

/** The values that a text contains, in any form that {@link LeakScanner} detects. */
export function findLeaks(text: string, values: readonly string[]): string[] {
  const scanner = new LeakScanner({ values: values.map((value) => ({ label: value, value })) })
  return [...new Set(scanner.scan(text).map(({ label }) => label))]
}
